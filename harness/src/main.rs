//! `harness`: measure, compare, judge, render, exit.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use cli::ALARM;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match arguments.run() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {error:#}");
            cli::Outcome::Unjudged.into()
        }
    }
}
