//! The line protocol of the peers, as `peer.py` describes it: requests and answers are JSON objects, one a line.

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::{Value, json};

/// An engine that prefills a prompt and decodes token by token.
pub trait Peer {
    /// Starts a new sequence and returns the logits of the last position, one per token of the vocabulary.
    fn prefill(&mut self, prompt: &[u32]) -> Result<Vec<f32>>;

    /// Appends one token and returns the logits after it.
    fn decode(&mut self, token: u32) -> Result<Vec<f32>>;
}

/// The command line of a peer: FOLDER THREADS SETTING.
pub struct Arguments {
    /// The checkpoint, with what was converted from it.
    pub folder: PathBuf,
    /// Number of threads that the engine may use, the calling one included.
    pub threads: usize,
    /// The name of a setting of the engine.
    pub setting: String,
}

impl Arguments {
    /// Reads the arguments of this process.
    pub fn read() -> Result<Self> {
        let mut given = std::env::args().skip(1);
        let mut next = |name: &str| {
            given.next().with_context(|| {
                format!("The argument {name} is missing; usage: FOLDER THREADS SETTING.")
            })
        };
        Ok(Self {
            folder: next("FOLDER")?.into(),
            threads: next("THREADS")?
                .parse()
                .context("THREADS is not a number.")?,
            setting: next("SETTING")?,
        })
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Request {
    Logits {
        logits: Vec<u32>,
    },
    Generate {
        prompt: Vec<u32>,
        new: usize,
        reps: usize,
    },
}

/// Prints that the peer is ready, then answers requests until stdin ends.
pub fn serve(mut peer: impl Peer) -> Result<()> {
    reply(&json!({"ready": true}))?;
    for line in stdin().lock().lines() {
        let answer = answer(&mut peer, &line?)
            .unwrap_or_else(|error| json!({"error": format!("{error:#}")}));
        reply(&answer)?;
    }
    Ok(())
}

fn reply(answer: &Value) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{answer}")?;
    Ok(out.flush()?)
}

fn answer(peer: &mut impl Peer, line: &str) -> Result<Value> {
    Ok(match serde_json::from_str(line)? {
        Request::Logits { logits } => json!({"logits": peer.prefill(&logits)?}),
        Request::Generate { prompt, new, reps } => {
            let runs = (0..reps)
                .map(|_| generate(peer, &prompt, new))
                .collect::<Result<Vec<_>>>()?;
            json!({"repetitions": runs})
        }
    })
}

/// Greedy decoding: the first token comes from the prefill, each of the others from a forward pass of one token.
fn generate(peer: &mut impl Peer, prompt: &[u32], new: usize) -> Result<Value> {
    let start = Instant::now();
    let mut tokens = vec![argmax(&peer.prefill(prompt)?)];
    let first = Instant::now();
    for index in 1..new {
        tokens.push(argmax(&peer.decode(tokens[index - 1])?));
    }
    let end = Instant::now();
    Ok(json!({
        "prefill_seconds": (first - start).as_secs_f64(),
        "decode_seconds": (end - first).as_secs_f64(),
        "tokens": tokens,
    }))
}

/// The first token with the largest logit. The maximum has no branch, so that the compiler can use vector registers.
fn argmax(logits: &[f32]) -> u32 {
    let largest = logits.iter().fold(
        f32::NEG_INFINITY,
        |best, &value| if value > best { value } else { best },
    );
    logits
        .iter()
        .position(|&value| value == largest)
        .unwrap_or(0) as u32
}
