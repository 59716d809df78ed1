//! Table of the machine and the conditions of profiles.

use harness_record::metric::Quantity;
use harness_record::profile::Profile;
use harness_record::{Environment, UNKNOWN, number};

use crate::render::{Cell, Table};

/// Returns the machine, the toolchain, the revision and the conditions of these profiles.
pub fn system(environment: &Environment, profiles: &[Profile]) -> Table {
    let revision = environment.revision.as_deref().unwrap_or(UNKNOWN);
    let changes = environment.changes();
    let conditions = |profile: &Profile| {
        let threads = if profile.threads == 1 {
            "thread"
        } else {
            "threads"
        };
        format!(
            "by {}: {} {threads}, {}",
            profile.view.name(),
            profile.threads,
            profile.isa
        )
    };
    let mut conditions: Vec<String> = profiles.iter().map(conditions).collect();
    conditions.dedup();
    let rows = [
        (
            "cpu",
            format!("{}, {} CPUs", environment.cpu, environment.cpus),
        ),
        (
            "memory",
            number::plain(Quantity::Bytes, environment.memory_bytes as f64),
        ),
        (
            "system",
            format!(
                "{}, {}, {}",
                environment.os, environment.kernel, environment.libc
            ),
        ),
        (
            "toolchain",
            format!("{}, {}", environment.rustc, environment.target),
        ),
        (
            "valgrind",
            environment
                .valgrind
                .clone()
                .unwrap_or_else(|| "none".to_owned()),
        ),
        ("revision", format!("{revision}{changes}")),
        ("conditions", conditions.join("; ")),
    ];
    Table::of("System information", rows)
        .left("part", "part", |(part, _)| *part)
        .left("value", "value", |(_, value)| Cell::text(value))
        .table
}
