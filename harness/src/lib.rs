//! Benchmark and regression harness: measures time, instructions and heap of workloads, compares them with a baseline
//! or another revision, and reports a verdict.
//!
//! Data flows in one direction only: workload, probe, record, metric, compare, verdict, report, render.

pub mod acceptance;
pub mod baseline;
pub mod bisect;
pub mod callgraph;
pub mod child;
pub mod choice;
pub mod compare;
pub mod descriptions;
pub mod distinct;
pub mod gate;
pub mod history;
pub mod instrument;
pub mod json_files;
pub mod layout;
pub mod machine;
pub mod measure;
pub mod metric;
pub mod nearest;
pub mod paired;
pub mod probe;
pub mod profile;
pub mod programs;
pub mod project;
pub mod record;
pub mod render;
pub mod report;
pub mod revision;
pub mod roadmap;
pub mod selftest;
pub mod statistics;
pub mod verdict;
pub mod watch;
pub mod whole_file;
