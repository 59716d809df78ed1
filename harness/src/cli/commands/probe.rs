//! The hidden subcommand that the harness starts to run commands.

use std::ffi::OsString;
use std::path::Path;

use anyhow::Result;
use clap::Args;
use harness::command;
use harness::terminal::Status;

/// Serves commands to a harness
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct CommandProbe {
    #[arg(num_args = 0.., allow_hyphen_values = true, trailing_var_arg = true)]
    arguments: Vec<OsString>,
}

impl CommandProbe {
    pub(crate) fn run(self, _: &Path) -> Result<Status> {
        command::serve(&self.arguments)?;
        Ok(Status::Fine)
    }
}
