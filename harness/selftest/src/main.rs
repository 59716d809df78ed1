//! `harness-selftest`: measures the error rates of the time gate. `harness selftest` starts it.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use harness::terminal;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    terminal::run(|| arguments.run())
}
