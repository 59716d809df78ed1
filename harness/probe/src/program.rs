//! The program of a suite: a probe if a harness starts it, a short table if a person does.

use std::io::{self, Write};
use std::time::Duration;

use crate::protocol::{Description, Reading};
use crate::{Case, Meter, Options, Prepared, Suite, Unit, serve_stdio};

/// The argument by which a harness starts a program of a suite as its probe.
pub const PROBE_ARGUMENT: &str = "--probe";

/// The phase of a workload that has a single implementation.
pub const ONLY_PHASE: &str = "current";

/// Time of the measurement of one workload by hand.
const BY_HAND: Duration = Duration::from_millis(300);
/// Maximum number of runs of a measurement by hand.
const MOST_RUNS: u64 = 1 << 30;

/// Runs the program of a suite. With `--probe`, it serves the requests of a harness. Otherwise it measures the workloads
/// briefly, one after the other: those whose id contains an argument, or all. `--list` lists them, and `--test` runs each
/// once; `cargo test` starts a bench with it.
///
/// # Errors
/// If a stream cannot be read or written.
pub fn run_program(suite: &dyn Suite, meter: &mut dyn Meter) -> io::Result<()> {
    let arguments: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|argument| argument.to_string_lossy().into_owned())
        .collect();
    let has = |name: &str| arguments.iter().any(|argument| argument == name);
    if has(PROBE_ARGUMENT) {
        return serve_stdio(suite, meter);
    }
    let filters: Vec<&String> = arguments
        .iter()
        .filter(|argument| !argument.starts_with('-'))
        .collect();
    let is_chosen = |one: &Description| {
        filters.is_empty() || filters.iter().any(|filter| one.id.contains(*filter))
    };
    let chosen = suite.describe().into_iter().filter(is_chosen);
    let mut output = io::stdout().lock();
    for workload in chosen {
        for phase in &workload.phases {
            let case = Case {
                workload: workload.id.clone(),
                phase: phase.clone(),
            };
            let line = if has("--list") {
                format!("{case}: benchmark")
            } else {
                by_hand(suite, meter, &workload, &case, has("--test"))
            };
            writeln!(output, "{line}")?;
        }
    }
    if !has("--list") && !has("--test") {
        writeln!(
            output,
            "\nThese are single measurements. `harness run` measures with intervals, instructions and heap;\n\
             `harness gate --base REVISION` compares with another revision."
        )?;
    }
    Ok(())
}

/// Prepares a case, measures it once, and describes the result in one line.
fn by_hand(
    suite: &dyn Suite,
    meter: &mut dyn Meter,
    workload: &Description,
    case: &Case,
    once: bool,
) -> String {
    let mut line = None;
    let prepared = Options::from_environment().and_then(|options| {
        suite.with_prepared(case, &options, &mut |prepared| {
            line = Some(measure_briefly(meter, prepared, &workload.unit, once));
        })
    });
    match (line, prepared) {
        (Some(line), _) => format!("{case}: {line}"),
        (None, Err(error)) => format!("{case}: FAILED: {error}"),
        (None, Ok(())) => format!("{case}: measures nothing"),
    }
}

/// Measures a workload for a fraction of a second, or runs it just once, and checks its answer. Returns a short text for
/// a person.
pub fn measure_briefly(
    meter: &mut dyn Meter,
    prepared: &mut dyn Prepared,
    unit: &Unit,
    once: bool,
) -> String {
    prepared.warm_up();
    let cost = if once {
        meter.read(prepared, 1);
        "ran once".to_owned()
    } else {
        let mut runs = 1;
        loop {
            let reading = meter.read(prepared, runs);
            match &reading {
                Reading::Clock { nanoseconds, .. }
                    if u128::from(*nanoseconds) < BY_HAND.as_nanos() && runs < MOST_RUNS =>
                {
                    runs *= 2;
                }
                _ => break describe(&reading, runs, unit),
            }
        }
    };
    match prepared.check() {
        Ok(()) => cost,
        Err(wrong) => format!("WRONG ANSWER: {wrong}"),
    }
}

/// The cost of one run.
fn describe(reading: &Reading, runs: u64, unit: &Unit) -> String {
    match reading {
        Reading::Clock { nanoseconds, .. } => {
            let one = *nanoseconds as f64 / runs as f64;
            let rate = unit.per_run as f64 / one * 1e9;
            let throughput = match unit.name.as_str() {
                "call" => String::new(),
                name => format!(" ({rate:.3e} {name}s/s)"),
            };
            format!("{} a run{throughput}", time(one))
        }
        Reading::Heap {
            total_bytes,
            total_blocks,
            peak_bytes,
            ..
        } => format!("{total_bytes} bytes in {total_blocks} blocks, peak {peak_bytes} bytes"),
        _ => "measured".to_owned(),
    }
}

fn time(nanoseconds: f64) -> String {
    let (scale, unit) = match nanoseconds {
        n if n < 1e3 => (1.0, "ns"),
        n if n < 1e6 => (1e3, "us"),
        n if n < 1e9 => (1e6, "ms"),
        _ => (1e9, "s"),
    };
    format!("{:.4} {unit}", nanoseconds / scale)
}
