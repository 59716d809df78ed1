//! Measuring, comparing, saving baselines and gating, as a user types it: output, exit status, and one sentence for every bad input.

mod accept;
mod baseline;
mod bases;
mod bisect;
mod compare;
mod doctor;
mod explain;
mod gate;
mod history;
mod measure;
mod profile;
mod project;
mod repository;
mod revision;
#[path = "../../src/record/sample.rs"]
mod sample;
mod selftest;
mod tools;

// The builders of sample records are shared with the tests inside the library.
use harness::record;
