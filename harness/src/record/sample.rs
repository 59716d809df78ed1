//! Small records for tests.

use crate::record::{Check, Data, Environment, Reading, Record, Row, Run, Unit};

/// A fixed environment that equals that of no real machine.
pub(crate) fn environment() -> Environment {
    Environment {
        cpu: "Test CPU 9000".to_owned(),
        cpus: 2,
        memory_bytes: 8 << 30,
        isa: "avx2".to_owned(),
        os: "Debian GNU/Linux 12".to_owned(),
        kernel: "6.1.0".to_owned(),
        libc: "glibc 2.36".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        rustc: "rustc 1.95.0".to_owned(),
        valgrind: Some("valgrind 3.19.0".to_owned()),
        rustflags: String::new(),
        revision: Some("0123456789abcdef".to_owned()),
        dirty: false,
    }
}

/// A record of these rows in [`environment`].
pub(crate) fn record(rows: Vec<Row>) -> Record {
    Record {
        created: "2026-01-02T03:04:05Z".to_owned(),
        command: "harness run".to_owned(),
        quick: false,
        asked: Vec::new(),
        environment: environment(),
        rows,
    }
}

/// A row that passed its check; one run yields one token.
pub(crate) fn row(workload: &str, phase: &str, readings: Vec<Reading>) -> Row {
    Row {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        unit: Unit { name: "token".to_owned(), per_run: 1 },
        definition: format!("definition-of-{workload}"),
        answer: format!("answer-of-{workload}"),
        check: Check::Passed,
        readings,
        failures: Vec::new(),
    }
}

/// A reading of callgrind.
pub(crate) fn callgrind(instructions: u64) -> Reading {
    reading(Data::Callgrind { instructions })
}

/// A reading of dhat for a workload that generates no tokens. The peak is half of the total bytes.
pub(crate) fn dhat(total_bytes: u64, total_blocks: u64) -> Reading {
    reading(Data::Dhat {
        total_bytes,
        total_blocks,
        peak_bytes: total_bytes / 2,
        leaked_bytes: 0,
        tokens: 0,
        token_bytes: 0,
        token_blocks: 0,
    })
}

/// A reading of the clock: one slice of one iteration per round.
pub(crate) fn clock(session: &str, nanoseconds: &[u64]) -> Reading {
    let runs = nanoseconds
        .iter()
        .zip(0..)
        .map(|(&nanoseconds, round)| Run { round, iterations: 1, nanoseconds, tokens_at: Vec::new() })
        .collect();
    reading(Data::Clock { session: session.to_owned(), runs })
}

fn reading(data: Data) -> Reading {
    Reading { isa: "avx2".to_owned(), threads: 1, data }
}
