//! Options that several commands share, and the requests that follow from them.

use std::path::PathBuf;
use std::sync::LazyLock;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::builder::PossibleValue;
use clap::{Args, ValueEnum};
use harness::collect::{self, Division, Plan, Request};
use harness::hardware;
use harness::project::Project;
use harness::terminal::{self, notice, problem};
use harness::valgrind;
use harness_judge::compare::metrics;
use harness_probe::Instrument;
use harness_record::acceptance::judged;
use harness_record::distinct::distinct;
use harness_record::metric::Metric;
use harness_record::shard::{COSTS_FILE, Costs, Shard};

use crate::cli::call;

/// Options on the measurement.
#[derive(Args)]
pub(super) struct Selection {
    /// Measure only workloads that match, such as 'parse/*'; may be given several times
    #[arg(long, value_name = "GLOB")]
    pub(super) filter: Vec<String>,
    /// Measure only this phase; may be given several times
    #[arg(long, value_name = "NAME")]
    pub(super) phase: Vec<String>,
    /// Measure a short selection of workloads with short budgets, in about a minute
    #[arg(long)]
    quick: bool,
    /// Threads that compute while time is measured; counts always use one [default: one for each CPU; with gate --base
    /// and watch: 1]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1024))]
    threads: Option<u32>,
    #[command(flatten)]
    probe: ProbeOptions,
}

impl Selection {
    /// The time limit of one answer of a probe.
    pub(super) fn time_limit(&self) -> Duration {
        Duration::from_secs(self.probe.time_limit)
    }

    /// Refuses options that have no meaning for commands of the command line.
    pub(super) fn refuse_for_commands(&self) -> Result<()> {
        let given = [
            (!self.filter.is_empty(), "--filter"),
            (!self.phase.is_empty(), "--phase"),
            (self.quick, "--quick"),
            (self.threads.is_some(), "--threads"),
            (self.probe.isa.is_some(), "--isa"),
        ];
        match given.iter().find(|(is_given, _)| *is_given) {
            Some((_, option)) => {
                bail!("{option} applies to the workloads of a project, not to commands")
            }
            None => Ok(()),
        }
    }

    /// The request to read these instruments.
    pub(super) fn request(&self, project: &Project, instruments: Vec<Instrument>) -> Request {
        let (filters, phases) = (self.filter.clone(), self.phase.clone());
        let anchors = project.config.anchors.clone();
        self.probe.request(
            Plan {
                filters,
                phases,
                instruments,
                quick: self.quick,
                anchors,
            },
            self.threads,
        )
    }
}

/// Options on every probe.
#[derive(Args)]
pub(super) struct ProbeOptions {
    /// Force this instruction set for all instruments, such as avx2
    #[arg(long, value_name = "ISA")]
    pub(super) isa: Option<String>,
    /// Longest wait for one answer of the probe, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = collect::TIME_LIMIT.as_secs(), value_parser = clap::value_parser!(u64).range(1..))]
    time_limit: u64,
}

impl ProbeOptions {
    /// The request to measure what `plan` selects. The model is that of the project.
    pub(super) fn request(&self, plan: Plan, threads: Option<u32>) -> Request {
        Request {
            plan,
            threads,
            isa: self.isa.clone(),
            model: None,
            time_limit: Duration::from_secs(self.time_limit),
            command: super::command_line(),
            quiet: terminal::quiet(),
            division: None,
        }
    }
}

/// Options that spread a suite over several machines.
#[derive(Args)]
pub(super) struct ShardOptions {
    /// Measure only shard K of N, so that N machines share the workloads; `harness merge` joins what they wrote
    #[arg(long, value_name = "K/N")]
    pub(super) shard: Option<Shard>,
    /// Costs by which the workloads are split, the same file for every shard [default: baselines/costs.csv]
    #[arg(long, value_name = "FILE", requires = "shard")]
    costs: Option<PathBuf>,
}

