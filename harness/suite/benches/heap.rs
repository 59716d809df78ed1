//! Heap allocations of every workload in each of its phases, counted by dhat: `cargo bench --bench heap`.
//!
//! Dhat counts a whole process, so each reading needs its own process. Without arguments, this program starts itself once
//! for every reading and prints one line for each. With `--probe`, it is the probe that counts. One thread computes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use harness_probe::protocol::{Reading, Reply, Request};
use harness_probe::{Meter, Options, Prepared, Registry, Selection, or_exit, serve_stdio};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// More frames than any backtrace here has, because a profile needs complete backtraces. Dhat removes the frames outside of
/// `main` only if a number is given.
const MAX_FRAMES: usize = 1000;

fn main() {
    let registry = or_exit(harness_suite::registry());
    if std::env::args_os().any(|argument| argument == "--probe") {
        return or_exit(serve_stdio(
            &registry,
            &mut Heap {
                tokens: Vec::with_capacity(1 << 12),
            },
        ));
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

/// The meter that counts with dhat.
struct Heap {
    /// Bytes and blocks allocated up to each token. Allocated before counting begins.
    tokens: Vec<(u64, u64)>,
}

impl Meter for Heap {
    fn name(&self) -> &'static str {
        "heap"
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tokens.clear();
        let profiler = dhat::Profiler::builder().testing().build();
        // Memory that a session keeps from run to run is allocated under the profiler. A run that replaces it then adds
        // nothing to the live memory.
        prepared.warm_up();
        let start = dhat::HeapStats::get();
        for _ in 0..iterations {
            prepared.run(&mut || {
                let so_far = dhat::HeapStats::get();
                self.tokens.push((so_far.total_bytes, so_far.total_blocks));
            });
        }
        let end = dhat::HeapStats::get();
        drop(profiler);
        let first = self.tokens.first().copied().unwrap_or_default();
        let last = self.tokens.last().copied().unwrap_or_default();
        Reading::Heap {
            total_bytes: end.total_bytes - start.total_bytes,
            total_blocks: end.total_blocks - start.total_blocks,
            peak_bytes: end.max_bytes as u64,
            leaked_bytes: end.curr_bytes.saturating_sub(start.curr_bytes) as u64,
            tokens: self.tokens.len().saturating_sub(1) as u64,
            token_bytes: last.0 - first.0,
            token_blocks: last.1 - first.1,
        }
    }

    fn profile(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Result<Reading, String> {
        prepared.warm_up();
        let file = std::env::temp_dir().join(format!("harness-heap-{}.json", std::process::id()));
        let profiler = dhat::Profiler::builder()
            .file_name(&file)
            .trim_backtraces(Some(MAX_FRAMES))
            .build();
        for _ in 0..iterations {
            prepared.run(&mut || {});
        }
        // The profiler writes its file when it is dropped.
        drop(profiler);
        let text = std::fs::read(&file)
            .map_err(|error| format!("cannot read the profile that dhat wrote: {error}"));
        // Nothing else uses the file, and it may be missing.
        let _ = std::fs::remove_file(&file);
        let dhat = serde_json::from_slice(&text?)
            .map_err(|error| format!("the profile that dhat wrote is not JSON: {error}"))?;
        Ok(Reading::Sites { dhat })
    }
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
            } => {
                return Err(format!("{workload} in phase {phase}: {message}").into());
            }
            _ => {}
        }
    }
    probe.wait()?;
    reading.ok_or_else(|| format!("{workload} in phase {phase} gave no reading").into())
}
