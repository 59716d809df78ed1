//! The decision log: what was decided about a phase, a target, or a change of a commit.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::metric::{self, Metric};
use crate::roadmap::Phase;
use crate::roadmap::schedule::day;
use crate::suggestion::suggestion;

/// Least number of characters of a commit id.
const LEAST_ID: usize = 7;

/// A decision.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Day of the decision.
    pub date: Date,
    /// What it is about.
    pub subject: Subject,
    /// The decision, with its reason, on one line.
    pub decision: String,
    /// The role that decided; may be empty.
    pub by: String,
}

/// What a decision is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// A phase, or one of its targets.
    Phase {
        /// Name of the phase.
        phase: String,
        /// The metric of the target; none for the whole phase.
        metric: Option<&'static Metric>,
    },
    /// The changes that came with a commit: all of them, those of a workload, or one figure of it.
    Change {
        /// The commit's id, or at least seven of its first characters.
        commit: String,
        /// The workload; none for all of them.
        workload: Option<String>,
        /// The metric; none for all of them.
        metric: Option<&'static Metric>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionEntry {
    date: toml::Value,
    subject: String,
    decision: String,
    #[serde(default)]
    by: String,
}

impl Subject {
    /// Reads a subject: `PHASE`, `PHASE METRIC`, `COMMIT`, `COMMIT WORKLOAD` or `COMMIT WORKLOAD METRIC`.
    ///
    /// # Errors
    /// If it is none of these, in one clause.
    pub fn parse(text: &str, phases: &[Phase]) -> Result<Self, String> {
        let metric = |name: Option<&str>| -> Result<Option<&'static Metric>, String> {
            name.map(|name| metric::find(name, metric::all().iter()))
                .transpose()
        };
        let words: Vec<&str> = text.split_whitespace().collect();
        let names = || phases.iter().map(|phase| phase.name.as_str());
        match words.as_slice() {
            [] => Err("its subject is empty; name a phase or a commit".to_owned()),
            [phase, rest @ ..] if names().any(|name| name == *phase) => match rest {
                [] | [_] => {
                    let metric = metric(rest.first().copied())?;
                    let targets = phases.iter().filter(|known| known.name == *phase);
                    let mut targets = targets.flat_map(|known| &known.targets);
                    match metric {
                        Some(metric) if !targets.any(|target| target.metric == metric) => Err(
                            format!("phase `{phase}` has no target for `{}`", metric.name()),
                        ),
                        _ => Ok(Self::Phase {
                            phase: (*phase).to_owned(),
                            metric,
                        }),
                    }
                }
                _ => Err(format!(
                    "its subject `{text}` has too many words; write a phase and a metric"
                )),
            },
            [commit, rest @ ..] if is_id(commit) => match rest {
                [] | [_] | [_, _] => Ok(Self::Change {
                    commit: commit.to_ascii_lowercase(),
                    workload: rest.first().map(|&workload| workload.to_owned()),
                    metric: metric(rest.get(1).copied())?,
                }),
                _ => Err(format!(
                    "its subject `{text}` has too many words; write a commit, a workload and a metric"
                )),
            },
            [other, ..] => Err(format!(
                "its subject `{other}` is neither a phase of the roadmap nor a commit of {LEAST_ID} to 40 hexadecimal digits; {}",
                suggestion(other, names())
            )),
        }
    }

    /// Returns true if this is about a change that a commit, by its complete id, made to a metric of a workload.
    pub fn covers(&self, id: &str, of_workload: &str, of_metric: &Metric) -> bool {
        match self {
            Self::Phase { .. } => false,
            Self::Change {
                commit,
                workload,
                metric,
            } => {
                id.starts_with(commit.as_str())
                    && workload.as_deref().is_none_or(|known| known == of_workload)
                    && metric.is_none_or(|known| known == of_metric)
            }
        }
    }
}

/// Returns true for a complete or shortened commit id.
fn is_id(word: &str) -> bool {
    (LEAST_ID..=40).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_hexdigit())
}

impl fmt::Display for Subject {
    /// The subject, as written in the file.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (first, workload, metric) = match self {
            Self::Phase { phase, metric } => (phase, &None, metric),
            Self::Change {
                commit,
                workload,
                metric,
            } => (commit, workload, metric),
        };
        f.write_str(first)?;
        for word in workload
            .as_deref()
            .into_iter()
            .chain(metric.map(Metric::name))
        {
            write!(f, " {word}")?;
        }
        Ok(())
    }
}

/// Reads an entry after the decisions `before` it.
pub(super) fn decision(
    entry: &DecisionEntry,
    phases: &[Phase],
    before: &[Decision],
) -> Result<Decision, String> {
    let of = |what: String| format!("decision: {what}");
    let date = day("date", &entry.date).map_err(of)?;
    let subject = Subject::parse(&entry.subject, phases).map_err(of)?;
    if entry.decision.trim().is_empty() || entry.decision.contains('\n') {
        return Err(of(format!(
            "the text about `{subject}` must be one line with the decision and its reason"
        )));
    }
    if before
        .iter()
        .any(|known| known.subject == subject && known.date == date)
    {
        return Err(of(format!(
            "a second one about `{subject}` on {date}; keep one of the two"
        )));
    }
    Ok(Decision {
        date,
        subject,
        decision: entry.decision.trim().to_owned(),
        by: entry.by.clone(),
    })
}

