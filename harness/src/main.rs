//! `harness`: measure, compare, judge, render, exit.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use cli::ALARM;
use harness::child;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    // Where programs run, ending them ends the measurement, which says so and removes its temporary folders.
    let interrupted = || {
        if !child::stop_all() {
            cli::notice("interrupted; files are as they were, or whole");
            std::process::exit(2);
        }
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        cli::notice(&format!("Ctrl-C will leave running programs behind: {error}"));
    }
    match arguments.run() {
        Ok(outcome) => outcome.into(),
        Err(_) if child::stopped() => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} interrupted; what was read so far is not kept");
            cli::Status::Unjudged.into()
        }
        Err(error) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {}", sentence(&error));
            cli::Status::Unjudged.into()
        }
    }
}

/// The error and its causes as one sentence. Many errors tell their cause themselves; it is not told twice.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |told, cause| match cause.to_string() {
        cause if told.is_empty() => cause,
        cause if told.contains(&cause) => told,
        cause => format!("{told}: {cause}"),
    })
}
