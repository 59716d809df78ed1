//! `harness run`: measures, prints the figures, writes the record, and draws the report.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use harness::collect::{self, Bar, Plan, Request};
use harness::project::Project;
use harness::terminal;
use harness_judge::trends::{Trends, recent};
use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::{Check, Record};
use harness_report::render::{Audience, Format, Table};

use super::writable;
use harness::terminal::{Status, exact, notice, show};

/// Measures, prints the figures, and writes a record and the report
#[derive(Args)]
pub(crate) struct Run {
    #[command(flatten)]
    selection: Selection,
    /// Quantities or instruments to measure, separated by commas [default: all]
    #[arg(long, value_enum, value_delimiter = ',')]
    metric: Vec<What>,
    /// File for the record [default: records/TIME.json]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Measure the checkpoint in this folder, as Hugging Face saves it (config.json, model.safetensors); without
    /// --filter, nothing else is measured
    #[arg(long, value_name = "DIR")]
    model: Option<PathBuf>,
    /// Write the record only, no report
    #[arg(long)]
    no_report: bool,
    /// Output format of the figures
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Glob of the workloads that a probe offers for a checkpoint.
const MODEL_WORKLOADS: &str = "checkpoint/*";

/// Options on the measurement that several commands share.
#[derive(Args)]
pub(crate) struct Selection {
    /// Measure only workloads that match, such as 'medium/*'; may be given several times
    #[arg(long, value_name = "GLOB")]
    filter: Vec<String>,
    /// Measure only this phase; may be given several times
    #[arg(long, value_name = "NAME")]
    phase: Vec<String>,
    /// Measure a short selection of workloads with short budgets, in about a minute
    #[arg(long)]
    quick: bool,
    /// Threads that compute while time is measured; counts always use one [default: one for each CPU; with gate --base
    /// and watch: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    /// Force this instruction set for all instruments, such as avx2
    #[arg(long, value_name = "ISA")]
    isa: Option<String>,
    /// Longest wait for one answer of the probe, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = collect::TIME_LIMIT.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
}

/// A choice of `--metric`: the name of an instrument, or of the quantity that one or more instruments read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct What(&'static str);

impl What {
    fn instruments(self) -> impl Iterator<Item = Instrument> {
        let is_chosen = move |one: &Instrument| [one.quantity(), one.name()].contains(&self.0);
        Instrument::ALL.into_iter().filter(is_chosen)
    }

    /// The instruments of these choices, or of all if there are none, in the order in which they run.
    pub(super) fn instruments_of(chosen: &[Self]) -> Vec<Instrument> {
        let chosen = if chosen.is_empty() { Self::value_variants() } else { chosen };
        let mut instruments: Vec<Instrument> = chosen.iter().flat_map(|what| what.instruments()).collect();
        instruments.sort();
        instruments.dedup();
        instruments
    }
}

impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        static CHOICES: LazyLock<Vec<What>> = LazyLock::new(|| {
            let names =
                Instrument::ALL.map(Instrument::quantity).into_iter().chain(Instrument::ALL.map(Instrument::name));
            distinct(names).into_iter().map(What).collect()
        });
        &CHOICES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.instruments().collect::<Vec<_>>().as_slice() {
            [one] if one.name() == self.0 => one.help().to_owned(),
            several => {
                format!("Readings of {}", several.iter().map(|one| one.name()).collect::<Vec<_>>().join(" and "))
            }
        };
        Some(PossibleValue::new(self.0).help(help))
    }
}

impl Selection {
    /// The globs of workloads and the names of phases.
    pub(crate) fn chosen(&self) -> (&[String], &[String]) {
        (&self.filter, &self.phase)
    }

    /// The request to read these instruments.
    pub(crate) fn request(self, project: &Project, instruments: Vec<Instrument>) -> Request {
        Request {
            plan: Plan {
                filters: self.filter,
                phases: self.phase,
                instruments,
                quick: self.quick,
                anchors: project.config.anchors.clone(),
            },
            threads: self.threads,
            isa: self.isa,
            model: None,
            time_limit: Duration::from_secs(self.time_limit),
            command: super::command_line(),
            quiet: terminal::quiet(),
        }
    }
}

impl Run {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        let explicit = !self.metric.is_empty();
        let mut instruments = What::instruments_of(&self.metric);
        let counts = instruments.contains(&Instrument::Callgrind);
        if counts && collect::valgrind_version().is_none() {
            if explicit {
                bail!(collect::VALGRIND_MISSING);
            }
            notice(collect::VALGRIND_MISSING);
            instruments.retain(|instrument| *instrument != Instrument::Callgrind);
        }
        let mut request = self.selection.request(project, instruments);
        if let Some(folder) = self.model {
            let found =
                folder.canonicalize().with_context(|| format!("cannot read the model in {}", folder.display()))?;
            request.model = Some(found);
            if request.plan.filters.is_empty() {
                request.plan.filters.push(MODEL_WORKLOADS.to_owned());
            }
        }
        writable(self.out.as_deref().unwrap_or(&project.records().join("record.json")))?;
        if !self.no_report {
            writable(&project.reports().join("index.html"))?;
        }

