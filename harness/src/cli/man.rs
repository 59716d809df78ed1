//! `harness man`: manual pages from the definitions of the command line.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, Command};
use clap_mangen::Man as Page;
use harness::terminal::{Status, notice, print};
use jiff::Timestamp;

/// Writes a manual page for each command to a folder, or prints that of the program
///
/// `harness man ~/.local/share/man/man1` makes `man harness-gate` work; `harness man | man -l -` shows the page of the
/// program. The date of a page is today, or that of the variable SOURCE_DATE_EPOCH.
#[derive(Args)]
pub(crate) struct Man {
    /// Folder for the pages; without it, the page of the program is printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, _: &Path) -> Result<Status> {
        let mut program = super::visible().disable_help_subcommand(true);
        program.build();
        let Some(folder) = self.folder else {
            print(&page(&program)?.1)?;
            return Ok(Status::Fine);
        };
        let failed = || format!("cannot write manual pages to {}", folder.display());
        fs::create_dir_all(&folder).with_context(failed)?;
        let pages = pages(&program)?;
        for (name, text) in &pages {
            fs::write(folder.join(name), text).with_context(failed)?;
        }
        notice(&format!(
            "wrote {} manual pages to {}",
            pages.len(),
            folder.display()
        ));
        Ok(Status::Fine)
    }
}

/// The pages of a command and of all below it.
fn pages(command: &Command) -> Result<Vec<(String, String)>> {
    let mut found = vec![page(command)?];
    for inner in command.get_subcommands() {
        found.extend(pages(inner)?);
    }
    Ok(found)
}

/// The file name and the text of a page.
fn page(command: &Command) -> Result<(String, String)> {
    let page = Page::new(command.clone())
        .date(date().strftime("%Y-%m-%d").to_string())
        .source(concat!("harness ", env!("CARGO_PKG_VERSION")))
        .manual("Harness manual");
    let mut text = Vec::new();
    page.render(&mut text).context("cannot draw the page")?;
    let text = String::from_utf8(text).context("the page is no text")?;
    // An empty line between two line breaks, which mandoc warns of.
    Ok((
        page.get_filename(),
        text.replace("\n.br\n\n.br\n", "\n.br\n"),
    ))
}

/// The date of the pages, which a packager fixes.
fn date() -> Timestamp {
    let fixed = std::env::var("SOURCE_DATE_EPOCH").ok();
    let fixed = fixed.and_then(|seconds| Timestamp::from_second(seconds.parse().ok()?).ok());
    fixed.unwrap_or_else(Timestamp::now)
}
