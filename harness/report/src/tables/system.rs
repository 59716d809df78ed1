//! The machine and the conditions as a table.

use harness_record::metric::Quantity;
use harness_record::profile::Profile;
use harness_record::{Environment, UNKNOWN, number};

use crate::render::{Cell, Column, Table};

/// The machine, the toolchain and the revision that profiles were made with.
pub fn system(environment: &Environment, profiles: &[Profile]) -> Table {
    let revision = environment.revision.as_deref().unwrap_or(UNKNOWN);
    let changes = if environment.dirty { ", with changes" } else { "" };
    let conditions = |profile: &Profile| {
        let threads = if profile.threads == 1 { "thread" } else { "threads" };
        format!("by {}: {} {threads}, {}", profile.view.name(), profile.threads, profile.isa)
    };
    let mut told: Vec<String> = profiles.iter().map(conditions).collect();
    told.dedup();
    let rows = [
        ("cpu", format!("{}, {} CPUs", environment.cpu, environment.cpus)),
        ("memory", number::plain(Quantity::Bytes, environment.memory_bytes as f64)),
        ("system", format!("{}, {}, {}", environment.os, environment.kernel, environment.libc)),
        ("toolchain", format!("{}, {}", environment.rustc, environment.target)),
        ("valgrind", environment.valgrind.clone().unwrap_or_else(|| "none".to_owned())),
        ("revision", format!("{revision}{changes}")),
        ("conditions", told.join("; ")),
    ];
    let mut table =
        Table::new("System information", vec![Column::left("part", "part"), Column::left("value", "value")]);
    table.rows = rows.map(|(part, value)| vec![Cell::text(part), Cell::text(value)]).to_vec();
    table
}
