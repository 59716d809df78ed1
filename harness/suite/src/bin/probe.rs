//! The probe that is timed: this repository's workloads under a clock.

use harness_probe::{Clock, or_end, serve_stdio};

fn main() {
    let registry = or_end(harness_suite::registry());
    or_end(serve_stdio(&registry, &mut Clock::new()));
}
