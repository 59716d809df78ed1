//! `harness keep`: the keeper, which the harness starts by itself.

use std::path::Path;

use anyhow::Result;
use clap::Args;
use harness::keeper;
use harness::terminal::Status;

/// Ends what another harness started, after that was killed
#[derive(Args)]
#[command(hide = true)]
pub(crate) struct Keep {}

impl Keep {
    pub(crate) fn run(self, _: &Path) -> Result<Status> {
        keeper::keep(std::io::stdin().lock());
        Ok(Status::Fine)
    }
}
