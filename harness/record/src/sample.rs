//! Small records for tests.

use harness_probe::{Instrument, Unit};

use harness_abtest::{Block, Pair, Random, Rules, Side, Slice, TimedPhase, WorkloadPairs};

use crate::session::{Accepted, Identical, Layouts, Revision, Session, Terms};
use crate::{About, Check, Data, Environment, Reading, Record, Row, Run};

/// A fixed environment that equals that of no real machine.
pub fn environment() -> Environment {
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
        settings: None,
        revision: Some("0123456789abcdef".to_owned()),
        dirty: Some(false),
        import: None,
    }
}

/// A record of these rows in [`environment`].
pub fn record(rows: Vec<Row>) -> Record {
    Record {
        created: "2026-01-02T03:04:05Z".to_owned(),
        command: "harness run".to_owned(),
        quick: false,
        asked: Vec::new(),
        machine: None,
        about: About::default(),
        environment: environment(),
        rows,
        sharding: None,
        spent: Vec::new(),
        resumed: Vec::new(),
    }
}

/// A row that passed its check; one run yields one token.
pub fn row(workload: &str, phase: &str, readings: Vec<Reading>) -> Row {
    Row {
        workload: workload.to_owned(),
        phase: phase.to_owned(),
        unit: Unit {
            name: "token".to_owned(),
            per_run: 1,
        },
        definition: format!("definition-of-{workload}"),
        answer: format!("answer-of-{workload}"),
        check: Check::Passed,
        readings,
        recounts: Vec::new(),
        failures: Vec::new(),
    }
}

/// A reading of an instrument whose counts have names.
pub fn counts(counted_by: Instrument, values: &[(&str, u64)]) -> Reading {
    let named = values
        .iter()
        .map(|(name, value)| ((*name).to_owned(), *value));
    reading(Data::Counts {
        counted_by,
        values: named.collect(),
    })
}

/// A reading of callgrind.
pub fn callgrind(instructions: u64) -> Reading {
    reading(Data::Callgrind { instructions })
}

/// A reading of dhat for a workload that generates no tokens. The peak is half of the total bytes.
pub fn dhat(total_bytes: u64, total_blocks: u64) -> Reading {
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
pub fn clock(session: &str, nanoseconds: &[u64]) -> Reading {
    let runs = nanoseconds
        .iter()
        .zip(0..)
        .map(|(&nanoseconds, round)| Run {
            round,
            iterations: 1,
            nanoseconds,
            tokens_at: Vec::new(),
        })
        .collect();
    reading(Data::Clock {
        session: session.to_owned(),
        runs,
    })
}

fn reading(data: Data) -> Reading {
    Reading {
        isa: "avx2".to_owned(),
        threads: 1,
        data,
    }
}

/// A session of one workload whose pairs have these logarithms of head over base time, each measured in 100 ms.
pub fn session(log_ratios: &[f64]) -> Session {
    let slice = |side, nanoseconds| Slice {
        side,
        iterations: 10,
        nanoseconds,
        waited: 0,
    };
    let block = |log_ratio: f64| -> Block {
        let head = slice(Side::Head, (4e6 * log_ratio.exp()).round() as u64);
        [
            slice(Side::Base, 4_000_000),
            head,
            head,
            slice(Side::Base, 4_000_000),
        ]
    };
    let pair = |log_ratio: &f64| Pair {
        seconds: 0.1,
        rounds: vec![vec![block(*log_ratio)]],
    };
    let revision = Revision {
        commit: "0".repeat(40),
        dirty: false,
    };
    Session {
        created: "2026-03-14T15:09:26Z".to_owned(),
        command: "cargo harness gate --base main".to_owned(),
        base: revision.clone(),
        head: revision,
        environment: environment(),
        terms: Terms {
            rules: Rules::default(),
            budget_seconds: 15.0,
            floor_seconds: 0.0,
            seed: 1,
            core: Some(1),
            threads: 1,
            isa: "avx2".to_owned(),
            slice_nanoseconds: 4_000_000,
            warm: 1,
            injection: None,
            layouts: Layouts::Averaged(64),
            layout_limit: 0.02,
            strict: false,
            suite: None,
        },
        measured: vec![WorkloadPairs {
            timed: TimedPhase {
                workload: "kernel/gelu".to_owned(),
                phase: "fast".to_owned(),
            },
            pairs: log_ratios.iter().map(pair).collect(),
            failure: None,
        }],
        floor: Vec::new(),
        machine: None,
        counted: None,
        uncounted: false,
        untimed: false,
        limits: None,
        identical: Identical::default(),
        unmatched: Vec::new(),
        accepted: Accepted::default(),
        amended: Vec::new(),
        sharding: None,
    }
}

/// Pairs of two blocks of four slices, whose heads are slower by these shares.
pub fn pairs(changes: &[f64]) -> WorkloadPairs {
    let slice = |side, nanoseconds| Slice {
        side,
        iterations: 2,
        nanoseconds,
        waited: 0,
    };
    let pair = |change: &f64| {
        let [base, head] = [1.0, 1.0 + change].map(|times| (1_000_000.0 * times) as u64);
        let block = [
            (Side::Base, base),
            (Side::Head, head),
            (Side::Head, head),
            (Side::Base, base),
        ];
        let block = block.map(|(side, nanoseconds)| slice(side, nanoseconds));
        Pair {
            seconds: 0.25,
            rounds: vec![vec![block, block]],
        }
    };
    let timed = TimedPhase {
        workload: "kernel/gelu".to_owned(),
        phase: "optimized".to_owned(),
    };
    WorkloadPairs {
        timed,
        pairs: changes.iter().map(pair).collect(),
        failure: None,
    }
}

/// Rows with and without counts, including a name that CSV must quote.
pub fn awkward() -> Record {
    let mut record = record(vec![
        row(
            "medium/decode@57",
            "naive",
            vec![clock("a", &[1, 2]), callgrind(1_000_000), dhat(4096, 12)],
        ),
        row(
            "medium/decode@57",
            "optimized",
            vec![callgrind(50_000), dhat(0, 0)],
        ),
        row("odd, \"name\"\n# 3 rows", "naive", vec![callgrind(7)]),
        row("only timed", "naive", vec![clock("a", &[1, 2])]),
    ]);
    record.rows[0].unit = Unit {
        name: "call".to_owned(),
        per_run: 3,
    };
    record
}

/// Pairs of a workload in phase `optimized` that take 0.1 s a slice and `seconds` in all. Their ratios scatter evenly by
/// up to `scatter` around 1 + `shift`.
pub fn scattered(
    workload: &str,
    seed: u64,
    pairs: usize,
    seconds: f64,
    (shift, scatter): (f64, f64),
) -> WorkloadPairs {
    let mut random = Random::new(seed);
    let mut pair = || {
        let ratio = 1.0 + shift + scatter * (2.0 * random.share() - 1.0);
        let slice = |side| {
            let factor = if side == Side::Head { ratio } else { 1.0 };
            Slice {
                side,
                iterations: 10,
                nanoseconds: (1e8 * factor) as u64,
                waited: 0,
            }
        };
        let block = [Side::Base, Side::Head, Side::Head, Side::Base].map(slice);
        Pair {
            seconds,
            rounds: vec![vec![block]],
        }
    };
    WorkloadPairs {
        timed: TimedPhase {
            workload: workload.to_owned(),
            phase: "optimized".to_owned(),
        },
        pairs: (0..pairs).map(|_| pair()).collect(),
        failure: None,
    }
}
