//! The program's library: what starts processes, reads the machine, or talks to git.
//!
//! Data and its files are in `harness-record`, judging in `harness-judge`, rendering in `harness-report`.

pub mod bisect;
pub mod collect;
pub mod command;
mod containment;
pub mod declarations;
pub mod descriptions;
pub mod doctor;
mod file_digest;
pub mod file_error;
pub mod hardware;
pub mod history;
pub mod init;
pub mod keeper;
pub mod layout;
pub mod probe;
pub mod process;
pub mod programs;
pub mod project;
pub mod scratch;
pub mod seconds;
pub mod terminal;
pub mod timing;
pub mod triage;
pub mod valgrind;
pub mod vcs;
pub mod verbosity;
pub mod watch;
