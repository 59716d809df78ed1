//! Results with every kind of verdict, and with names that each format must escape.

use harness_judge::gate::GateVerdict;
use harness_probe::Instrument;
use harness_record::sample::{self, callgrind, clock, dhat, record, row, scattered};
use harness_record::session::{Counted, Layouts};
use harness_record::{Check, Failure, Record, Row};
use harness_report::export::{Outcome, Results};
use harness_report::gate::GateReport;

/// A name with the characters that end something in one of the formats.
pub(crate) const NASTY: &str = "a\"b'<c>&amp;\\ ::error::%0A,x=#1 `|*`\n🚀{}";

/// Named results: everything, a run, and commands without a figure.
pub(crate) fn all() -> Vec<(&'static str, Results)> {
    let failed = Results::without_figures(
        "gate",
        "harness gate --base main".to_owned(),
        Outcome::NotJudged,
        "Not judged: main has no <harness>: 100 %\nof it".to_owned(),
    );
    vec![
        ("gate", gate()),
        (
            "run",
            Results::of_record("run", &run(), &["naive".to_owned()]),
        ),
        (
            "nothing",
            Results::of_record("run", &record(Vec::new()), &[]),
        ),
        ("error", failed),
    ]
}

/// A gate with a regression of time and of counts, an improvement, an inconclusive time, a missing count, and workloads
/// that one side lacks.
fn gate() -> Results {
    let head = |blocks| {
        let mut rows = counts(2040, blocks, 900);
        rows[2].readings.clear();
        rows[2].failures = vec![Failure {
            instrument: Instrument::Callgrind,
            message: "the probe crashed with signal 11".to_owned(),
        }];
        rows.push(row("new", "optimized", vec![callgrind(5)]));
        rows
    };
    let mut base = counts(2000, 3, 1000);
    base.push(row("removed", "optimized", vec![callgrind(5)]));
    let mut session = sample::session(&[]);
    session.measured = vec![
        scattered(NASTY, 1, 40, 0.25, (0.05, 0.004)),
        scattered("parse", 2, 40, 0.25, (-0.05, 0.004)),
        scattered("render", 3, 12, 0.25, (0.01, 0.2)),
        scattered("sort", 4, 40, 0.25, (0.0, 0.004)),
    ];
    session.terms.layouts = Layouts::Averaged(64);
    session.counted = Some(Counted {
        base: record(base),
        head: record(head(2)),
        limits: include_str!("../../../../baselines/limits.toml").to_owned(),
    });
    session.unmatched = vec!["gone (optimized) is only in the base".to_owned()];
    let verdict = GateVerdict::of(&session).expect("valid rules");
    let report = GateReport {
        verdict: &verdict,
        session: Some(&session),
        command: "harness gate --base 0123456789ab --seed 1".to_owned(),
        functions: Vec::new(),
        all: false,
    };
    let place =
        |workload: &str| (workload == NASTY).then(|| ("benches/my bench,1.rs".to_owned(), 7));
    Results::of_gate(&report, session.created.clone(), &session.environment)
        .located("harness.toml".to_owned(), place)
}

fn counts(instructions: u64, blocks: u64, better: u64) -> Vec<Row> {
    vec![
        row(NASTY, "optimized", vec![callgrind(instructions)]),
        row(
            "parse",
            "optimized",
            vec![callgrind(better), dhat(64 * blocks, blocks)],
        ),
        row("crashed", "optimized", vec![callgrind(7)]),
        row("sort", "optimized", vec![callgrind(100_000)]),
    ]
}

/// A run with tokens per second, of which more is better, a wrong answer and a failed instrument.
fn run() -> Record {
    let rounds = [
        9_000_000, 9_100_000, 8_900_000, 9_050_000, 9_010_000, 8_990_000, 9_020_000, 9_030_000,
    ];
    let mut rows = vec![
        row(
            NASTY,
            "naive",
            vec![clock("a", &rounds), callgrind(1_000_000), dhat(4096, 12)],
        ),
        row("wrong", "naive", vec![callgrind(1)]),
        row("parse", "naive", vec![callgrind(7)]),
    ];
    rows[0].unit.per_run = 50;
    rows[1].check = Check::Failed("token 3 is 17, not 12".to_owned());
    rows[2].failures = vec![Failure {
        instrument: Instrument::Dhat,
        message: "out of memory".to_owned(),
    }];
    record(rows)
}
