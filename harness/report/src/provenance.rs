//! Provenance: time, command, revision, machine and toolchain of a measurement. No figure is shown without it.

use std::collections::BTreeSet;

use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::metric::Quantity;
use harness_record::{Record, Row, Settings, number};

/// The provenance of a record as pairs of name and value, in display order.
pub fn provenance(record: &Record) -> Vec<(&'static str, String)> {
    let environment = &record.environment;
    let import = import(record);
    let origin = import.map(|import| ("origin", import));
    let measured = vec![
        ("measured", created(record)),
        ("command", record.command.clone()),
        ("run", extent(record)),
        ("revision", revision(record)),
        ("machine", environment.machine()),
        (
            "memory",
            match environment.memory_bytes {
                0 => "unknown".to_owned(),
                bytes => number::plain(Quantity::Bytes, bytes as f64),
            },
        ),
        (
            "time",
            conditions(&record.rows, &[Instrument::Clock, Instrument::Criterion]),
        ),
        ("counts", conditions(&record.rows, &Instrument::COUNTED)),
        (
            "toolchain",
            format!(
                "{}, {}, {}, {}{}{}",
                environment.rustc,
                environment.target,
                environment.libc,
                environment.valgrind.as_deref().unwrap_or("no valgrind"),
                match environment.rustflags.as_str() {
                    "" => String::new(),
                    flags => format!(", compiler flags {flags}"),
                },
                match environment.settings.as_ref().map(Settings::line) {
                    Some(line) if !line.is_empty() => format!(", {line}"),
                    _ => String::new(),
                }
            ),
        ),
    ];
    origin.into_iter().chain(measured).collect()
}

/// The extent of a run: full, shortened, or limited to some phases.
fn extent(record: &Record) -> String {
    let mut extent = if record.quick {
        "quick: shortened, wider intervals"
    } else {
        "full"
    }
    .to_owned();
    let phases = distinct(
        record
            .asked
            .iter()
            .flat_map(|asked| asked.phases.iter().map(String::as_str)),
    );
    if !phases.is_empty() {
        extent += &format!(", limited to the phases {}", phases.join(", "));
    }
    let times: Vec<&str> = record.resumed.iter().map(|one| one.at.as_str()).collect();
    if !times.is_empty() {
        extent += &format!(", interrupted and resumed at {}", times.join(" and "));
    }
    extent
}

/// The provenance in one line, for a chart or a table.
pub fn line(record: &Record) -> String {
    let quick = match record.is_whole() {
        true => "",
        false if record.quick => ", quick run",
        false => ", some phases only",
    };
    format!(
        "{}, {}, revision {}{quick}",
        created(record),
        record.environment.machine(),
        revision(record)
    )
}

/// The start of the run, to the minute, for people.
pub fn created(record: &Record) -> String {
    let parsed = record.created.parse::<jiff::Timestamp>();
    parsed.map_or_else(
        |_| record.created.clone(),
        |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}

/// The tool and the file that a record was imported from; none if this harness measured it.
pub fn import(record: &Record) -> Option<String> {
    let import = record.environment.import.as_ref()?;
    let version = import.version.as_deref().unwrap_or("unknown version");
    Some(format!("{import} ({version}), file {}", import.file))
}

/// Twelve digits of the revision, with a remark if the checkout had uncommitted changes.
pub fn revision(record: &Record) -> String {
    let environment = &record.environment;
    match &environment.revision {
        None => "unknown".to_owned(),
        Some(revision) => {
            let short: String = revision.chars().take(12).collect();
            format!("{short}{}", environment.changes())
        }
    }
}

/// Threads and instruction set of the instruments' readings: `2 threads, avx2`.
pub fn conditions<'a>(
    rows: impl IntoIterator<Item = &'a Row>,
    instruments: &[Instrument],
) -> String {
    let seen: BTreeSet<(u32, &str)> = rows
        .into_iter()
        .flat_map(|row| {
            instruments
                .iter()
                .filter_map(|&instrument| row.reading(instrument))
        })
        .map(|reading| (reading.threads, reading.isa.as_str()))
        .collect();
    if seen.is_empty() {
        return "not measured".to_owned();
    }
    let each = seen.iter().map(|(threads, isa)| match threads {
        0 => format!("unknown number of threads, {isa} instruction set"),
        1 => format!("1 thread, {isa}"),
        threads => format!("{threads} threads, {isa}"),
    });
    each.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use harness_record::sample::record;
    use harness_record::{Resumption, RunScope};

    use super::*;

    #[test]
    fn settings_from_outside_the_sources_are_shown() {
        let mut record = record(Vec::new());
        let mut settings = Settings::default();
        for (name, value) in [("profile.opt-level", "1"), ("profile.lto", "fat")] {
            settings.build.insert(name.to_owned(), value.to_owned());
        }
        settings.outside.insert("profile.opt-level".to_owned());
        record.environment.settings = Some(settings);
        let all = provenance(&record);
        let (_, toolchain) = all.last().expect("the toolchain comes last");
        assert!(toolchain.ends_with(", profile.opt-level=1"), "{toolchain}");
    }

    #[test]
    fn a_resumed_run_has_its_times() {
        let mut record = record(Vec::new());
        let resumed = |at: &str| Resumption {
            at: at.to_owned(),
            kept: 2,
            machine: None,
        };
        record.resumed = ["2026-01-02T04:00:00Z", "2026-01-02T05:00:00Z"]
            .map(resumed)
            .to_vec();
        let run = "full, interrupted and resumed at 2026-01-02T04:00:00Z and 2026-01-02T05:00:00Z";
        assert!(provenance(&record).contains(&("run", run.to_owned())));
    }

    #[test]
    fn a_partial_run_is_marked() {
        let mut record = record(Vec::new());
        assert!(provenance(&record).contains(&("run", "full".to_owned())));
        record.asked = vec![RunScope {
            filters: Vec::new(),
            phases: vec!["naive".to_owned()],
            quick: false,
            instruments: Vec::new(),
            isa: None,
            shard: None,
        }];
        assert!(
            provenance(&record).contains(&("run", "full, limited to the phases naive".to_owned()))
        );
        assert!(
            line(&record).ends_with(", some phases only"),
            "{}",
            line(&record)
        );
        record.quick = true;
        assert!(line(&record).ends_with(", quick run"), "{}", line(&record));
    }
}
