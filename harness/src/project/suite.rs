//! A suite: one program with workloads, and the programs that count what it does.

use std::fmt;

use harness_probe::PROBE_ARGUMENT;
use serde::Deserialize;

use crate::command::{self, Reads};

/// The cargo feature that makes a bench count heap allocations, unless `heap-feature` names another.
const HEAP_FEATURE: &str = "harness/heap";

/// One program with workloads, and the programs of the instruments that need one of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suite {
    /// The probe, which lists the workloads and is timed.
    pub probe: Program,
    /// The probe that counts heap allocations. Without one, the heap is not measured.
    pub heap: Option<Program>,
    /// The bench whose instructions iai-callgrind counts.
    pub callgrind: Option<Program>,
    /// The bench that criterion times. Without one, criterion does not run.
    pub criterion: Option<Program>,
    /// The probe whose process is read, if that is not the one that is timed.
    process: Option<Program>,
    /// True if the instructions of the probe itself are counted where `callgrind` is missing.
    counts_itself: bool,
}

/// A program that measures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Program {
    /// A binary of a package, built in release mode before use.
    Bin(CargoProgram),
    /// A bench of a package, built in release mode before use.
    Bench(CargoProgram),
    /// An existing program with its arguments; its path is relative to the root.
    Command(Vec<String>),
    /// The harness itself, which serves commands as workloads.
    #[serde(skip)]
    Commands {
        /// The commands.
        definitions: Vec<command::Definition>,
        /// The cost that it reads.
        reads: Reads,
    },
}

/// A program that cargo builds.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CargoProgram {
    /// Package name.
    pub package: String,
    /// Target name.
    pub name: String,
    /// Cargo features of this build, besides the default ones.
    #[serde(default)]
    pub features: Vec<String>,
    /// Arguments of the program.
    #[serde(default)]
    pub arguments: Vec<String>,
}

/// A `[[suite]]` of `harness.toml`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) struct Table {
    package: Option<String>,
    bench: Option<String>,
    bin: Option<String>,
    command: Option<Vec<String>>,
    #[serde(default)]
    features: Vec<String>,
    heap_feature: Option<String>,
    heap: Option<Program>,
    callgrind: Option<Program>,
    criterion: Option<Program>,
}

impl Suite {
    /// A suite of programs with a fixed task each, as the top-level keys of `harness.toml` name them.
    pub fn of(
        probe: Program,
        heap: Option<Program>,
        callgrind: Option<Program>,
        criterion: Option<Program>,
    ) -> Self {
        Self {
            probe,
            // A bench, which is also started by hand, expects this.
            heap: heap.map(Program::into_probe),
            callgrind,
            criterion,
            process: None,
            counts_itself: false,
        }
    }

    /// The suite of commands, which the harness itself serves.
    pub fn of_commands(definitions: Vec<command::Definition>) -> Self {
        let of = |reads| Program::Commands {
            definitions: definitions.clone(),
            reads,
        };
        Self {
            probe: of(Reads::Time),
            heap: None,
            callgrind: None,
            criterion: None,
            process: Some(of(Reads::Process)),
            counts_itself: definitions.iter().any(|definition| definition.instructions),
        }
    }

    /// Returns the probe whose process is read.
    pub fn process(&self) -> &Program {
        self.process.as_ref().unwrap_or(&self.probe)
    }

    /// Returns the commands of the suite; empty if it is a program.
    pub fn commands(&self) -> &[command::Definition] {
        match &self.probe {
            Program::Commands { definitions, .. } => definitions,
            _ => &[],
        }
    }

    /// Returns true if instructions are counted by running the probe itself under valgrind.
    pub fn counts_itself(&self) -> bool {
        self.counts_itself && self.callgrind.is_none()
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.probe)
    }
}

impl Program {
    /// Returns the program that is started to answer requests.
    fn into_probe(self) -> Self {
        match self {
            Self::Bin(built) => Self::Bin(built.into_probe()),
            Self::Bench(built) => Self::Bench(built.into_probe()),
            Self::Command(words) => Self::Command(
                words
                    .into_iter()
                    .chain([PROBE_ARGUMENT.to_owned()])
                    .collect(),
            ),
            commands @ Self::Commands { .. } => commands,
        }
    }

    /// Returns the same program, built with one more feature; `None` for an existing program.
    fn with_feature(&self, feature: &str) -> Option<Self> {
        let with = |built: &CargoProgram| {
            let mut built = built.clone();
            built.features.push(feature.to_owned());
            built
        };
        match self {
            Self::Bin(built) => Some(Self::Bin(with(built))),
            Self::Bench(built) => Some(Self::Bench(with(built))),
            Self::Command(_) | Self::Commands { .. } => None,
        }
    }
}

