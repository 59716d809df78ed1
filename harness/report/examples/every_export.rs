//! Writes every export of every kind of results into a folder, as `KIND.FORMAT`, for validators:
//!
//! ```sh
//! cargo run -p harness-report --example every_export -- target/exports
//! ```

#[path = "../tests/exports/sample.rs"]
mod sample;

use std::path::PathBuf;

use anyhow::{Context, Result};
use harness_report::export::ExportFormat;

fn main() -> Result<()> {
    let folder = std::env::args_os().nth(1).context("name a folder")?;
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    for (name, results) in sample::all() {
        for format in ExportFormat::all() {
            let path = folder.join(format!("{name}.{}", format.name()));
            std::fs::write(&path, format.export(&results))
                .with_context(|| format!("cannot write {}", path.display()))?;
        }
    }
    Ok(())
}
