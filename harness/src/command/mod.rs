//! Commands as workloads: any program can be timed, without a probe of its own.
//!
//! A probe serves the workloads of a project. For commands, the harness is itself that probe: it starts a second copy of
//! itself ([`serve`]), which speaks the normal protocol and starts the command for every run. So rounds, pairs, gates and
//! bisections treat a command like any other workload.
//!
//! Each run is a fresh process. Its time lasts from the start of the process to its end. Its output goes through a pipe
//! and is discarded, because some programs (`grep`, `cat`) do less if their output is `/dev/null`.

mod build;
mod definition;
mod expand;
mod instructions;
mod pipes;
mod prepared;
mod run;
mod run_error;
mod serve;
pub mod usage;
mod workload;

pub use build::{BuildError, build};
pub use definition::{Definition, DefinitionError, ExitStatus, Line, PHASE};
pub use expand::{Call, expand};
pub use instructions::CommandInstructions;
pub use run_error::RunError;
pub use serve::{Reads, SUBCOMMAND, ServeError, serve, start};
