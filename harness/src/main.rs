//! `harness`: measure, compare, judge, render, exit.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use harness::terminal;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    terminal::run(|| arguments.run())
}