impl fmt::Display for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bin(built) | Self::Bench(built) => {
                write!(f, "{} of package {}", built.name, built.package)
            }
            Self::Command(words) => write!(f, "`{}`", words.join(" ")),
            Self::Commands { .. } => f.write_str("the commands of [[command]]"),
        }
    }
}

impl CargoProgram {
    fn into_probe(mut self) -> Self {
        self.arguments.push(PROBE_ARGUMENT.to_owned());
        self
    }
}

impl TryFrom<Table> for Suite {
    type Error = String;

    fn try_from(table: Table) -> Result<Self, String> {
        let Table {
            package,
            bench,
            bin,
            command,
            features,
            heap_feature,
            heap,
            callgrind,
            criterion,
        } = table;
        let built = |name| {
            let package = package.clone().ok_or(
                "a [[suite]] with `bench` or `bin` needs the `package` that it belongs to",
            )?;
            let built = CargoProgram {
                package,
                name,
                features: features.clone(),
                arguments: Vec::new(),
            };
            Ok::<_, String>(built.into_probe())
        };
        let probe = match (bench, bin, command) {
            (Some(name), None, None) => Program::Bench(built(name)?),
            (None, Some(name), None) => Program::Bin(built(name)?),
            (None, None, Some(words)) => {
                if package.is_some() || heap_feature.is_some() || !features.is_empty() {
                    return Err(
                        "a [[suite]] with `command` is not built, so it has no `package`, `features` or `heap-feature`"
                            .to_owned(),
                    );
                }
                Program::Command(words)
            }
            _ => {
                return Err(
                    "a [[suite]] needs exactly one of `bench`, `bin` and `command`: the program with its workloads"
                        .to_owned(),
                );
            }
        };
        // An existing program is started as it is written.
        let heap = heap.map(|heap| match heap {
            Program::Command(_) | Program::Commands { .. } => heap,
            built => built.into_probe(),
        });
        let feature = heap_feature.as_deref().unwrap_or(HEAP_FEATURE);
        let with_feature = || probe.with_feature(feature).filter(|_| !feature.is_empty());
        Ok(Self {
            heap: heap.or_else(with_feature),
            probe,
            callgrind,
            criterion,
            process: None,
            counts_itself: true,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn suite(text: &str) -> Result<Suite, String> {
        let table: Table = toml::from_str(text).map_err(|error| error.to_string())?;
        table.try_into()
    }

    fn bench(features: &[&str]) -> Program {
        Program::Bench(CargoProgram {
            package: "words".to_owned(),
            name: "harness".to_owned(),
            features: features.iter().map(|&one| one.to_owned()).collect(),
            arguments: vec![PROBE_ARGUMENT.to_owned()],
        })
    }

    #[test]
    fn one_bench_serves_every_instrument() {
        let one = suite("package = 'words'\nbench = 'harness'").expect("valid");
        assert_eq!(one.probe, bench(&[]));
        assert_eq!(one.heap, Some(bench(&["harness/heap"])));
        assert!(one.counts_itself() && one.criterion.is_none());
    }

    #[test]
    fn the_heap_build_is_a_choice() {
        let of = |line: &str| {
            suite(&format!("package = 'words'\nbench = 'harness'\n{line}"))
                .expect("valid")
                .heap
        };
        assert_eq!(
            of("heap-feature = 'criterion/heap'"),
            Some(bench(&["criterion/heap"]))
        );
        assert_eq!(of("heap-feature = ''"), None);
        assert_eq!(
            of("features = ['simd']"),
            Some(bench(&["simd", "harness/heap"]))
        );
        assert_eq!(
            of("heap = { command = ['./heap'] }"),
            Some(Program::Command(vec!["./heap".to_owned()]))
        );
    }

    #[test]
    fn an_existing_program_has_no_heap_build() {
        let one = suite("command = ['./probe', '--fast']").expect("valid");
        assert_eq!(
            one.probe,
            Program::Command(vec!["./probe".to_owned(), "--fast".to_owned()])
        );
        assert_eq!((one.heap.is_none(), one.counts_itself()), (true, true));
        let other = suite("command = ['./probe']\ncallgrind = { command = ['./count'] }");
        assert!(!other.expect("valid").counts_itself());
    }

    #[test]
    fn a_suite_has_exactly_one_program_with_workloads() {
        for (text, word) in [
            ("", "exactly one"),
            ("package = 'a'\nbench = 'b'\nbin = 'c'", "exactly one"),
            ("bench = 'b'", "`package`"),
            ("package = 'a'\ncommand = ['b']", "not built"),
        ] {
            let error = suite(text).expect_err(text);
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
