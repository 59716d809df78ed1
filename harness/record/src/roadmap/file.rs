//! Reads `roadmap.toml`, and adds decisions to it. An invalid file yields one sentence that names the file, the entry, and the correction.

use std::collections::HashSet;
use std::path::Path;

use serde::Deserialize;

use crate::FileError;
use crate::metric;
use crate::roadmap::decision::{self, DecisionEntry};
use crate::roadmap::schedule::day;
use crate::roadmap::{
    Comparison, Decision, Forecast, Phase, PhaseStatus, Range, Roadmap, Schedule, Target,
};
use crate::stored_file::{FileKind, line};

/// Version of the file format that this build reads.
pub const SCHEMA_VERSION: u32 = 1;

static KIND: FileKind = FileKind {
    update: "; write `schema = 1` and its entries",
    ..FileKind::new("the roadmap ", SCHEMA_VERSION)
};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "schema")]
    _schema: u32,
    source: String,
    workload: String,
    against: String,
    counted: Option<String>,
    bytes_per_unit: Option<f64>,
    flops_per_unit: Option<f64>,
    limits_command: Option<String>,
    #[serde(default, rename = "phase")]
    phases: Vec<toml::Spanned<PhaseEntry>>,
    #[serde(default, rename = "forecast")]
    forecasts: Vec<toml::Spanned<ForecastEntry>>,
    #[serde(default, rename = "decision")]
    decisions: Vec<toml::Spanned<DecisionEntry>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhaseEntry {
    name: String,
    title: String,
    when: String,
    week: f64,
    #[serde(default)]
    targets: Vec<TargetEntry>,
    #[serde(default)]
    owner: String,
    date: Option<toml::Value>,
    reached: Option<toml::Value>,
    status: Option<PhaseStatus>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TargetEntry {
    metric: String,
    change: Option<String>,
    value: Option<String>,
    #[serde(default)]
    stated: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ForecastEntry {
    name: String,
    metric: String,
    change: String,
    workload: Option<String>,
    base: Option<String>,
    head: Option<String>,
    untested: Option<String>,
}

impl Roadmap {
    /// Reads the roadmap from a file; none if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Option<Self>, FileError> {
        let text = KIND.read_if_there(path)?;
        text.map(|text| Self::parse(&text, path)).transpose()
    }

    /// Reads the roadmap from TOML; `path` is named in errors.
    ///
    /// # Errors
    /// If the text is invalid.
    pub fn parse(text: &str, path: &Path) -> Result<Self, FileError> {
        let file: File = KIND.parse_toml(text, path)?;
        let whole = |what: String| KIND.content(path, None, what);
        let at = |entry: std::ops::Range<usize>, what: String| {
            KIND.content(path, Some(line(text, entry.start)), what)
        };
        for (name, value) in [
            ("source", &file.source),
            ("workload", &file.workload),
            ("against", &file.against),
        ] {
            if value.trim().is_empty() {
                return Err(whole(format!("`{name}` is empty; give it a value")));
            }
        }
        for (name, value) in [
            ("bytes_per_unit", file.bytes_per_unit),
            ("flops_per_unit", file.flops_per_unit),
        ] {
            if value.is_some_and(|value| !value.is_finite() || value <= 0.0) {
                return Err(whole(format!("`{name}` must be a number above zero")));
            }
        }
        let mut phases: Vec<Phase> = Vec::new();
        for entry in file.phases {
            let span = entry.span();
            phases.push(phase(entry.into_inner(), &phases).map_err(|what| at(span, what))?);
        }
        if phases.is_empty() {
            return Err(whole("there is no phase; add a `[[phase]]`".to_owned()));
        }
        let mut forecasts: Vec<Forecast> = Vec::new();
        for entry in file.forecasts {
            let span = entry.span();
            forecasts
                .push(forecast(entry.into_inner(), &forecasts).map_err(|what| at(span, what))?);
        }
        let mut decisions: Vec<Decision> = Vec::new();
        for entry in file.decisions {
            let read = decision::decision(entry.get_ref(), &phases, &decisions);
            decisions.push(read.map_err(|what| at(entry.span(), what))?);
        }
        Ok(Self {
            source: file.source,
            workload: file.workload,
            against: file.against,
            counted: file.counted,
            bytes_per_unit: file.bytes_per_unit,
            flops_per_unit: file.flops_per_unit,
            limits_command: file.limits_command,
            phases,
            forecasts,
            decisions,
        })
    }

    /// Adds a decision to the end of a file, whose other text stays as it is. Replaces the file atomically.
    ///
    /// # Errors
    /// If the file cannot be read or written, or the decision contradicts it.
    pub fn decide(path: &Path, decision: &Decision) -> Result<(), FileError> {
        let mut text = KIND.read(path)?;
        if !text.ends_with('\n') {
            text.push('\n');
        }
        text += &decision.to_text();
        Self::parse(&text, path)?;
        KIND.write(path, &text)
    }
}

fn phase(entry: PhaseEntry, before: &[Phase]) -> Result<Phase, String> {
    let PhaseEntry {
        name,
        title,
        when,
        week,
        targets,
        owner,
        date,
        reached,
        status,
    } = entry;
    let of = |what: String| format!("phase `{name}`: {what}");
    if name.trim().is_empty() || title.trim().is_empty() {
        return Err(of("it has no name or no title; give it both".to_owned()));
    }
    if !(0.0..=1000.0).contains(&week) {
        return Err(of(format!("week {week} is not between 0 and 1000")));
    }
    let dated = |key: &str, value: Option<toml::Value>| {
        let date = value.map(|value| day(key, &value)).transpose();
        date.map_err(of)
    };
    let schedule = Schedule {
        owner,
        date: dated("date", date)?,
        reached: dated("reached", reached)?,
        status,
    };
    let schedule = schedule.check().map_err(of)?;
    let mut seen = HashSet::new();
    let mut read = Vec::new();
    for target in targets {
        if !seen.insert(target.metric.clone()) {
            return Err(of(format!(
                "it has two targets for `{}`; keep one of the two",
                target.metric
            )));
        }
        let metric = metric::find(&target.metric, metric::all().iter()).map_err(of)?;
        let range = match (&target.change, &target.value) {
            (Some(change), None) => Range::change(change, metric),
            (None, Some(value)) => Range::value(value, metric),
            _ => {
                return Err(of(format!(
                    "its target for `{}` needs either `change` or `value`",
                    target.metric
                )));
            }
        };
        let range = range.map_err(|error| of(error.to_string()))?;
        read.push(Target {
            metric,
            range,
            stated: target.stated,
        });
    }
    if before.iter().any(|known| known.name == name) {
        return Err(format!("a second phase `{name}`; keep one of the two"));
    }
    match before.last().filter(|before| before.week > week) {
        Some(Phase { name: before, .. }) => Err(format!(
            "phase `{name}` is due before `{before}` but listed after it; sort the phases by week"
        )),
        None => Ok(Phase {
            name,
            title,
            when,
            week,
            targets: read,
            schedule,
        }),
    }
}

fn forecast(entry: ForecastEntry, before: &[Forecast]) -> Result<Forecast, String> {
    let name = entry.name;
    let of = |what: String| format!("forecast `{name}`: {what}");
    let metric = metric::find(&entry.metric, metric::all().iter()).map_err(of)?;
    let range = Range::change(&entry.change, metric).map_err(|error| of(error.to_string()))?;
    let test = match (entry.workload, entry.base, entry.head, entry.untested) {
        (Some(workload), Some(base), Some(head), None) if base != head => Ok(Comparison {
            workload,
            base,
            head,
        }),
        (Some(_), Some(_), Some(_), None) => {
            return Err(of(
                "`base` and `head` are the same; name two phases".to_owned()
            ));
        }
        (None, None, None, Some(why)) if !why.trim().is_empty() => Err(why),
        _ => {
            let what = "it needs `workload`, `base` and `head`, or else `untested` with the reason";
            return Err(of(what.to_owned()));
        }
    };
    match before.iter().any(|known| known.name == name) {
        true => Err(format!("a second forecast `{name}`; keep one of the two")),
        false => Ok(Forecast {
            name,
            metric,
            range,
            test,
        }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "schema = 1\nsource = 's'\nworkload = 'w'\nagainst = 'reference'\n";
    const PHASE: &str =
        "[[phase]]\nname = 'pooled'\ntitle = 'Pooling'\nwhen = 'weeks 1-2'\nweek = 2\n";

    pub(crate) fn parse(text: &str) -> Result<Roadmap, FileError> {
        Roadmap::parse(text, Path::new("baselines/roadmap.toml"))
    }

    #[test]
    fn the_roadmap_of_this_repository_is_read() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../baselines/roadmap.toml");
        let roadmap = Roadmap::read(&path).expect("valid").expect("exists");
        assert!(
            roadmap.phases.iter().any(|phase| phase.targets.len() == 3),
            "{roadmap:?}"
        );
        assert!(
            roadmap.forecasts.len() >= 12,
            "the table of forecasts has eleven lines, one of them two figures"
        );
        assert_eq!(roadmap.against, "reference");
    }

    #[test]
    fn schedules_are_optional() {
        let text = format!(
            "{HEAD}{PHASE}owner = 'us'\ndate = 2026-12-06\nreached = '2026-12-01'\nstatus = 'done'\n"
        );
        let schedule = |text: &str| parse(text).expect("valid").phases.remove(0).schedule;
        assert_eq!(
            schedule(&text),
            Schedule {
                owner: "us".to_owned(),
                date: Some(jiff::civil::date(2026, 12, 6)),
                reached: Some(jiff::civil::date(2026, 12, 1)),
                status: Some(PhaseStatus::Done),
            }
        );
        assert_eq!(schedule(&format!("{HEAD}{PHASE}")), Schedule::default());
    }

    #[test]
    fn no_file_is_no_roadmap() {
        assert!(
            Roadmap::read(Path::new("/nowhere/roadmap.toml"))
                .expect("no error")
                .is_none()
        );
    }

    #[test]
    fn every_spoilt_file_is_answered_by_one_sentence() {
        let target = |target: &str| format!("{HEAD}{PHASE}targets = [{{ {target} }}]\n");
        let forecast =
            |forecast: &str| format!("{HEAD}{PHASE}[[forecast]]\nname = 'f'\n{forecast}\n");
        let spoilt = [
            "schema = 2\n".to_owned(),
            "schema = 1\nsource = 3\n".to_owned(),
            HEAD.to_owned(),
            HEAD.replace("'w'", "''") + PHASE,
            format!("{HEAD}{PHASE}{PHASE}"),
            format!(
                "{HEAD}{PHASE}{}",
                PHASE.replace("'pooled'", "'late'").replace("= 2", "= 1")
            ),
            format!("{HEAD}{}", PHASE.replace("= 2", "= -3")),
            format!("{HEAD}{PHASE}colour = 'red'\n"),
            format!("{HEAD}bytes_per_unit = 0\n{PHASE}"),
            format!("{HEAD}{PHASE}status = 'late'\n"),
            format!("{HEAD}{PHASE}date = 'soon'\n"),
            format!("{HEAD}{PHASE}status = 'active'\nreached = 2026-12-01\n"),
            target("metric = 'tokens'"),
            target("metric = 'time'"),
            target("metric = 'time', change = '-20 %', value = '3 s'"),
            target("metric = 'time', change = 'less'"),
            target("metric = 'time', value = '3 MB'"),
            target("metric = 'time', change = '-20 %' }, { metric = 'time', change = '-30 %'"),
            forecast("metric = 'time'\nchange = '-20 %'"),
            forecast("metric = 'time'\nchange = '-20 %'\nworkload = 'w'\nbase = 'a'\nhead = 'a'"),
            forecast("metric = 'time'\nchange = '-20 %'\nuntested = 'so'\nhead = 'a'"),
        ];
        let messages: Vec<String> = spoilt
            .iter()
            .map(|text| parse(text).expect_err(text).to_string())
            .collect();
        assert!(
            messages.iter().all(|message| !message.contains('\n')),
            "{messages:#?}"
        );
        insta::assert_snapshot!(messages.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,200}") {
            let _ = parse(&text);
            let _ = parse(&format!("{HEAD}{PHASE}targets = [{{ metric = 'time', change = '{}' }}]", text.replace('\'', "")));
        }
    }
}
