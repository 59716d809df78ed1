//! The workloads of all suites, and the suite that each one belongs to.

use std::collections::BTreeMap;

use harness_probe::Instrument;
use harness_probe::protocol::Description;

use crate::collect::{instrument, program_workload};
use crate::probe::Hello;
use crate::project::{Config, Suite};

/// The replies of all probes of a project to `hello`, merged.
#[derive(Debug, Clone)]
pub struct Greeting {
    /// Best instruction set on this machine, as the first suite has it.
    pub isa: String,
    /// The workloads of all suites, in the order of the configuration. Each lists only those instruments that its suite
    /// has a program for.
    pub workloads: Vec<Description>,
    /// One line on each phase, by name.
    pub phases: BTreeMap<String, String>,
    /// The suite of each workload, by its place in the configuration.
    suites: BTreeMap<String, usize>,
    /// Protocol version and instruction set of each suite.
    probes: Vec<(u32, String)>,
}

impl Greeting {
    /// Merges the replies of the suites, in the order of the configuration.
    ///
    /// # Errors
    /// If two suites have a workload of the same id.
    pub(super) fn of(config: &Config, replies: Vec<Hello>) -> Result<Self, String> {
        let mut greeting = Self {
            isa: replies
                .first()
                .map(|reply| reply.isa.clone())
                .unwrap_or_default(),
            workloads: Vec::new(),
            phases: BTreeMap::new(),
            suites: BTreeMap::new(),
            probes: Vec::new(),
        };
        for (place, (suite, mut reply)) in config.suites.iter().zip(replies).enumerate() {
            greeting.probes.push((reply.protocol, reply.isa));
            for (phase, line) in reply.phases {
                greeting.phases.entry(phase).or_insert(line);
            }
            program_workload::complete(&mut reply.workloads, &suite.probe);
            for mut workload in reply.workloads {
                workload
                    .instruments
                    .retain(|&instrument| instrument::program(instrument, suite).is_some());
                if let Some(&other) = greeting.suites.get(&workload.id) {
                    return Err(format!(
                        "two suites of harness.toml have a workload `{}`: {} and {suite}; give one of the two another id",
                        workload.id, config.suites[other]
                    ));
                }
                greeting.suites.insert(workload.id.clone(), place);
                greeting.workloads.push(workload);
            }
        }
        Ok(greeting)
    }

    /// Returns the place of a workload's suite in the configuration.
    pub(crate) fn place(&self, workload: &str) -> usize {
        self.suites.get(workload).copied().unwrap_or_default()
    }

    /// Returns the workloads of the suite at a place.
    pub(super) fn workloads_of(&self, place: usize) -> Vec<Description> {
        let here = |workload: &&Description| self.place(&workload.id) == place;
        self.workloads.iter().filter(here).cloned().collect()
    }

    /// Returns the protocol version of a workload's probe. Older versions support fewer requests.
    pub fn protocol(&self, workload: &str) -> u32 {
        self.probes
            .get(self.place(workload))
            .map_or(0, |(protocol, _)| *protocol)
    }

    /// Returns the best instruction set of the suite at a place.
    pub(super) fn isa_of(&self, place: usize) -> &str {
        self.probes.get(place).map_or(&self.isa, |(_, isa)| isa)
    }
}

/// Returns those of the instruments that a suite has a program for.
pub fn configured(config: &Config, instruments: &[Instrument]) -> Vec<Instrument> {
    let missing = missing(config, instruments);
    let mut configured = instruments.to_vec();
    configured.retain(|instrument| !missing.contains(instrument));
    configured
}

/// Returns those of the instruments that none of the suites has a program for.
pub fn missing(config: &Config, instruments: &[Instrument]) -> Vec<Instrument> {
    let lacks = |suite: &Suite, instrument| instrument::program(instrument, suite).is_none();
    let missing = |&instrument: &Instrument| {
        !config.suites.is_empty() && config.suites.iter().all(|suite| lacks(suite, instrument))
    };
    instruments.iter().copied().filter(missing).collect()
}

#[cfg(test)]
mod tests {
    use harness_probe::{Selection, Unit};

    use super::*;

    fn hello(protocol: u32, ids: &[&str]) -> Hello {
        let workload = |&id: &&str| Description {
            id: id.to_owned(),
            about: String::new(),
            unit: Unit {
                name: "call".to_owned(),
                per_run: 1,
            },
            definition: String::new(),
            answer: String::new(),
            phases: vec!["now".to_owned()],
            instruments: Instrument::ALL.to_vec(),
            selection: Selection::Quick,
        };
        Hello {
            protocol,
            meter: "clock".to_owned(),
            isa: format!("isa-{protocol}"),
            workloads: ids.iter().map(workload).collect(),
            phases: BTreeMap::new(),
        }
    }

    fn config() -> Config {
        let text =
            "probe = { command = ['a'] }\nheap = { command = ['h'] }\n[[suite]]\ncommand = ['b']";
        toml::from_str(text).expect("valid")
    }

    #[test]
    fn each_workload_belongs_to_its_suite() {
        let replies = vec![hello(4, &["one", "two"]), hello(5, &["three"])];
        let greeting = Greeting::of(&config(), replies).expect("merged");
        let places = ["one", "two", "three"].map(|id| (greeting.place(id), greeting.protocol(id)));
        assert_eq!(places, [(0, 4), (0, 4), (1, 5)]);
        assert_eq!(
            (greeting.isa.as_str(), greeting.isa_of(1)),
            ("isa-4", "isa-5")
        );
        let instruments: Vec<&[Instrument]> = greeting
            .workloads
            .iter()
            .map(|workload| workload.instruments.as_slice())
            .collect();
        let (clock, dhat, callgrind) = (Instrument::Clock, Instrument::Dhat, Instrument::Callgrind);
        let (misses, counters) = (Instrument::Misses, Instrument::Counters);
        let heap = [clock, dhat, counters];
        assert_eq!(
            instruments,
            [&heap[..], &heap, &[clock, callgrind, misses, counters]]
        );
        assert_eq!(
            missing(&config(), &Instrument::ALL),
            [Instrument::Criterion]
        );
    }

    #[test]
    fn an_id_belongs_to_one_suite() {
        let error = Greeting::of(&config(), vec![hello(5, &["one"]), hello(5, &["one"])])
            .expect_err("refused");
        assert!(
            error.contains("`one`") && error.contains("`a`") && error.contains("`b`"),
            "{error}"
        );
    }
}
