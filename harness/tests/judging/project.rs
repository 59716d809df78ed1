//! A project in a temporary folder.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::assert::Assert;
use harness_record::{Data, Record};

use harness_record::sample::{callgrind, clock, dhat, record, row};

/// A folder with a `harness.toml` and the limits of this repository; tests add other files.
pub(crate) struct Project {
    folder: tempfile::TempDir,
}

/// The phases, the timed suite, and the kinds of functions of these projects.
pub(crate) const CONFIGURATION: &str = "
anchors = ['naive', 'reference']
timed = ['kernel/*']
kinds = [
    { name = 'matrix product', words = ['product'] },
    { name = 'normalization', words = ['norm'] },
]
";

/// The exit status and the output of a command.
pub(crate) struct Done {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

/// Two workloads in two phases, measured in time, instructions and heap.
pub(crate) fn measured() -> Record {
    record(vec![
        row(
            "medium/decode",
            "naive",
            vec![
                clock("a", &[9000, 9100, 8900]),
                callgrind(1_000_000),
                dhat(4096, 12),
            ],
        ),
        row(
            "medium/decode",
            "optimized",
            vec![clock("a", &[90, 91, 89]), callgrind(50_000), dhat(0, 0)],
        ),
        row(
            "kernel/gelu",
            "naive",
            vec![clock("b", &[500, 500]), callgrind(7000)],
        ),
        row(
            "kernel/gelu",
            "optimized",
            vec![clock("b", &[50, 50]), callgrind(700)],
        ),
    ])
}

/// The same workloads a day later: optimized decoding has one allocation and 2 % of instructions more.
pub(crate) fn regressed() -> Record {
    let mut record = measured();
    record.created = "2026-01-03T00:00:00Z".to_owned();
    record.rows[1].readings[1].data = Data::Callgrind {
        instructions: 51_000,
    };
    record.rows[1].readings[2] = dhat(64, 1);
    record
}

impl Project {
    pub(crate) fn new() -> Self {
        Self::named(OsStr::new(".tmp"))
    }

    /// A project in a folder whose name starts with these bytes.
    pub(crate) fn named(start: &OsStr) -> Self {
        let folder = tempfile::Builder::new().prefix(start).tempdir();
        let folder = folder.expect("a temporary folder");
        let project = Self { folder };
        project.write("harness.toml", CONFIGURATION);
        project.write(
            "baselines/limits.toml",
            include_str!("../../../baselines/limits.toml"),
        );
        project
    }

    /// A project whose baseline has the counts of [`measured`].
    pub(crate) fn with_baseline() -> Self {
        let project = Self::new();
        project.record("records/first.json", &measured());
        assert_eq!(project.run(&["baseline", "save", "--yes"]).status, 0);
        project
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, text).expect("written");
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).expect(name)
    }

    pub(crate) fn record(&self, name: &str, record: &Record) {
        record.write(&self.path(name)).expect("written");
    }

    /// The folder of the only baseline, relative to the project.
    pub(crate) fn baseline(&self) -> String {
        let entries = fs::read_dir(self.path("baselines"))
            .expect("there")
            .map(|entry| entry.expect("readable"));
        let folders: Vec<_> = entries
            .filter(|entry| entry.path().is_dir())
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(folders.len(), 1, "{folders:?}");
        format!("baselines/{}", folders[0].to_string_lossy())
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Done {
        self.run_on(arguments, None)
    }

    /// Runs the harness with `path`, if given, as the only folder of programs. A folder `system` of the project stands
    /// in for the machine.
    pub(crate) fn run_on(&self, arguments: &[&str], path: Option<&Path>) -> Done {
        let path = path.map(|path| ("PATH", path.as_os_str()));
        self.run_with(arguments, path.as_slice())
    }

    /// The same, with these variables in the environment.
    pub(crate) fn run_with(&self, arguments: &[&str], variables: &[(&str, &OsStr)]) -> Done {
        let mut command = crate::program();
        command.envs(variables.iter().copied());
        if self.path("system").is_dir() {
            command.env(harness::doctor::ROOT_VARIABLE, self.path("system"));
        }
        let assert: Assert = command
            .current_dir(self.folder.path())
            .args(arguments)
            .assert();
        let output = assert.get_output();
        let text = |bytes: &[u8]| {
            // The path of the temporary folder differs from run to run.
            String::from_utf8_lossy(bytes)
                .replace(&*self.folder.path().to_string_lossy(), "PROJECT")
        };
        Done {
            status: output.status.code().expect("not killed"),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs a command that must end with exit status 2 and one sentence on standard error, and returns that.
    pub(crate) fn refused(&self, arguments: &[&str]) -> String {
        self.run(arguments).refusal(arguments)
    }
}

impl Done {
    /// Checks for exit status 2 and a single sentence on standard error, and returns that.
    pub(crate) fn refusal(&self, arguments: &[&str]) -> String {
        let Self { status, stderr, .. } = self;
        assert_eq!(*status, 2, "{arguments:?}: {stderr}");
        let sentence = stderr
            .strip_prefix("error: ")
            .unwrap_or_else(|| panic!("{arguments:?}: {stderr}"))
            .trim_end();
        assert!(!sentence.contains('\n'), "{arguments:?}: {sentence}");
        sentence.to_owned()
    }

    /// The exit status and the whole output.
    /// Standard output with each wrapped sentence on one line.
    pub(crate) fn text(&self) -> String {
        self.stdout.replace("\n  ", " ")
    }

    pub(crate) fn seen(&self) -> String {
        format!(
            "exit status {}\n--- stdout\n{}--- stderr\n{}",
            self.status, self.stdout, self.stderr
        )
    }
}
