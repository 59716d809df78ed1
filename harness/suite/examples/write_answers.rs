//! Prints the answers of the naive variant in the format of `src/answers.json`, one line for each workload. Run it after
//! adding or redefining a workload.
//!
//! `cargo run --release -p harness-suite --example write_answers > answers.json && mv answers.json harness/suite/src/`

use std::collections::BTreeMap;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let answers: BTreeMap<_, _> = harness_suite::answers_of("naive")?.into_iter().collect();
    let mut lines = Vec::new();
    for (id, answer) in answers {
        lines.push(format!(
            "{}: {}",
            serde_json::to_string(&id)?,
            serde_json::to_string(&answer)?
        ));
    }
    println!("{{\n{}\n}}", lines.join(",\n"));
    Ok(())
}
