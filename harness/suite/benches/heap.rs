//! Heap allocations of every workload in each of its phases, counted by dhat: `cargo bench --bench heap`.
//!
//! Dhat counts a whole process, so each reading has one of its own: started plainly, this program starts itself once for
//! every reading and prints a line for each; started with `--probe`, it is the probe that counts. One thread computes.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use harness_probe::protocol::{Reading, Reply, Request};
use harness_probe::{Meter, Options, Prepared, Registry, Selection, or_end, serve_stdio};

#[global_allocator]
static ALLOCATOR: dhat::Alloc = dhat::Alloc;

/// More frames than any backtrace here has: in a profile the whole way to an allocation is wanted. Dhat cuts off what lies
/// outside of `main` only where it is given a number.
const WHOLE: usize = 1000;

fn main() {
    let registry = or_end(harness_suite::registry());
    if std::env::args().any(|argument| argument == "--probe") {
        return or_end(serve_stdio(&registry, &mut Heap { tokens: Vec::with_capacity(1 << 12) }));
    }
    if std::env::args().any(|argument| argument == "--test") {
        // `cargo test` asks every bench whether it runs at all.
        return;
    }
    or_end(count_all(&registry));
}

/// Prints a line for each workload and phase, but for those that are measured on demand only.
fn count_all(registry: &Registry) -> Result<(), Box<dyn std::error::Error>> {
    let row = |name: &str, cells: [&str; 4]| {
        println!("{name:52} {:>12} {:>12} {:>14} {:>12}", cells[0], cells[1], cells[2], cells[3]);
    };
    row("", ["bytes", "blocks", "peak bytes", "leaked"]);
    for workload in registry.workloads() {
        if workload.selection() == Selection::OnDemand {
            continue;
        }
        for phase in workload.phases() {
            let name = format!("{} {phase}", workload.id());
            let reading = in_a_process_of_its_own(workload.id(), &phase)?;
            let Reading::Heap { total_bytes, total_blocks, peak_bytes, leaked_bytes, .. } = reading else {
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

/// Counts with dhat.
struct Heap {
    /// Bytes and blocks so far when each token was there. Room for all of them is made before counting begins.
    tokens: Vec<(u64, u64)>,
}

impl Meter for Heap {
    fn name(&self) -> &'static str {
        "heap"
    }

    fn read(&mut self, prepared: &mut dyn Prepared, iterations: u64) -> Reading {
        self.tokens.clear();
        let profiler = dhat::Profiler::builder().testing().build();
        // What a session keeps from run to run is then made in sight of the profiler, and when a run replaces it, that
        // adds nothing to what is alive.
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
        let profiler = dhat::Profiler::builder().file_name(&file).trim_backtraces(Some(WHOLE)).build();
        for _ in 0..iterations {
            prepared.run(&mut || {});
        }
        // It writes its file now.
        drop(profiler);
        let text = std::fs::read(&file).map_err(|error| format!("cannot read what dhat left: {error}"));
        // Nobody else has use of it, and it may not be there.
        let _ = std::fs::remove_file(&file);
        let dhat = serde_json::from_slice(&text?).map_err(|error| format!("what dhat left is no JSON: {error}"))?;
        Ok(Reading::Sites { dhat })
    }
}

fn in_a_process_of_its_own(workload: &str, phase: &str) -> Result<Reading, Box<dyn std::error::Error>> {
    let mut probe =
        Command::new(std::env::current_exe()?).arg("--probe").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let options = Options { threads: 1, ..Options::from_environment()? };
    let requests = [
        Request::Prepare { workload: workload.to_owned(), phase: phase.to_owned(), options },
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
            Reply::Error { message } | Reply::Checked { wrong: Some(message) } => {
                return Err(format!("{workload} in phase {phase}: {message}").into());
            }
            _ => {}
        }
    }
    probe.wait()?;
    reading.ok_or_else(|| format!("{workload} in phase {phase} gave no reading").into())
}