impl ShardOptions {
    /// The requested division; none if all workloads are measured here.
    pub(super) fn division(&self, project: &Project) -> Result<Option<Division>> {
        let Some(shard) = self.shard else {
            return Ok(None);
        };
        let folder = project.baselines();
        let default = project.config.baselines.join(COSTS_FILE);
        let (costs, path) = match &self.costs {
            Some(path) => (Some(Costs::read(path)?), path),
            None => (Costs::in_folder(&folder)?, &default),
        };
        let origin = match &costs {
            Some(costs) => format!("{} of {}", path.display(), costs.measured),
            None => {
                notice(&format!(
                    "there is no {}, so every workload has the same weight; `{}` stores the costs in the newest record",
                    default.display(),
                    call("list --cost --save")
                ));
                "equal weights".to_owned()
            }
        };
        Ok(Some(Division {
            shard,
            costs,
            origin,
        }))
    }

    /// Default file of a shard in the folder of records, apart from the records of whole runs.
    pub(super) fn file(shard: Shard, project: &Project, created: &str) -> PathBuf {
        let name = format!("{created}.{}-of-{}", shard.number(), shard.of());
        super::named_by_time(&project.records().join("shards"), &name)
    }
}

/// The quantities to measure.
#[derive(Args)]
pub(super) struct Metrics {
    /// Quantities or instruments to measure, separated by commas [default: all but those on demand]
    #[arg(long, value_enum, value_delimiter = ',')]
    metric: Vec<What>,
}

/// A choice of `--metric`: the name of an instrument, or of the quantity that one or more instruments read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct What(&'static str);

impl What {
    fn instruments(self) -> impl Iterator<Item = Instrument> {
        let is_chosen = move |one: &Instrument| [one.quantity(), one.name()].contains(&self.0);
        Instrument::ALL.into_iter().filter(is_chosen)
    }
}

/// The choices of the command line come from the registry of instruments.
impl ValueEnum for What {
    fn value_variants<'a>() -> &'a [Self] {
        static CHOICES: LazyLock<Vec<What>> = LazyLock::new(|| {
            let names = [
                Instrument::ALL.map(Instrument::quantity),
                Instrument::ALL.map(Instrument::name),
            ];
            distinct(names.into_iter().flatten())
                .into_iter()
                .map(What)
                .collect()
        });
        &CHOICES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self.instruments().collect::<Vec<_>>().as_slice() {
            [one] if one.name() == self.0 => one.help().to_owned(),
            several => {
                format!(
                    "Readings of {}",
                    several
                        .iter()
                        .map(|one| one.name())
                        .collect::<Vec<_>>()
                        .join(" and ")
                )
            }
        };
        Some(PossibleValue::new(self.0).help(help))
    }
}

impl Metrics {
    /// True if the command line names quantities or instruments.
    pub(super) fn is_given(&self) -> bool {
        !self.metric.is_empty()
    }

    /// The instruments that are chosen, or all but those on demand if none is, in the order in which they run. A choice that no suite of the
    /// project has a program for is an error.
    pub(super) fn instruments(&self, project: &Project) -> Result<Vec<Instrument>> {
        for what in &self.metric {
            let chosen: Vec<Instrument> = what.instruments().collect();
            if collect::missing(&project.config, &chosen).len() == chosen.len() {
                bail!(not_measured(what.0));
            }
        }
        let instruments = configured(project, self.chosen());
        available(instruments, self.is_given())
    }

    /// The instruments that are chosen for commands of the command line, or all but those on demand if none is.
    pub(super) fn without_project(&self) -> Result<Vec<Instrument>> {
        available(self.chosen(), self.is_given())
    }

    fn chosen(&self) -> Vec<Instrument> {
        let mut instruments: Vec<Instrument> = match self.metric.as_slice() {
            [] => {
                let all = Instrument::ALL.into_iter();
                all.filter(|one| !one.is_on_demand()).collect()
            }
            named => named.iter().flat_map(|what| what.instruments()).collect(),
        };
        instruments.sort();
        instruments.dedup();
        instruments
    }
}

