//! Writes the report of a synthetic record with every section and with failures: the page that the check in a browser
//! opens (`.ci/page-check`).
//!
//! `cargo run -p harness-report --example synthetic_page FOLDER`

#[path = "../tests/synthetic/mod.rs"]
mod synthetic;

use std::path::Path;

use anyhow::Context;

fn main() -> anyhow::Result<()> {
    let folder = std::env::args_os()
        .nth(1)
        .context("name the folder to write the report to")?;
    let written = harness_report::write(&synthetic::everything(), Path::new(&folder), false)?;
    println!("{}", written.index.display());
    Ok(())
}
