//! Prints the verdict of a gate in every format.

use std::ffi::OsString;

use anyhow::Result;
use harness::terminal::{columns, notice, print, show};
use harness_record::session::Session;
use harness_record::shard::Shard;
use harness_report::gate::GateReport;
use harness_report::render::{Audience, Format};

use crate::cli::exports::Exports;
use crate::cli::{call, typed};

/// Number of digits of a commit in a command: enough to find it in any repository.
const COMMIT_DIGITS: usize = 12;

/// Prints a report on standard output, unless an export is printed there.
pub(in crate::cli) fn print_report(
    report: &GateReport<'_>,
    format: Format,
    exports: &Exports,
) -> Result<()> {
    if exports.print() {
        notice(&report.verdict.summary());
        return Ok(());
    }
    match format.audience() {
        Audience::Terminal => print(&report.terminal(columns())),
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

/// Announces that a shard was measured, and that its exit status is no verdict.
pub(super) fn measured(shard: Shard) {
    notice(&format!(
        "shard {shard} was measured; `{}` judges the whole",
        call("merge FILE...")
    ));
}

/// The command that repeats a gate: its arguments, with the commit in place of the name of the base, with the seed, and
/// without the file and the format of its output.
pub(super) fn repeating(session: &Session) -> String {
    let commit = session.base.commit.get(..COMMIT_DIGITS);
    let commit = commit.unwrap_or(&session.base.commit);
    let mut arguments = at_commit(std::env::args_os().skip(1), commit);
    let has_seed = arguments
        .iter()
        .any(|one| one.as_encoded_bytes().starts_with(b"--seed"));
    if !session.measured.is_empty() && !has_seed {
        arguments.extend(["--seed".into(), session.terms.seed.to_string().into()]);
    }
    typed(arguments)
}

/// The command that repeats a merged gate on one machine.
pub(in crate::cli) fn repeating_whole(session: &Session) -> String {
    let commit = session.base.commit.get(..COMMIT_DIGITS);
    let words = shlex::split(&session.command).unwrap_or_default();
    let arguments = words.into_iter().skip_while(|word| word != "gate");
    typed(at_commit(
        arguments.map(OsString::from),
        commit.unwrap_or(&session.base.commit),
    ))
}

/// The arguments with this commit as the base, and without options that decide about the output only.
fn at_commit(mut arguments: impl Iterator<Item = OsString>, commit: &str) -> Vec<OsString> {
    let mut kept = Vec::new();
    while let Some(argument) = arguments.next() {
        // Only a value can contain bytes that are not UTF-8.
        let text = argument.to_string_lossy();
        let (option, value) = match text.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (&*text, None),
        };
        match option {
            "--base" | "--out" | "--format" | "--export" => {
                if value.is_none() {
                    arguments.next();
                }
                // Of several bases, this comparison had one.
                if option == "--base" && !kept.iter().any(|one| one == "--base") {
                    kept.extend([option.into(), commit.into()]);
                }
            }
            _ => kept.push(argument),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn the_base_is_named_by_its_commit() {
        let of = |text: &str| {
            let kept = at_commit(text.split(' ').map(OsString::from), "0123");
            kept.join(OsStr::new(" "))
        };
        assert_eq!(
            of("gate --base main --budget 20"),
            "gate --base 0123 --budget 20"
        );
        assert_eq!(of("gate --base=main --all"), "gate --base 0123 --all");
        assert_eq!(
            of("gate --out=x.json --base main --format markdown --filter a=b"),
            "gate --base 0123 --filter a=b"
        );
        assert_eq!(of("gate --all --export junit=a.xml"), "gate --all");
    }
}
