//! The program `harness`: parses the command line, runs one command, and exits with its status.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use harness::terminal;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    terminal::run(|| arguments.run())
}
