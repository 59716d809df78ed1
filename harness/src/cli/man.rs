//! `harness man`: manual pages from the definitions of the command line.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use clap::{Args, CommandFactory};
use clap_mangen::Man as Page;
use harness::terminal::{Status, notice, print};

use super::Arguments;

/// Writes a manual page for each command to a folder, or prints that of the program
///
/// `harness man ~/.local/share/man/man1` makes `man harness-gate` work; `harness man | man -l -` shows the page of the
/// program.
#[derive(Args)]
pub(crate) struct Man {
    /// Folder for the pages; without it, the page of the program is printed
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
}

impl Man {
    pub(crate) fn run(self, _: &Path) -> Result<Status> {
        let Some(folder) = self.folder else {
            let mut page = Vec::new();
            Page::new(Arguments::command())
                .render(&mut page)
                .context("cannot draw the page")?;
            print(&String::from_utf8(page).context("the page is no text")?)?;
            return Ok(Status::Fine);
        };
        fs::create_dir_all(&folder)
            .and_then(|()| clap_mangen::generate_to(Arguments::command(), &folder))
            .with_context(|| format!("cannot write manual pages to {}", folder.display()))?;
        notice(&format!("wrote manual pages to {}", folder.display()));
        Ok(Status::Fine)
    }
}
