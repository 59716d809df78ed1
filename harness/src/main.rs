//! The program `harness`: parses the command line, runs one command, and exits with its status.

mod cli;

use std::process::ExitCode;

use harness::terminal;

fn main() -> ExitCode {
    terminal::run(|| cli::arguments()?.run())
}