/// Leaves out the instruments that no suite has a program for, with a notice if nothing else reads the same quantity.
pub(super) fn configured(project: &Project, mut instruments: Vec<Instrument>) -> Vec<Instrument> {
    let missing = collect::missing(&project.config, &instruments);
    instruments.retain(|instrument| !missing.contains(instrument));
    let quantities = distinct(missing.iter().map(|instrument| instrument.quantity()));
    for quantity in quantities {
        if !instruments.iter().any(|one| one.quantity() == quantity) {
            problem(&not_measured(quantity));
        }
    }
    instruments
}

/// One line on an instrument or quantity without a program.
pub(super) fn not_measured(what: &str) -> String {
    format!("{what} is not measured: no suite of harness.toml has a program for it")
}

/// Leaves out the instruments that need valgrind, with a notice, if it is missing. That is an error if they are
/// `required`. Counters of the processor, which run on demand only, are an error if they cannot be read.
pub(super) fn available(
    mut instruments: Vec<Instrument>,
    required: bool,
) -> Result<Vec<Instrument>> {
    if instruments.contains(&Instrument::Counters)
        && let Err(reason) = hardware::available()
    {
        bail!("{}: {reason}", collect::NO_COUNTERS);
    }
    let needs_valgrind = |one: &Instrument| one.needs_valgrind();
    if instruments.iter().any(needs_valgrind) && valgrind::version().is_none() {
        if required {
            bail!(valgrind::MISSING);
        }
        problem(valgrind::MISSING);
        instruments.retain(|instrument| !needs_valgrind(instrument));
    }
    Ok(instruments)
}

/// The metrics of this name that the gate judges. An error, with the `consequence`, if there are none.
pub(super) fn judged_metrics(name: &String, consequence: &str) -> Result<Vec<&'static Metric>> {
    let named = metrics(std::slice::from_ref(name))?;
    let found: Vec<_> = judged().filter(|metric| named.contains(metric)).collect();
    if found.is_empty() {
        let known: Vec<&str> = judged().map(|metric| metric.name()).collect();
        bail!(
            "the gate never judges `{name}`, so {consequence}; it judges {}",
            known.join(", ")
        );
    }
    Ok(found)
}

/// The absolute path of the folder that `--model` names.
pub(super) fn model(folder: Option<&PathBuf>) -> Result<Option<PathBuf>> {
    let found = folder.map(|folder| {
        folder
            .canonicalize()
            .with_context(|| format!("cannot read the model in {}", folder.display()))
    });
    found.transpose()
}

#[cfg(test)]
mod tests {
    use itertools::Itertools;

    use super::*;

    #[test]
    fn quantities_and_instruments_can_be_chosen() {
        let choices = What::value_variants();
        for one in Instrument::ALL {
            let chosen = |name| {
                choices
                    .iter()
                    .find(|what| what.0 == name)
                    .map(|what| what.instruments().collect_vec())
            };
            assert_eq!(chosen(one.name()), Some(vec![one]));
            assert!(chosen(one.quantity()).is_some_and(|instruments| instruments.contains(&one)));
        }
        let all = "probe = { command = ['probe'] }\nheap = { command = ['heap'] }\ncriterion = { command = ['time'] }";
        let project = Project {
            root: "/".into(),
            config: toml::from_str(all).expect("valid"),
        };
        let metrics = Metrics {
            metric: ["dhat", "time", "clock"].map(What).to_vec(),
        };
        let expected = [Instrument::Clock, Instrument::Criterion, Instrument::Dhat];
        assert_eq!(
            metrics
                .instruments(&project)
                .expect("no valgrind is needed"),
            expected
        );
        let few = Project {
            config: toml::from_str("probe = { command = ['probe'] }").expect("valid"),
            ..project
        };
        let error = metrics.instruments(&few).expect_err("there is no dhat");
        assert!(
            error.to_string().starts_with("dhat is not measured"),
            "{error}"
        );
        let left = configured(&few, Instrument::ALL.to_vec());
        assert!(left.contains(&Instrument::Clock), "{left:?}");
        for missing in [
            Instrument::Criterion,
            Instrument::Callgrind,
            Instrument::Dhat,
        ] {
            assert!(!left.contains(&missing), "{left:?}");
        }
    }
}
