//! The registry of instruments: one entry each, in the order in which they are run and shown.

use serde::{Deserialize, Serialize};

/// Defines the enum of the instruments and their properties. The first line of an entry's documentation is its help on
/// the command line.
macro_rules! instruments {
    ($($(#[doc = $help:literal])+ $instrument:ident => $name:literal, $kind:ident, $quantity:literal;)+) => {
        /// The instruments that a workload can be measured with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        pub enum Instrument {
            $($(#[doc = $help])+ #[serde(rename = $name)] $instrument),+
        }

        impl Instrument {
            /// Every instrument, in the order in which they are run and shown.
            pub const ALL: [Self; [$(Self::$instrument),+].len()] = [$(Self::$instrument),+];

            /// The name in records, in messages and on the command line.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$instrument => $name),+
                }
            }

            /// The quantity that the instrument reads, in one word. Several instruments can read the same.
            pub const fn quantity(self) -> &'static str {
                match self {
                    $(Self::$instrument => $quantity),+
                }
            }

            /// Whether the instrument counts. Counts repeat exactly, so they can be compared with a stored baseline.
            pub const fn is_counted(self) -> bool {
                match self {
                    $(Self::$instrument => matches!(Kind::$kind, Kind::Counted)),+
                }
            }

            /// Whether the instrument runs alone, because other work would change what it reads.
            pub const fn runs_alone(self) -> bool {
                match self {
                    $(Self::$instrument => matches!(Kind::$kind, Kind::Timed)),+
                }
            }

            /// The documentation of the instrument, for the help of the command line.
            pub fn help(self) -> &'static str {
                match self {
                    $(Self::$instrument => concat!($($help),+).trim_ascii()),+
                }
            }
        }
    };
}

/// The kind of an instrument.
enum Kind {
    /// Runs alone, on an otherwise idle machine.
    Timed,
    /// Counts, and needs no idle machine.
    Counted,
    /// Counts on a simulated machine. It needs no idle machine, and no gate compares what it counts.
    Simulated,
}

instruments! {
    /// Wall time by the clock of the probe. All phases of a workload alternate in one session.
    Clock => "clock", Timed, "time";
    /// Wall time by criterion, each workload and phase alone. It needs at least ten runs.
    Criterion => "criterion", Timed, "time";
    /// Instructions by callgrind, through iai-callgrind. It is fifty times slower than the bare machine.
    Callgrind => "callgrind", Counted, "instructions";
    /// Heap allocations by dhat. Each allocation costs a lock and a backtrace.
    Dhat => "dhat", Counted, "heap";
    /// Size of the program that is timed: its code, and everything that is loaded into memory.
    Size => "size", Counted, "size";
    /// Time that cargo needs to build the package of the program again, with its dependencies built. On demand only.
    Build => "build", Timed, "build";
    /// Branch and cache misses on a machine that callgrind simulates. On demand only.
    Misses => "misses", Simulated, "misses";
    /// Cycles, instructions and misses, as the processor counts them. On demand only, where Linux lets a program read them.
    Counters => "counters", Timed, "counters";
    /// Peak resident memory, time on a core, page faults and context switches, as the system counts them for a process.
    Process => "process", Timed, "process";
}

impl Instrument {
    /// The instruments that count.
    pub const COUNTED: [Self; Self::counted_instruments()] = {
        let mut counted = [Self::ALL[0]; Self::counted_instruments()];
        let (mut index, mut place) = (0, 0);
        while index < Self::ALL.len() {
            if Self::ALL[index].is_counted() {
                counted[place] = Self::ALL[index];
                place += 1;
            }
            index += 1;
        }
        counted
    };

    /// The instruments that a workload lists if it is small enough for each. The harness knows by itself which workloads
    /// the others can read.
    pub const LISTED: [Self; 4] = [Self::Clock, Self::Criterion, Self::Callgrind, Self::Dhat];

    /// Whether the instrument runs only if it is named, because it is slow or few need it.
    pub const fn is_on_demand(self) -> bool {
        matches!(self, Self::Build | Self::Misses | Self::Counters)
    }

    /// Whether the instrument runs programs under valgrind.
    pub const fn needs_valgrind(self) -> bool {
        matches!(self, Self::Callgrind | Self::Misses)
    }

    const fn counted_instruments() -> usize {
        let (mut index, mut count) = (0, 0);
        while index < Self::ALL.len() {
            count += Self::ALL[index].is_counted() as usize;
            index += 1;
        }
        count
    }

    /// Returns the instrument with this name.
    pub fn by_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|instrument| instrument.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_entries_determine_everything_else() {
        for instrument in Instrument::ALL {
            assert_eq!(
                Instrument::by_name(instrument.name()),
                Some(instrument),
                "another one has this name"
            );
            let json = serde_json::to_value(instrument).expect("an instrument is a string");
            assert_eq!(json, instrument.name());
            assert_eq!(
                Instrument::COUNTED.contains(&instrument),
                instrument.is_counted()
            );
            assert!(instrument.help().ends_with('.'), "{}", instrument.help());
        }
        assert_eq!(
            &Instrument::COUNTED[..2],
            [Instrument::Callgrind, Instrument::Dhat]
        );
        assert_eq!(
            Instrument::by_name("time"),
            None,
            "time is a quantity, not an instrument"
        );
    }
}
