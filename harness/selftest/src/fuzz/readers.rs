//! The readers, each with its corpus and what the harness does with a file that it accepts.

use std::io::Write as _;
use std::path::Path;

use harness::collect::instrument::summary_instructions;
use harness::project::Config;
use harness_import::Source;
use harness_judge::compare::{RecordView, compare};
use harness_judge::gate::GateVerdict;
use harness_probe::protocol::{Reply, Request};
use harness_record::Record;
use harness_record::acceptance::Acceptances;
use harness_record::baseline::Baseline;
use harness_record::callgraph::CallGraph;
use harness_record::limits::Limits;
use harness_record::profile::{Sites, Summary};
use harness_record::roadmap::{MachineLimits, Roadmap};
use harness_record::session::Session;
use harness_record::shard::Costs;

/// A reader of one kind of file.
#[derive(Debug)]
pub struct Reader {
    /// Its name.
    pub name: &'static str,
    /// Files that it accepts.
    pub corpus: &'static [&'static str],
    /// Reads a text, and uses it. Returns true if it is accepted; an error if the result is wrong.
    pub read: fn(&str) -> Result<bool, String>,
}

macro_rules! corpus {
    ($($name:literal),+) => { &[$(include_str!(concat!("../../corpus/", $name))),+] };
}

macro_rules! fixtures {
    ($($name:literal),+) => { &[$(include_str!(concat!("../../../import/fixtures/", $name))),+] };
}

/// The key of the baseline in the corpus.
const KEY: &str = "x86_64-unknown-linux-gnu_rustc-1.95.0_glibc-2.36_valgrind-3.19.0_avx2";
const COUNTS: &str = include_str!("../../corpus/counts.csv");
const ENVIRONMENT: &str = include_str!("../../corpus/environment.json");
const ESTIMATES: &str = include_str!("../../corpus/criterion-estimates.json");
const SAMPLE: &str = include_str!("../../corpus/criterion-sample.json");

/// All readers.
pub const READERS: &[Reader] = &[
    Reader {
        name: "record",
        corpus: corpus!("record.json"),
        read: record,
    },
    Reader {
        name: "session",
        corpus: corpus!("session-counts.json", "session-times.json"),
        read: session,
    },
    Reader {
        name: "counts",
        corpus: corpus!("counts.csv"),
        read: |text| Ok(baseline(text, ENVIRONMENT)),
    },
    Reader {
        name: "environment",
        corpus: corpus!("environment.json"),
        read: |text| Ok(baseline(COUNTS, text)),
    },
    Reader {
        name: "limits",
        corpus: corpus!("limits.toml"),
        read: |text| Ok(Limits::parse(text, place()).is_ok()),
    },
    Reader {
        name: "accepted",
        corpus: corpus!("accepted.csv"),
        read: |text| Ok(Acceptances::parse(text, place()).is_ok()),
    },
    Reader {
        name: "roadmap",
        corpus: corpus!("roadmap.toml"),
        read: |text| Ok(Roadmap::parse(text, place()).is_ok()),
    },
    Reader {
        name: "harness.toml",
        corpus: corpus!("harness.toml", "commands.toml"),
        read: |text| Ok(toml::from_str::<Config>(text).is_ok()),
    },
    Reader {
        name: "protocol",
        corpus: corpus!("protocol.jsonl"),
        read: protocol,
    },
    Reader {
        name: "callgrind",
        corpus: corpus!("callgrind.out"),
        read: |text| Ok(CallGraph::parse(text).is_ok()),
    },
    Reader {
        name: "callgrind summary",
        corpus: corpus!("callgrind-summary.json"),
        read: |text| Ok(summary_instructions(text).is_ok()),
    },
    Reader {
        name: "dhat",
        corpus: corpus!("dhat.json"),
        read: |text| Ok(serde_json::from_str(text).is_ok_and(|value| Sites::read(&value).is_ok())),
    },
    Reader {
        name: "criterion estimates",
        corpus: corpus!("criterion-estimates.json"),
        read: |text| criterion(text, SAMPLE),
    },
    Reader {
        name: "criterion sample",
        corpus: corpus!("criterion-sample.json"),
        read: |text| criterion(ESTIMATES, text),
    },
    Reader {
        name: "import",
        corpus: fixtures!(
            "asv.json",
            "bmf.json",
            "cargo-criterion.jsonl",
            "codspeed.json",
            "go.txt",
            "google-benchmark.json",
            "google-benchmark-aggregates.json",
            "gungraun-6.json",
            "gungraun-7.jsonl",
            "hyperfine-1.json",
            "hyperfine-2.json",
            "pytest-benchmark.json"
        ),
        read: import,
    },
    Reader {
        name: "costs",
        corpus: corpus!("costs.csv"),
        read: |text| Ok(Costs::parse(text, place()).is_ok()),
    },
    Reader {
        name: "profile summary",
        corpus: corpus!("profile-summary.json"),
        read: |text| from_file(text, |path| Summary::read(path).is_ok()),
    },
    Reader {
        name: "machine limits",
        corpus: corpus!("roofline.json"),
        read: |text| from_file(text, |path| MachineLimits::read(path).is_ok()),
    },
];

/// The path in messages.
fn place() -> &'static Path {
    Path::new("file")
}

fn record(text: &str) -> Result<bool, String> {
    let Ok(record) = Record::parse(text, place()) else {
        return Ok(false);
    };
    // Promotion may refuse a record; it must not panic.
    drop(Baseline::promote(&record));
    drop(compare(
        RecordView::record(&record),
        RecordView::record(&record),
    ));
    match Record::parse(&record.to_json(), place()) {
        Ok(again) if again == record => Ok(true),
        Ok(_) => Err("it is another record when it is written and read again".to_owned()),
        Err(error) => Err(format!(
            "it is accepted, but not after it is written: {error}"
        )),
    }
}

fn session(text: &str) -> Result<bool, String> {
    let Ok(session) = Session::parse(text, place()) else {
        return Ok(false);
    };
    if let Ok(verdict) = GateVerdict::of(&session) {
        drop((verdict.summary(), verdict.circumstances(&session)));
    }
    Ok(true)
}

fn baseline(counts: &str, environment: &str) -> bool {
    Baseline::parse((counts, place()), (environment, place()), KEY).is_ok()
}

/// Accepted if every line is.
fn protocol(text: &str) -> Result<bool, String> {
    let is_known = |line: &str| {
        serde_json::from_str::<Reply>(line).is_ok() || serde_json::from_str::<Request>(line).is_ok()
    };
    Ok(text.lines().filter(|line| !is_known(line)).count() == 0)
}

/// Criterion's two files.
fn criterion(estimates: &str, sample: &str) -> Result<bool, String> {
    Ok(harness_import::criterion::reading(estimates.as_bytes(), sample.as_bytes()).is_ok())
}

/// A file of another tool, whose format is detected.
fn import(text: &str) -> Result<bool, String> {
    Ok(harness_import::read(&Source::file("file", text), None).is_ok())
}

/// For a reader that only reads files.
fn from_file(text: &str, read: impl Fn(&Path) -> bool) -> Result<bool, String> {
    let mut file = tempfile::NamedTempFile::new().map_err(|error| error.to_string())?;
    let written = file.write_all(text.as_bytes());
    written.map_err(|error| error.to_string())?;
    Ok(read(file.path()))
}
