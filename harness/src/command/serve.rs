//! The probe of commands: the harness, started once more by the harness.

use std::ffi::OsString;
use std::io;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use harness_probe::protocol::Reading;
use harness_probe::{Meter, Prepared, RegistryError, serve_stdio};
use thiserror::Error;

use crate::command::definition::{Definition, DefinitionError};
use crate::command::expand::expand;
use crate::command::prepared::{Sums, Tally};
use crate::command::workload::registry;
use crate::probe::TIME_LIMIT_VARIABLE;

/// The hidden subcommand that serves commands.
pub const SUBCOMMAND: &str = "command-probe";

/// The cost that a probe of commands reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Wall time.
    Time,
    /// Memory, time on a core, faults and switches.
    Process,
}

impl Reads {
    /// The argument of the subcommand.
    fn name(self) -> &'static str {
        match self {
            Self::Time => "clock",
            Self::Process => "process",
        }
    }

    fn by_name(name: &str) -> Option<Self> {
        [Self::Time, Self::Process]
            .into_iter()
            .find(|reads| reads.name() == name)
    }
}

/// A probe of commands that cannot serve.
#[derive(Debug, Error)]
pub enum ServeError {
    /// The arguments are not those that the harness gives.
    #[error(
        "the harness starts `harness {SUBCOMMAND}` by itself; run `harness run -- COMMAND` instead"
    )]
    Arguments,
    /// A definition cannot be used.
    #[error(transparent)]
    Definition(#[from] DefinitionError),
    /// Two commands have the same id.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// The harness has closed the connection.
    #[error("cannot talk to the harness: {0}")]
    Stream(#[from] io::Error),
}

/// Returns a command that starts a probe of these commands in the current folder.
pub fn start(definitions: &[Definition], reads: Reads) -> Command {
    // Without it, the program is searched by the name that the user typed.
    let harness = std::env::current_exe().unwrap_or_else(|_| "harness".into());
    let definitions = serde_json::to_string(definitions).expect("definitions are plain data");
    let mut command = Command::new(harness);
    command.args([SUBCOMMAND, reads.name(), &definitions]);
    command
}

/// Serves the commands that the arguments of the subcommand define, until standard input ends.
///
/// # Errors
/// If the arguments are not those of [`start`].
pub fn serve(arguments: &[OsString]) -> Result<(), ServeError> {
    let [reads, definitions] = arguments else {
        return Err(ServeError::Arguments);
    };
    let text = |argument: &OsString| {
        argument
            .to_str()
            .map(str::to_owned)
            .ok_or(ServeError::Arguments)
    };
    let reads = Reads::by_name(&text(reads)?).ok_or(ServeError::Arguments)?;
    let definitions: Vec<Definition> =
        serde_json::from_str(&text(definitions)?).map_err(|_| ServeError::Arguments)?;
    let tally = Arc::new(Tally::new(time_limit(), reads == Reads::Process));
    let registry = registry(expand(&definitions)?, &tally)?;
    Ok(serve_stdio(&registry, &mut CommandMeter { reads, tally })?)
}

/// The time limit of the harness for one reply.
fn time_limit() -> Duration {
    let seconds = std::env::var(TIME_LIMIT_VARIABLE).ok();
    let seconds = seconds.and_then(|seconds| seconds.parse().ok());
    seconds.map_or(crate::collect::TIME_LIMIT, Duration::from_secs)
}

/// Reads what the runs added to the tally.
struct CommandMeter {
    reads: Reads,
    tally: Arc<Tally>,
}

impl Meter for CommandMeter {
    fn name(&self) -> &'static str {
        self.reads.name()
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tally.begin();
        for _ in 0..iterations {
            prepared.run(&mut || {});
        }
        self.reading(&self.tally.end())
    }

    fn try_read(
        &mut self,
        prepared: &mut dyn Prepared,
        iterations: u64,
    ) -> Result<Reading, String> {
        self.tally.begin();
        for _ in 0..iterations {
            prepared.run(&mut || {});
        }
        let sums = self.tally.end();
        match &sums.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(self.reading(&sums)),
        }
    }
}

impl CommandMeter {
    fn reading(&self, sums: &Sums) -> Reading {
        match self.reads {
            Reads::Time => Reading::Clock {
                nanoseconds: sums.nanoseconds,
                waited: sums.waited,
                tokens_at: Vec::new(),
            },
            Reads::Process => sums.usage.reading(sums.exit_status),
        }
    }
}
