//! `harness completions`: a script that completes this program's commands and options in a shell.

use std::path::Path;

use anyhow::{Context, Result};
use clap::Args;
use clap_complete::Shell;
use harness::terminal::{Status, print};

/// Prints a script that completes commands, options and their values in a shell
///
/// For bash, write it to ~/.local/share/bash-completion/completions/harness; for zsh, to the file _harness in a folder of
/// $fpath; for fish, to ~/.config/fish/completions/harness.fish.
#[derive(Args)]
pub(crate) struct Completions {
    /// Shell
    #[arg(value_enum)]
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self, _: &Path) -> Result<Status> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut super::visible(), "harness", &mut script);
        print(&String::from_utf8(script).context("the script is no text")?)?;
        Ok(Status::Fine)
    }
}
