//! A checkout with many records of many workloads: a probe that lists the workloads, records of one machine, and as many
//! states of the baselines in git.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use harness_probe::Unit;
use harness_record::baseline::{Baseline, COUNTS, ENVIRONMENT, Store};
use harness_record::{About, Check, Data, Environment, Reading, Record, Row, Run};
use jiff::Timestamp;
use tempfile::TempDir;

use super::Size;

/// Time of the first record: the start of 2026.
const START: i64 = 1_767_225_600;
const HOUR: i64 = 3600;
/// The phases, the anchor first.
const PHASES: [&str; 4] = ["naive", "blocked", "vectorized", "threaded"];
/// Of this many workloads, the instructions of one change with each state.
const CHANGED: usize = 100;

const CONFIGURATION: &str = "anchors = ['naive']
probe = { command = ['./probe'] }
";

const PROBE: &str = r#"#!/bin/sh
while read -r line; do
  case "$line" in
    *'"ask":"hello"'*) cat greeting.json ;;
  esac
done
"#;

/// The checkout, in a temporary folder that is removed in the end.
pub(super) struct Checkout {
    folder: TempDir,
    /// Names of the records, oldest first.
    pub(super) records: Vec<PathBuf>,
}

impl Checkout {
    /// Makes the checkout.
    ///
    /// # Errors
    /// If the disk has too little free space, a file cannot be written, or git fails.
    pub(super) fn new(size: &Size, notice: &mut dyn FnMut(&str)) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("harness-selftest-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        let mut checkout = Self {
            folder,
            records: Vec::new(),
        };
        checkout.write("harness.toml", CONFIGURATION)?;
        checkout.write("probe", PROBE)?;
        fs::set_permissions(
            checkout.root().join("probe"),
            fs::Permissions::from_mode(0o755),
        )
        .context("cannot make the probe executable")?;
        checkout.write("greeting.json", &greeting(size))?;
        fs::create_dir(checkout.root().join("records")).context("cannot make a folder")?;
        for number in 0..size.records {
            let path = checkout.record(size, number)?;
            if number == 0 {
                enough_space(&path, size, notice)?;
            }
            checkout.records.push(path);
        }
        checkout.git(&["init", "--quiet", "--initial-branch=main"], Stdio::null())?;
        checkout.write(".git/info/exclude", "/records/\n/reports/\n/target/\n")?;
        checkout.states(size)?;
        Ok(checkout)
    }

    /// The folder of the checkout.
    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes a record row by row, because the memory of this process counts as the least memory of a measured one.
    fn record(&self, size: &Size, number: usize) -> Result<PathBuf> {
        let created = Timestamp::from_second(START + HOUR * number as i64)?;
        let name = created.strftime("%Y-%m-%dT%H%M%SZ.json").to_string();
        let path = self.root().join("records").join(name);
        let unwritten = || format!("cannot write {}", path.display());
        let text = record(&created.to_string(), Vec::new()).to_json();
        let (before, after) = text
            .rsplit_once("\"rows\": []")
            .context("a record has no rows")?;
        let mut file = BufWriter::new(File::create(&path).with_context(unwritten)?);
        let mut write = |text: &str| file.write_all(text.as_bytes()).with_context(unwritten);
        write(before)?;
        write("\"rows\": [")?;
        for place in 0..size.workloads {
            for phase in 0..size.phases {
                let separator = if (place, phase) == (0, 0) { "" } else { "," };
                let row = row(size, number, (place, phase));
                let text = serde_json::to_string_pretty(&row)?.replace('\n', "\n    ");
                write(&format!("{separator}\n    {text}"))?;
            }
        }
        write("\n  ]")?;
        write(after)?;
        file.flush().with_context(unwritten)?;
        Ok(path)
    }

    /// Commits a state of the baselines for each record.
    fn states(&self, size: &Size) -> Result<()> {
        let input = self.root().join("states");
        let mut file = BufWriter::new(File::create(&input).context("cannot write the states")?);
        for number in 0..size.records {
            let date = START + HOUR * number as i64;
            let rows = (0..size.workloads).flat_map(|place| {
                (0..size.phases).map(move |phase| Row {
                    readings: counts(number, (place, phase)),
                    ..row(size, number, (place, phase))
                })
            });
            let created = Timestamp::from_second(date)?.to_string();
            let promoted = Baseline::promote(&record(&created, rows.collect()))?;
            let baseline = promoted.first().context("the rows have no counts")?;
            let baselines = self.root().join("baselines");
            if number > 0 {
                // Without an earlier state, storing one does not read it.
                fs::remove_dir_all(&baselines).context("cannot remove a state")?;
            }
            let folder = Store::new(baselines).save(baseline)?;
            let subject = format!("State {number}");
            let who = format!("committer N. N. <n@example.org> {date} +0000");
            write!(
                file,
                "commit refs/heads/main\n{who}\ndata {}\n{subject}\n",
                subject.len()
            )?;
            for name in [COUNTS, ENVIRONMENT] {
                let path = folder.join(name);
                let text = fs::read(&path).with_context(|| format!("cannot read {name}"))?;
                let place = path.strip_prefix(self.root()).context("it is elsewhere")?;
                write!(
                    file,
                    "M 100644 inline {}\ndata {}\n",
                    place.display(),
                    text.len()
                )?;
                file.write_all(&text)?;
                file.write_all(b"\n")?;
            }
        }
        file.flush().context("cannot write the states")?;
        let states = File::open(&input).context("cannot read the states")?;
        self.git(&["fast-import", "--quiet"], states.into())?;
        fs::remove_file(&input).context("cannot remove the states")?;
        // The index has the files of the last state.
        self.git(&["reset", "--quiet"], Stdio::null())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        fs::write(self.root().join(name), text).with_context(|| format!("cannot write {name}"))
    }

    fn git(&self, arguments: &[&str], input: Stdio) -> Result<()> {
        let ended = Command::new("git")
            .args(arguments)
            .current_dir(self.root())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .stdin(input)
            .output()
            .context("cannot run git")?;
        ensure!(
            ended.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
        Ok(())
    }
}

