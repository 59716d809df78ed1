//! Prints the verdict of a gate in every format.

use anyhow::Result;
use harness::terminal::{notice, print, show};
use harness_record::session::Session;
use harness_report::gate::GateReport;
use harness_report::render::{Audience, Format};

use crate::cli::typed;

/// Number of digits of a commit in a command: enough to find it in any repository.
const COMMIT_DIGITS: usize = 12;

/// Prints a report on standard output.
pub(super) fn print_report(report: &GateReport<'_>, format: Format) -> Result<()> {
    match format.audience() {
        Audience::Terminal => print(&report.terminal()),
        Audience::Document => print(&report.markdown()),
        Audience::Program => {
            let (tables, notes) = report.tables(format.has_notes());
            // Some formats have no notes, and without tables there is nowhere to put them.
            notes.iter().for_each(|note| notice(note));
            show(&tables, format)?;
            notice(&report.verdict.summary());
            notice(&format!("reproduce with: {}", report.command));
            Ok(())
        }
    }
}

/// The command that repeats a gate: its arguments, with the commit in place of the name of the base, with the seed, and
/// without the file and the format of its output.
pub(super) fn repeating(session: &Session) -> String {
    let commit = session.base.commit.get(..COMMIT_DIGITS);
    let commit = commit.unwrap_or(&session.base.commit);
    let mut arguments = at_commit(std::env::args().skip(1), commit);
    if !session.measured.is_empty() && !arguments.iter().any(|one| one.starts_with("--seed")) {
        arguments.extend(["--seed".to_owned(), session.terms.seed.to_string()]);
    }
    typed(arguments)
}

/// The arguments with this commit as the base, and without options that decide about the output only.
fn at_commit(mut arguments: impl Iterator<Item = String>, commit: &str) -> Vec<String> {
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        let (option, value) = match argument.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (argument.as_str(), None),
        };
        match option {
            "--base" | "--out" | "--format" => {
                if value.is_none() {
                    arguments.next();
                }
                if option == "--base" {
                    kept.extend([option.to_owned(), commit.to_owned()]);
                }
            }
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_named_by_its_commit() {
        let of = |text: &str| at_commit(text.split(' ').map(str::to_owned), "0123").join(" ");
        assert_eq!(
            of("gate --base main --budget 20"),
            "gate --base 0123 --budget 20"
        );
        assert_eq!(of("gate --base=main --all"), "gate --base 0123 --all");
        assert_eq!(
            of("gate --out=x.json --base main --format markdown --filter a=b"),
            "gate --base 0123 --filter a=b"
        );
        assert_eq!(of("gate --all"), "gate --all");
    }
}
