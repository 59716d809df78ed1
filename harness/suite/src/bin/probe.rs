//! The timed probe: this repository's workloads with the clock as meter.

use harness_probe::{Clock, or_exit, serve_stdio};

fn main() {
    let registry = or_exit(harness_suite::registry());
    or_exit(serve_stdio(&registry, &mut Clock::new()));
}