impl Decision {
    /// The entry of the file, with an empty line before it.
    pub(super) fn to_text(&self) -> String {
        #[derive(Serialize)]
        struct Log {
            decision: [Entry; 1],
        }
        #[derive(Serialize)]
        struct Entry {
            date: toml::value::Datetime,
            subject: String,
            decision: String,
            #[serde(skip_serializing_if = "String::is_empty")]
            by: String,
        }
        let date = toml::value::Date {
            year: self.date.year().unsigned_abs(),
            month: self.date.month().unsigned_abs(),
            day: self.date.day().unsigned_abs(),
        };
        let entry = Entry {
            date: date.into(),
            subject: self.subject.to_string(),
            decision: self.decision.clone(),
            by: self.by.clone(),
        };
        let log = Log { decision: [entry] };
        let text = toml::to_string(&log).expect("dates and texts are valid TOML");
        format!("\n{text}")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::roadmap::Roadmap;

    const FILE: &str = "schema = 1\nsource = 's'\nworkload = 'w'\nagainst = 'reference'\n\
        [[phase]]\nname = 'pooled'\ntitle = 'Pooling'\nwhen = 'week 2'\nweek = 2 # soon\n\
        targets = [{ metric = 'time', change = '-20 %' }]\n";

    fn parse(text: &str) -> Result<Roadmap, String> {
        Roadmap::parse(text, Path::new("roadmap.toml")).map_err(|error| error.to_string())
    }

    fn logged(date: &str, subject: &str) -> String {
        format!("[[decision]]\ndate = {date}\nsubject = '{subject}'\ndecision = 'kept'\n")
    }

    #[test]
    fn subjects_are_phases_targets_and_changes_of_commits() {
        let subjects = [
            "pooled",
            "pooled time",
            "0123abc",
            "0123abc kernel/gelu",
            "0123abc kernel/gelu instructions",
        ];
        let entries: String = subjects.map(|one| logged("2026-12-01", one)).concat();
        let decisions = parse(&format!("{FILE}{entries}")).expect("valid").decisions;
        let read: Vec<String> = decisions
            .iter()
            .map(|one| one.subject.to_string())
            .collect();
        assert_eq!(read, subjects);
        let (time, instructions) = (
            metric::by_name("time").expect("a metric"),
            metric::by_name("instructions").expect("a metric"),
        );
        let covers = |workload, metric| {
            let id = format!("0123abc{}", "0".repeat(33));
            let covers = |one: &Decision| one.subject.covers(&id, workload, metric);
            decisions.iter().filter(|one| covers(one)).count()
        };
        assert_eq!(covers("kernel/gelu", instructions), 3);
        assert_eq!(covers("kernel/gelu", time), 2);
        assert_eq!(covers("medium/prefill", time), 1);
        assert!(!decisions[2].subject.covers("fffffff", "kernel/gelu", time));
    }

    #[test]
    fn every_invalid_decision_yields_one_sentence() {
        let entry = |date: &str, subject: &str| FILE.to_owned() + &logged(date, subject);
        let cases = [
            entry("2026-12-01", ""),
            entry("2026-12-01", "poolde"),
            entry("2026-12-01", "012345"),
            entry("2026-12-01", "pooled instructions"),
            entry("2026-12-01", "pooled tim"),
            entry("2026-12-01", "pooled time more"),
            entry("2026-12-01", "0123abc w time more"),
            entry("2026-12-01", "0123abc w tim"),
            entry("'yesterday'", "pooled"),
            entry("20", "pooled"),
            entry("2026-12-01", "pooled").replace("'kept'", "' '"),
            entry("2026-12-01", "pooled") + &logged("'2026-12-01'", "pooled"),
            entry("2026-12-01", "pooled") + "colour = 'red'\n",
        ];
        let messages: Vec<String> = cases
            .iter()
            .map(|text| parse(text).expect_err(text))
            .collect();
        assert!(
            messages.iter().all(|message| !message.contains('\n')),
            "{messages:#?}"
        );
        insta::assert_snapshot!(messages.join("\n"));
    }

    #[test]
    fn a_decision_is_added_and_the_rest_of_the_file_stays() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roadmap.toml");
        fs::write(&path, FILE.trim_end()).expect("written");
        let mut decision = parse(&(FILE.to_owned() + &logged("2026-12-01", "pooled")))
            .expect("valid")
            .decisions
            .remove(0);
        decision.decision = "kept, \"for now\"".to_owned();
        Roadmap::decide(&path, &decision).expect("added");
        let text = fs::read_to_string(&path).expect("there");
        assert!(text.starts_with(FILE), "{text}");
        assert_eq!(parse(&text).expect("valid").decisions, [decision.clone()]);
        let again = Roadmap::decide(&path, &decision)
            .expect_err("twice")
            .to_string();
        assert!(again.contains("a second one about `pooled`"), "{again}");
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
    }

    proptest! {
        #[test]
        fn a_written_decision_is_read_back(
            words in "[ -~]{1,40}", by in "\\PC{0,10}", days in 0..2000_i32, id in "[0-9a-f]{7,40}", of in prop::option::of("[a-z/@]{1,9}"),
        ) {
            prop_assume!(!words.trim().is_empty());
            let decision = Decision {
                date: jiff::civil::date(2026, 1, 1).saturating_add(jiff::Span::new().days(days)),
                subject: Subject::Change { commit: id, workload: of, metric: None },
                decision: words.trim().to_owned(),
                by,
            };
            let text = FILE.to_owned() + &decision.to_text();
            prop_assert_eq!(parse(&text).expect("valid").decisions, vec![decision]);
        }

        #[test]
        fn any_subject_is_read_or_refused(text in "\\PC{0,60}") {
            let _ = Subject::parse(&text, &[]);
        }
    }
}
