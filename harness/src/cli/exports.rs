//! `--export FORMAT=PATH`: the results of a command in the formats of CI systems and dashboards.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use harness::declarations::Declarations;
use harness::project::Project;
use harness::terminal::{Status, notice, print, sentence};
use harness_record::atomic_file;
use harness_record::distinct::distinct;
use harness_report::export::{ExportFormat, Outcome, Results};

use super::{command_line, writable};

/// Files in other formats.
#[derive(Debug, Clone, Args)]
pub(super) struct Exports {
    /// Also write the results in another format, such as junit=report.xml; may be given several times
    #[arg(long = "export", value_name = "FORMAT=PATH", value_parser = parse, long_help = long_help())]
    exports: Vec<Export>,
}

/// A format and its destination.
#[derive(Debug, Clone)]
struct Export {
    format: ExportFormat,
    /// The file; none for standard output.
    path: Option<PathBuf>,
}

impl Exports {
    /// Returns an error if a destination cannot be written, before minutes are spent on measuring.
    pub(super) fn check(&self) -> Result<()> {
        for (place, one) in self.exports.iter().enumerate() {
            if self.exports[..place]
                .iter()
                .any(|other| other.path == one.path)
            {
                match &one.path {
                    Some(path) => bail!("--export names {} twice", path.display()),
                    None => bail!("--export names standard output twice; give the others a file"),
                }
            }
            one.path.as_deref().map_or(Ok(()), writable)?;
        }
        Ok(())
    }

    /// Returns true if there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.exports.is_empty()
    }

    /// Returns true if one of them is printed, in place of what the command prints otherwise.
    pub(super) fn print(&self) -> bool {
        self.exports.iter().any(|one| one.path.is_none())
    }

    /// Writes all of them, with the lines of a project that declare the workloads.
    pub(super) fn write_of(&self, project: &Project, results: Results) -> Result<()> {
        if self.is_empty() {
            return Ok(());
        }
        let declarations = Declarations::read(&project.root);
        let ids: Vec<String> = results
            .rows
            .iter()
            .map(|row| row.workload.clone())
            .collect();
        let places = declarations.places(distinct(ids.iter().map(String::as_str)));
        let configuration = declarations.in_repository(Path::new("harness.toml"));
        self.write(&results.located(configuration, |id| places.get(id).cloned()))
    }

    /// Writes all of them.
    pub(super) fn write(&self, results: &Results) -> Result<()> {
        for Export { format, path } in &self.exports {
            let text = format.export(results);
            let Some(path) = path else {
                print(&text)?;
                continue;
            };
            atomic_file::write(path, text.as_bytes())
                .with_context(|| format!("cannot write {}", path.display()))?;
            notice(&format!("wrote {} to {}", format.name(), path.display()));
        }
        Ok(())
    }

    /// Writes that nothing was judged if a command ended with an error, so that no file of an earlier command passes for
    /// this one.
    pub(super) fn or_not_judged(&self, kind: &str, ended: Result<Status>) -> Result<Status> {
        if let Err(error) = &ended {
            let headline = format!("Not judged: {}", sentence(error));
            let results =
                Results::without_figures(kind, command_line(), Outcome::NotJudged, headline);
            self.write(&results)?;
        }
        ended
    }
}

/// Parses `FORMAT=PATH`; the path `-` is standard output.
fn parse(text: &str) -> Result<Export, String> {
    let (name, path) = text.split_once('=').unwrap_or((text, ""));
    let format = ExportFormat::named(name)?;
    if path.is_empty() {
        return Err(format!(
            "name a file for it, such as {name}=FILE, or {name}=- for standard output"
        ));
    }
    Ok(Export {
        format,
        path: (path != "-").then(|| PathBuf::from(path)),
    })
}

fn long_help() -> String {
    let formats = ExportFormat::all().iter();
    let lines = formats.map(|one| format!("  {:25} {}\n", one.name(), one.help()));
    format!(
        "Also write the results in another format, such as junit=report.xml; may be given several times. With the path `-`, \
         it is printed in place of the usual output. Formats:\n\n{}",
        lines.collect::<String>()
    )
}
