//! A complete probe with one workload: the sum of a vector, in two phases.
//!
//! To measure it, name the program in the `harness.toml` of a project:
//!
//! ```toml
//! probe = { command = ["target/release/examples/minimal"] }
//! ```
//!
//! `harness run --metric clock` then measures the workload, and `harness compare phase:naive phase:optimized` its phases.
//! The other instruments need their own programs, which `docs/formats.md` describes.

use std::hint::black_box;

use harness_probe::{Clock, Options, Prepared, Registry, Workload, WorkloadError, serve_stdio};
use serde_json::{Value, json};

/// Adds the numbers below 100,000.
struct Sum;

/// The sum of the numbers below 100,000.
const ANSWER: u64 = 4_999_950_000;

impl Workload for Sum {
    fn id(&self) -> &str {
        "sum"
    }

    fn definition(&self) -> Value {
        json!({"work": "sum of 0, 1, 2, ...", "count": 100_000})
    }

    fn answer(&self) -> Value {
        json!(ANSWER)
    }

    fn phases(&self) -> Vec<String> {
        ["naive", "optimized"].map(str::to_owned).to_vec()
    }

    fn prepare(&self, phase: &str, _: &Options) -> Result<Box<dyn Prepared>, WorkloadError> {
        let sum: fn(&[u64]) -> u64 = match phase {
            // `black_box` prevents SIMD: one addition after the other.
            "naive" => |values| values.iter().fold(0, |sum, value| black_box(sum + value)),
            "optimized" => |values| values.iter().sum(),
            _ => return Err(WorkloadError::new(format!("there is no phase {phase}"))),
        };
        Ok(Box::new(PreparedSum {
            values: (0..100_000).collect(),
            sum,
            result: 0,
        }))
    }
}

/// The vector, and the implementation of the phase. Only `run` is measured.
struct PreparedSum {
    values: Vec<u64>,
    sum: fn(&[u64]) -> u64,
    result: u64,
}

impl Prepared for PreparedSum {
    fn run(&mut self, _on_token: &mut dyn FnMut()) {
        self.result = (self.sum)(black_box(&self.values));
    }

    fn check(&mut self) -> Result<(), String> {
        if self.result == ANSWER {
            Ok(())
        } else {
            Err(format!("the sum is {}, expected {ANSWER}", self.result))
        }
    }
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let registry = Registry::new(std::env::consts::ARCH, vec![Box::new(Sum)])?;
    Ok(serve_stdio(&registry, &mut Clock::new())?)
}
