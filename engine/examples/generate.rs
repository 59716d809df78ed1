//! Generates tokens and prints them with their times as JSON.

mod model_arguments;

use std::io::{BufRead, Write};
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use clap::Parser;
use engine::random::SplitMix64;
use engine::{Engine, Overflow, Sampler, Sampling, Session, generate};
use model_arguments::{ModelArguments, parse_tokens};
use serde::{Deserialize, Serialize};

/// Generates tokens after a prompt and prints a JSON object. Each repetition has the seconds of the prefill (until the
/// first new token is chosen), the seconds of the decode steps (one step less than new tokens) and the tokens.
#[derive(Parser)]
#[command(
    after_help = "Example: cargo run --release -p engine --example generate -- --preset medium --prompt-len 32 --new 50 --reps 10 --threads 2\n\n\
    With --serve, every line of standard input is a JSON object that may set prompt, prompt_len, new and reps ({} takes them \
    from the command line). The answer to it is one line: the object above, or {\"error\": ...}. The first line printed is \
    {\"ready\": true, ...}, after the model is loaded."
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
    #[arg(long, default_value_t = 50)]
    new: usize,

    /// Number of repetitions.
    #[arg(long, default_value_t = 1)]
    reps: usize,

    /// Temperature of sampling; 0 is greedy.
    #[arg(long, default_value_t = 0.0)]
    temperature: f32,

    /// Choose among this many likeliest tokens only.
    #[arg(long)]
    top_k: Option<usize>,

    /// Choose among the likeliest tokens whose probabilities reach this sum only.
    #[arg(long)]
    top_p: Option<f32>,

    /// Seed of the random choice; every repetition starts from it.
    #[arg(long, default_value_t = 0)]
    seed: u64,

    /// Let the window slide when the context is full, instead of failing.
    #[arg(long)]
    slide: bool,

    /// Keep the model loaded and answer one request per line of standard input.
    #[arg(long)]
    serve: bool,
}

/// A request: one line of standard input.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Request {
    prompt: Option<Vec<u32>>,
    prompt_len: Option<usize>,
    new: Option<usize>,
    reps: Option<usize>,
}

#[derive(Serialize)]
struct Answer {
    variant: engine::Variant,
    isa: &'static str,
    threads: usize,
    prompt: Vec<u32>,
    weight_bytes_per_token: usize,
    repetitions: Vec<Repetition>,
}

#[derive(Serialize)]
struct Repetition {
    prefill_seconds: f64,
    decode_seconds: f64,
    tokens: Vec<u32>,
}

#[derive(Serialize)]
struct Failure {
    error: String,
}

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
    let started = Instant::now();
    let engine = arguments.model.engine()?;
    let mut session = engine.session()?;
    if !arguments.serve {
        let answer = answer(arguments, &engine, &mut session, Request::default())?;
        return print(&answer);
    }
    print(&serde_json::json!({ "ready": true, "load_seconds": started.elapsed().as_secs_f64() }))?;
    for line in std::io::stdin().lock().lines() {
        let line = line.context("standard input")?;
        let outcome = serde_json::from_str(&line)
            .context("the request is not a JSON object of prompt, prompt_len, new and reps")
            .and_then(|request| answer(arguments, &engine, &mut session, request));
        match outcome {
            Ok(answer) => print(&answer)?,
            Err(error) => print(&Failure {
                error: format!("{error:#}"),
            })?,
        }
    }
    Ok(())
}

/// Prints one line of JSON at once.
fn print(value: &impl Serialize) -> Result<()> {
    let mut line = serde_json::to_vec(value)?;
    line.push(b'\n');
    let mut out = std::io::stdout().lock();
    out.write_all(&line)?;
    out.flush()?;
    Ok(())
}

fn answer(
    arguments: &Arguments,
    engine: &Engine,
    session: &mut Session,
    request: Request,
) -> Result<Answer> {
    let given = request.prompt.or_else(|| match request.prompt_len {
        Some(_) => None,
        None => arguments.prompt.clone(),
    });
    let prompt = given.unwrap_or_else(|| {
        let length = request.prompt_len.unwrap_or(arguments.prompt_len);
        SplitMix64::new(42).tokens(engine.config().vocab, length)
    });
    let new = request.new.unwrap_or(arguments.new);
    let reps = request.reps.unwrap_or(arguments.reps);
    let repetitions = (0..reps)
        .map(|_| repetition(arguments, session, &prompt, new))
        .collect::<Result<_>>()?;
    Ok(Answer {
        variant: engine.variant(),
        isa: engine.isa().name(),
        threads: engine.threads(),
        prompt,
        weight_bytes_per_token: engine.weight_bytes_per_token(),
        repetitions,
    })
}

fn repetition(
    arguments: &Arguments,
    session: &mut Session,
    prompt: &[u32],
    new: usize,
) -> Result<Repetition> {
    let mut sampler = Sampler::new(Sampling {
        temperature: arguments.temperature,
        top_k: arguments.top_k,
        top_p: arguments.top_p,
        seed: arguments.seed,
    })?;
    let overflow = if arguments.slide {
        Overflow::Slide
    } else {
        Overflow::Error
    };
    let mut tokens = Vec::with_capacity(new);
    let start = Instant::now();
    let mut first = None;
    generate(session, prompt, new, &mut sampler, overflow, |token| {
        first.get_or_insert_with(Instant::now);
        tokens.push(token);
    })?;
    let end = Instant::now();
    let first = first.unwrap_or(end);
    Ok(Repetition {
        prefill_seconds: (first - start).as_secs_f64(),
        decode_seconds: (end - first).as_secs_f64(),
        tokens,
    })
}