        // Read before minutes are spent on measuring, so that an invalid roadmap is reported at once.
        let roadmap = super::report::read_roadmap(project)?;

        let record = collect::measure(project, &request, &Bar::new())?;
        let named_by_time = || project.records().join(format!("{}.json", record.created.replace(':', "")));
        let path = self.out.unwrap_or_else(named_by_time);
        record.write(&path)?;
        // Written before anything else can fail: the record holds minutes of measuring.
        notice(&format!("wrote record {}", path.display()));
        show(&tables(project, &record, self.format), self.format)?;
        if !self.no_report {
            let Some(report_data) = super::report::gathered(project, Some((&path, &record)), roadmap)? else {
                bail!("the record {} cannot be read back", path.display());
            };
            for note in &report_data.notes {
                notice(note);
            }
            let report = harness_report::write(&report_data, &project.reports())?;
            notice(&format!("wrote report {}", report.index.display()));
        }
        Ok(outcome(&record))
    }
}

/// The tables of a record, with trends over earlier runs if the terminal is wide enough.
fn tables(project: &Project, record: &Record, format: Format) -> Vec<Table> {
    let anchors = &project.config.anchors;
    let tables = |trends: Option<&Trends>| harness_report::run_tables(record, anchors, exact(format), trends);
    let width = terminal_width().filter(|_| format.audience() == Audience::Terminal);
    let with_trends = width.map(|width| {
        let earlier = recent(&project.records(), record, harness_report::BARS - 1);
        (width, tables(Some(&Trends::of(&earlier, record, anchors.first().map(String::as_str)))))
    });
    match with_trends {
        Some((width, wide)) if widest(&wide) <= width => wide,
        _ => tables(None),
    }
}

/// Number of columns of standard output, if it is a terminal.
fn terminal_width() -> Option<usize> {
    let size = rustix::termios::tcgetwinsize(std::io::stdout()).ok()?;
    Some(usize::from(size.ws_col)).filter(|&width| width > 0)
}

/// Width of the widest row, in columns. Titles and notes do not count, because they may wrap.
fn widest(tables: &[Table]) -> usize {
    let bare = |table: &Table| Table { title: String::new(), notes: Vec::new(), ..table.clone() };
    let text = Format::TABLE.render(&tables.iter().map(bare).collect::<Vec<_>>());
    anstream::adapter::strip_str(&text).to_string().lines().map(|line| line.chars().count()).max().unwrap_or(0)
}

/// Prints a notice for each wrong answer and each missing reading. Fine only if there is none.
pub(super) fn outcome(record: &Record) -> Status {
    let bad = |row: &&harness_record::Row| row.check != Check::Passed || !row.failures.is_empty();
    for row in record.rows.iter().filter(bad) {
        let name = format!("{} in phase {}", row.workload, row.phase);
        match &row.check {
            Check::Passed => {}
            Check::Failed(wrong) => notice(&format!("{name} gave a wrong answer: {wrong}")),
            Check::NotRun(why) => notice(&format!("{name} was not checked: {why}")),
        }
        for failure in &row.failures {
            notice(&format!("{name} has no number from {}: {}", failure.instrument.name(), failure.message));
        }
    }
    if record.rows.iter().any(|row| bad(&row)) { Status::Unjudged } else { Status::Fine }
}

#[cfg(test)]
mod tests {
    use harness_report::render::{Cell, Column};

    use super::*;

    #[test]
    fn a_quantity_or_an_instrument_selects_what_is_measured() {
        let chosen = |names: &[&str]| {
            let choice = |name: &&str| What::from_str(name, false).expect("a choice");
            What::instruments_of(&names.iter().map(choice).collect::<Vec<_>>())
        };
        assert_eq!(chosen(&[]), Instrument::ALL);
        assert_eq!(chosen(&["heap", "time"]), [Instrument::Clock, Instrument::Criterion, Instrument::Dhat]);
        assert_eq!(chosen(&["criterion"]), [Instrument::Criterion]);
        assert!(Instrument::ALL.into_iter().all(|one| chosen(&[one.name()]) == [one]));
    }

    #[test]
    fn only_the_rows_decide_how_wide_a_table_is() {
        let mut table = Table::new("a title that is longer than its table", vec![Column::left("a", "one")]);
        assert_eq!(widest(&[]), 0);
        table.rows.push(vec![Cell::text("▁▂▃▄▅").toned(harness_report::render::Tone::Good)]);
        table.notes.push("and a note that is longer still".to_owned());
        assert_eq!(widest(&[table.clone(), table]), 5);
    }
}
