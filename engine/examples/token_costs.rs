//! Prints what each token after a prompt costs: time, page faults and sleeps, to see why the first ones take longer.

mod model_arguments;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use engine::random::SplitMix64;
use engine::{Engine, Overflow, Sampler, Session, generate};
use model_arguments::{ModelArguments, parse_tokens};

/// Generates tokens after a prompt many times and prints one line for the prefill and for each token: the shortest and
/// the median time, and the medians of page faults and of voluntary and involuntary context switches of all threads.
#[derive(Parser)]
#[command(
    after_help = "Example: cargo run --release -p engine --example token_costs -- --preset medium --threads 2"
)]
struct Arguments {
    #[command(flatten)]
    model: ModelArguments,

    /// Token ids of the prompt, separated by commas.
    #[arg(long, value_name = "IDS", value_parser = parse_tokens, conflicts_with = "prompt_len")]
    prompt: Option<std::vec::Vec<u32>>,

    /// Length of a prompt of random tokens, the same in every run.
    #[arg(long, default_value_t = 32)]
    prompt_len: usize,

    /// Number of new tokens per repetition.
    #[arg(long, default_value_t = 12)]
    new: usize,

    /// Number of repetitions.
    #[arg(long, default_value_t = 200, value_parser = at_least_one)]
    reps: usize,

    /// Keep one session for all repetitions. Without it, each repetition has a new one.
    #[arg(long)]
    warm: bool,

    /// Milliseconds of sleep before each repetition, in which other programs may use the caches.
    #[arg(long, default_value_t = 0)]
    pause: u64,
}

/// A number of repetitions; without one there is nothing to print.
fn at_least_one(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(0) | Err(_) => Err(format!(
            "'{text}' is no number of repetitions; give 1 or more"
        )),
        Ok(reps) => Ok(reps),
    }
}

/// Cost of one step.
#[derive(Clone, Copy)]
struct Cost {
    microseconds: f64,
    events: Events,
}

/// Events of the process: page faults, voluntary and involuntary context switches.
type Events = [i64; 3];

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let engine = arguments.model.engine()?;
    let prompt = arguments
        .prompt
        .clone()
        .unwrap_or_else(|| SplitMix64::new(7).tokens(engine.config().vocab, arguments.prompt_len));
    let mut repetitions = Vec::with_capacity(arguments.reps);
    let mut kept = arguments.warm.then(|| engine.session()).transpose()?;
    for _ in 0..arguments.reps {
        std::thread::sleep(Duration::from_millis(arguments.pause));
        let costs = match &mut kept {
            Some(session) => costs(session, &prompt, arguments.new)?,
            None => costs(&mut engine.session()?, &prompt, arguments.new)?,
        };
        repetitions.push(costs);
    }
    print(&engine, &repetitions);
    Ok(())
}

/// Costs of the steps of one inference, the prefill first.
fn costs(session: &mut Session, prompt: &[u32], new: usize) -> Result<Vec<Cost>> {
    let mut costs = Vec::with_capacity(new);
    let mut events = events();
    let mut start = Instant::now();
    generate(
        session,
        prompt,
        new,
        &mut Sampler::greedy(),
        Overflow::Error,
        |_| {
            let microseconds = start.elapsed().as_secs_f64() * 1e6;
            let now = self::events();
            let step = std::array::from_fn(|i| now[i] - events[i]);
            costs.push(Cost {
                microseconds,
                events: step,
            });
            events = self::events();
            start = Instant::now();
        },
    )?;
    Ok(costs)
}

fn print(engine: &Engine, repetitions: &[Vec<Cost>]) {
    println!(
        "{} threads, {}; times in µs",
        engine.threads(),
        engine.isa().name()
    );
    println!("step       shortest    median  page faults  voluntary  involuntary");
    for step in 0..repetitions[0].len() {
        let mut times: Vec<f64> = repetitions.iter().map(|r| r[step].microseconds).collect();
        times.sort_by(f64::total_cmp);
        let [faults, voluntary, involuntary] = [0, 1, 2].map(|event| {
            let mut counts: Vec<i64> = repetitions.iter().map(|r| r[step].events[event]).collect();
            counts.sort_unstable();
            counts[counts.len() / 2]
        });
        let name = match step {
            0 => "prefill".to_owned(),
            _ => format!("token {step}"),
        };
        let median = times[times.len() / 2];
        println!(
            "{name:10} {:8.1}  {median:8.1}  {faults:11}  {voluntary:9}  {involuntary:11}",
            times[0]
        );
    }
}

/// The events of the process so far; zeros where the system does not count them.
fn events() -> Events {
    #[cfg(unix)]
    {
        // SAFETY: zeros are a valid value of this plain structure.
        let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
        // SAFETY: `usage` is writable.
        if unsafe { libc::getrusage(libc::RUSAGE_SELF, &mut usage) } == 0 {
            return [usage.ru_minflt, usage.ru_nvcsw, usage.ru_nivcsw];
        }
    }
    [0; 3]
}
