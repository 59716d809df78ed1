//! `harness`: measure, compare, judge, render, exit.

mod cli;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    match arguments.run() {
        Ok(outcome) => outcome.into(),
        Err(error) => {
            anstream::eprintln!("{}error:{} {error:#}", cli::ALARM, cli::ALARM.render_reset());
            cli::Outcome::Unjudged.into()
        }
    }
}
