//! Prints the answers of the naive variant as `src/answers.json` holds them: run it when a workload is defined anew.
//!
//! `cargo run --release -p harness-suite --example write_answers > harness/suite/src/answers.json`

use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answers: BTreeMap<_, _> = harness_suite::answers_of("naive")?.into_iter().collect();
    println!("{}", serde_json::to_string_pretty(&answers)?);
    Ok(())
}
