//! `harness watch`, with scripts in place of the measuring programs; the scripts are also the watched sources.

use std::fs::{self, File};
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::processes::until;
use crate::repository::{executes, takes};
use crate::tools::Tools;

/// A running `harness watch`, with its whole output in one file.
struct Watching {
    harness: Child,
    /// Holds that file, and the temporary folder of the harness.
    folder: TempDir,
    read: usize,
}

/// The end of the output of a round.
const WAITS: &str = "Ctrl-C ends\n";

impl Watching {
    fn start(tools: &Tools, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("temporary")).expect("made");
        let output = File::create(folder.path().join("output")).expect("made");
        let harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"))
            .arg("watch")
            .args(arguments)
            .current_dir(tools.project.path(""))
            .env("PATH", tools.project.path("bin"))
            .env("TMPDIR", folder.path().join("temporary"))
            .stdout(output.try_clone().expect("a file"))
            .stderr(output)
            .spawn()
            .expect("started");
        Self {
            harness,
            folder,
            read: 0,
        }
    }

    /// Returns the new output up to these words, and waits for them.
    fn until(&mut self, words: &str) -> String {
        let (read, file) = (self.read, self.folder.path().join("output"));
        let part = until(3, || {
            let output = fs::read_to_string(&file).ok()?;
            let end = output[read..].find(words)? + words.len();
            Some(output[read..read + end].to_owned())
        });
        self.read += part.len();
        part
    }

    /// Sends Ctrl-C, checks that no temporary file is left, and returns the exit status.
    fn end(mut self) -> Option<i32> {
        let pid = self.harness.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .expect("sent")
                .success()
        );
        let status = self.harness.wait().expect("it ends");
        assert_eq!(
            fs::read_dir(self.folder.path().join("temporary"))
                .expect("there")
                .count(),
            0
        );
        status.code()
    }
}

impl Drop for Watching {
    /// Ends the harness after a failed test, too.
    fn drop(&mut self) {
        // An error means that it has ended already.
        let _ = self.harness.kill();
        let _ = self.harness.wait();
    }
}

/// The row of a metric, with runs of spaces replaced by one.
fn row(output: &str, metric: &str) -> String {
    let row = output
        .lines()
        .find(|line| line.contains(metric))
        .unwrap_or_else(|| panic!("no {metric}: {output}"));
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_change_is_told_against_the_last_build_and_the_first() {
    let tools = Tools::new();
    let mut watching = Watching::start(&tools, &["--phase", "naive", "--budget", "1"]);
    let output = watching.until(WAITS);
    assert!(
        output.contains("model/decode") && output.contains("1000"),
        "{output}"
    );

    executes(&tools, 1100);
    let output = watching.until(WAITS);
    assert!(
        output.starts_with("harness: callgrind changed\n"),
        "{output}"
    );
    assert_eq!(
        row(&output, "instructions"),
        "model/decode naive instructions per token 1,000 1,100 +10 %"
    );
    assert_eq!(
        row(&output, "heap bytes"),
        "heap bytes per token, and 5 more equal"
    );
    assert!(
        output.contains("no difference seen (") && !output.contains("since the start"),
        "{output}"
    );

    takes(&tools, 60_000_000);
    let output = watching.until(WAITS);
    assert_eq!(
        row(&output, "instructions"),
        "model/decode naive instructions per token 1,100 1,100 equal +10 %"
    );
    let time = row(&output, " time ");
    assert!(
        time.starts_with("model/decode naive time 50.0 ms 60.0 ms +20 % ["),
        "{time}"
    );
    assert_eq!(
        output.matches(" naive  time  ").count(),
        2,
        "each workload has its share of the time: {output}"
    );
    assert!(!output.contains("not measured"), "{output}");
    assert_eq!(
        time.matches("+20 % [").count(),
        2,
        "against the last build and the first: {time}"
    );

    takes(&tools, 60_000_000);
    assert_eq!(
        watching.until("\n"),
        "harness: written again, but nothing changed\n"
    );
    assert_eq!(watching.end(), Some(0));
}

#[test]
fn what_is_broken_or_gone_is_told_and_waited_for() {
    let tools = Tools::new();
    tools.probe("hello", "exit 3");
    let mut watching = Watching::start(
        &tools,
        &[
            "--filter", "model/*", "--phase", "naive", "--metric", "heap",
        ],
    );
    let output = watching.until(WAITS);
    let waits =
        "the probe ended before it answered `hello`: exit status 3; waiting for the next change";
    assert!(
        output.contains(waits),
        "before there is a first state: {output}"
    );
    tools.probe("", "");
    let output = watching.until(WAITS);
    assert!(output.contains("model/decode"), "{output}");

    tools.workloads(&[("kernel/gelu", true)]);
    let output = watching.until(WAITS);
    assert!(
        output.contains("no workload matches `model/*`; ")
            && output.contains("; waiting for the next change"),
        "{output}"
    );
    tools.workloads(&[("model/decode", true), ("model/new", true)]);
    let output = watching.until(WAITS);
    assert_eq!(row(&output, "model/new"), "model/new naive - - new");
    assert!(
        output.contains("model/new in phase naive: new: the base side does not have it\n"),
        "{output}"
    );
    assert_eq!(
        row(&output, "heap bytes"),
        "model/decode naive heap bytes per token, and 5 more equal"
    );
    tools.workloads(&[("model/decode", true)]);
    let output = watching.until(WAITS);
    assert!(
        row(&output, "model/new").starts_with("model/new naive - - removed"),
        "{output}"
    );

    fs::remove_file(tools.project.path("heap")).expect("it was there");
    let output = watching.until(WAITS);
    assert!(
        output.starts_with("harness: heap deleted\n") && output.contains("failed-check"),
        "{output}"
    );
    assert!(
        output.contains("naive has no number from dhat: cannot start the probe "),
        "{output}"
    );
    assert_eq!(watching.end(), Some(0));
}

#[test]
fn what_makes_no_sense_from_the_start_is_refused() {
    let tools = Tools::new();
    let sentence = tools.refused(&["watch", "--filter", "model/decod", "--metric", "heap"]);
    assert_eq!(
        sentence,
        "no workload matches `model/decod`; did you mean `model/decode`?"
    );
    assert_eq!(tools.run(&["watch", "--budget", "0"]).status, 2);
    tools.without("valgrind");
    assert!(
        tools
            .refused(&["watch", "--metric", "instructions"])
            .starts_with("valgrind is missing")
    );
    assert!(
        tools
            .refused(&["watch", "--metric", "criterion"])
            .ends_with("choose --metric clock")
    );
}
