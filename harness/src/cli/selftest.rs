//! Starts `harness-selftest`, a program of its own, as cargo starts its subcommands.

use std::env::consts::EXE_SUFFIX;
use std::ffi::OsString;
use std::process::Command;

use anyhow::{Context, Result, bail};
use harness::process;
use harness::project::Project;
use harness::terminal::Status;

/// Measure the error rates of the time gate (the program `harness-selftest`)
#[derive(clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Selftest {
    /// Arguments of harness-selftest
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

impl Selftest {
    pub(super) fn run(self, _: &Project) -> Result<Status> {
        let own = std::env::current_exe().context("cannot find the folder of this program")?;
        let program = own.with_file_name(format!("harness-selftest{EXE_SUFFIX}"));
        if !program.is_file() {
            bail!(
                "{} does not exist; build it with `cargo build --release --package harness-selftest`",
                program.display()
            );
        }
        let mut command = Command::new(&program);
        command.args(self.arguments);
        let status = process::foreground(&mut command)
            .with_context(|| format!("cannot run {}", program.display()))?;
        Ok(status.into())
    }
}
