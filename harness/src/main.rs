//! The program `harness`: parses the command line, runs one command, and exits with its status.

mod cli;

use std::process::ExitCode;

use clap::Parser;
use cli::ALARM;
use harness::child;

fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    // Stopping child programs ends the measurement, which then removes its temporary folders and reports the
    // interruption. Without child programs, the harness exits at once.
    let interrupted = || {
        if !child::stop_all() {
            cli::notice("interrupted; each file is either unchanged or complete");
            std::process::exit(2);
        }
    };
    if let Err(error) = ctrlc::set_handler(interrupted) {
        cli::notice(&format!("cannot handle Ctrl-C, so it will leave running programs behind: {error}"));
    }
    match arguments.run() {
        Ok(outcome) => outcome.into(),
        Err(_) if child::stopped() => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} interrupted; the readings taken so far are discarded");
            cli::Status::Unjudged.into()
        }
        Err(error) => {
            anstream::eprintln!("{ALARM}error:{ALARM:#} {}", sentence(&error));
            cli::Status::Unjudged.into()
        }
    }
}

/// Joins an error and its causes into one sentence. Many messages contain their cause already; it is not repeated.
fn sentence(error: &anyhow::Error) -> String {
    error.chain().fold(String::new(), |text, cause| match cause.to_string() {
        cause if text.is_empty() => cause,
        cause if text.contains(&cause) => text,
        cause => format!("{text}: {cause}"),
    })
}
