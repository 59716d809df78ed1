//! Heap allocations of every workload in each of its phases, counted by dhat: `cargo bench --bench heap`.
//!
//! Dhat counts a whole process, so each reading needs its own process. Without arguments, this program starts itself once
//! for every reading and prints one line for each. With `--probe`, it is the probe that counts. One thread computes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use harness_probe::protocol::{Reading, Reply, Request};
use harness_probe::{Heap, Options, Registry, Selection, or_exit, serve_stdio};

#[global_allocator]
static ALLOCATOR: harness_probe::Allocator = harness_probe::Allocator;

fn main() {
    let registry = or_exit(harness_suite::registry());
    if std::env::args_os().any(|argument| argument == "--probe") {
        return or_exit(serve_stdio(&registry, &mut Heap::new()));
    }
    if std::env::args_os().any(|argument| argument == "--test") {
        // `cargo test` starts every bench to check that it runs.
        return;
    }
    or_exit(count_all(&registry));
}

/// Prints one line for each workload and phase, except for workloads that are measured on demand.
fn count_all(registry: &Registry) -> Result<(), Box<dyn std::error::Error>> {
    let row = |name: &str, cells: [&str; 4]| {
        println!(
            "{name:52} {:>12} {:>12} {:>14} {:>12}",
            cells[0], cells[1], cells[2], cells[3]
        );
    };
    row("", ["bytes", "blocks", "peak bytes", "leaked"]);
    for workload in registry.workloads() {
        if workload.selection() == Selection::OnDemand {
            continue;
        }
        for phase in workload.phases() {
            let name = format!("{} {phase}", workload.id());
            let reading = count_in_own_process(workload.id(), &phase)?;
            let Reading::Heap {
                total_bytes,
                total_blocks,
                peak_bytes,
                leaked_bytes,
                ..
            } = reading
            else {
                return Err(format!("{name} was not counted").into());
            };
            row(
                &name,
                [total_bytes, total_blocks, peak_bytes, leaked_bytes]
                    .map(|n| n.to_string())
                    .each_ref()
                    .map(String::as_str),
            );
        }
    }
    Ok(())
}

/// Starts this program as the probe, and counts one run of a workload in a phase.
fn count_in_own_process(
    workload: &str,
    phase: &str,
) -> Result<Reading, Box<dyn std::error::Error>> {
    let mut probe = Command::new(std::env::current_exe()?)
        .arg("--probe")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let options = Options {
        threads: 1,
        ..Options::from_environment()?
    };
    let requests = [
        Request::Prepare {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            options,
        },
        Request::Run { iterations: 1 },
        Request::Check,
    ];
    let mut input = probe.stdin.take().ok_or("the probe has no input")?;
    for request in &requests {
        writeln!(input, "{}", serde_json::to_string(request)?)?;
    }
    drop(input);
    let mut reading = None;
    for line in BufReader::new(probe.stdout.take().ok_or("the probe has no output")?).lines() {
        match serde_json::from_str(&line?)? {
            Reply::Ran { reading: read } => reading = Some(read),
            Reply::Error { message }
            | Reply::Checked {
                wrong: Some(message),
                ..
            } => {
                return Err(format!("{workload} in phase {phase}: {message}").into());
            }
            _ => {}
        }
    }
    probe.wait()?;
    reading.ok_or_else(|| format!("{workload} in phase {phase} gave no reading").into())
}