/// A size in megabytes, to one decimal below ten.
fn megabytes(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    let decimals = usize::from(megabytes < 10.0);
    format!("{megabytes:.decimals$} MB")
}

/// Refuses to fill the disk: all records, and once more for the states in git, must fit.
fn enough_space(first: &Path, size: &Size, notice: &mut dyn FnMut(&str)) -> Result<()> {
    let bytes = fs::metadata(first)
        .context("cannot find the first record")?
        .len();
    let needed = 2 * bytes * size.records as u64;
    let disk = rustix::fs::statvfs(first).context("cannot find the free space of the disk")?;
    let free = disk.f_bavail * disk.f_frsize;
    let folder = first.ancestors().nth(2).unwrap_or(first).display();
    notice(&format!(
        "{} records of {} in {folder}; up to {} are needed, {} are free",
        size.records,
        megabytes(bytes),
        megabytes(needed),
        megabytes(free)
    ));
    ensure!(
        free > needed,
        "the disk of {folder} has too little free space; set TMPDIR to a folder on another disk, or choose fewer --records"
    );
    Ok(())
}

/// The reply of the probe to the question which workloads it has.
fn greeting(size: &Size) -> String {
    let phases = &PHASES[..size.phases];
    let workload = |place| {
        serde_json::json!({
            "id": name(place), "unit": {"name": "call", "per_run": 1}, "definition": digest(place),
            "answer": digest(place), "phases": phases, "selection": "quick",
            "instruments": ["clock", "callgrind", "dhat"],
        })
    };
    let workloads: Vec<_> = (0..size.workloads).map(workload).collect();
    let reply = serde_json::json!({
        "reply": "hello", "protocol": 3, "meter": "clock", "isa": "avx2", "workloads": workloads,
    });
    format!("{reply}\n")
}

fn name(place: usize) -> String {
    format!("group-{}/operation-{place}", place % 20)
}

/// As long as a real digest.
fn digest(place: usize) -> String {
    format!("{place:016x}")
}

fn row(size: &Size, number: usize, (place, phase): (usize, usize)) -> Row {
    let times = (0..size.rounds).map(|round| {
        // Spread evenly over 2 %, and in another order in each record.
        let noise = (place * 7 + number * 13 + round * 29) % 100;
        (1_000_000 >> phase) * (9_900 + 2 * noise as u64) / 10_000
    });
    let runs = times.zip(0..).map(|(nanoseconds, round)| Run {
        round,
        iterations: 1,
        nanoseconds,
        tokens_at: Vec::new(),
    });
    let clock = reading(Data::Clock {
        session: name(place),
        runs: runs.collect(),
    });
    let mut readings = vec![clock];
    readings.extend(counts(number, (place, phase)));
    Row {
        workload: name(place),
        phase: PHASES[phase].to_owned(),
        unit: Unit {
            name: "call".to_owned(),
            per_run: 1,
        },
        definition: digest(place),
        answer: digest(place),
        check: Check::Passed,
        readings,
        recounts: Vec::new(),
        failures: Vec::new(),
    }
}

/// The counts of a workload in a phase. They change by 1 % in every record that has its turn.
fn counts(number: usize, (place, phase): (usize, usize)) -> Vec<Reading> {
    let changes = (number + place % CHANGED) / CHANGED;
    let instructions = (5_000_000 >> phase) + 50_000 * changes as u64;
    vec![
        reading(Data::Callgrind { instructions }),
        reading(Data::Dhat {
            total_bytes: 4096,
            total_blocks: 12,
            peak_bytes: 2048,
            leaked_bytes: 0,
            tokens: 0,
            token_bytes: 0,
            token_blocks: 0,
        }),
    ]
}

fn reading(data: Data) -> Reading {
    Reading {
        isa: "avx2".to_owned(),
        threads: 1,
        data,
    }
}

fn record(created: &str, rows: Vec<Row>) -> Record {
    Record {
        created: created.to_owned(),
        command: "harness run".to_owned(),
        quick: false,
        asked: Vec::new(),
        environment: Environment {
            cpu: "Imagined CPU".to_owned(),
            cpus: 2,
            memory_bytes: 8 << 30,
            isa: "avx2".to_owned(),
            os: "Linux".to_owned(),
            kernel: "6.1".to_owned(),
            libc: "glibc 2.36".to_owned(),
            target: "x86_64-unknown-linux-gnu".to_owned(),
            rustc: "rustc 1.95.0".to_owned(),
            valgrind: Some("valgrind 3.19.0".to_owned()),
            rustflags: String::new(),
            settings: None,
            revision: None,
            dirty: None,
            import: None,
        },
        machine: None,
        about: About::default(),
        rows,
        sharding: None,
        spent: Vec::new(),
        resumed: Vec::new(),
    }
}
