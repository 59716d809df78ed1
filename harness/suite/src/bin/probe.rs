//! The probe that is timed: this repository's workloads under a clock.

use harness_probe::{Clock, serve_stdio};

fn main() -> std::io::Result<()> {
    serve_stdio(&harness_suite::registry(), &mut Clock::new())
}
