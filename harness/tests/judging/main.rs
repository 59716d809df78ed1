//! Measuring, comparing, saving baselines and gating, as a user types it: output, exit status, and one sentence for every bad input.

mod baseline;
mod compare;
mod doctor;
mod gate;
mod measure;
mod profile;
mod project;
mod revision;
#[path = "../../src/record/sample.rs"]
mod sample;
mod tools;

// The builders of sample records are shared with the tests inside the library.
use harness::record;
