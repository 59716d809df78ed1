//! `harness watch` with scripts in the place of the programs that measure, which are sources at the same time.

use std::fs::{self, File};
use std::process::{Child, Command};

use tempfile::TempDir;

use crate::processes::until;
use crate::repository::{executes, takes};
use crate::tools::Tools;

/// A harness that watches, with all it says in one file.
struct Watching {
    harness: Child,
    /// Holds that file, and the harness's temporary folder.
    folder: TempDir,
    heard: usize,
}

/// What a round ends with.
const WAITS: &str = "Ctrl-C ends\n";

impl Watching {
    fn start(tools: &Tools, arguments: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("temporary")).expect("made");
        let said = File::create(folder.path().join("said")).expect("made");
        let harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"))
            .arg("watch")
            .args(arguments)
            .current_dir(tools.project.path(""))
            .env("PATH", tools.project.path("bin"))
            .env("TMPDIR", folder.path().join("temporary"))
            .stdout(said.try_clone().expect("a file"))
            .stderr(said)
            .spawn()
            .expect("started");
        Self { harness, folder, heard: 0 }
    }

    /// What it says up to these words.
    fn until(&mut self, words: &str) -> String {
        let (heard, said) = (self.heard, self.folder.path().join("said"));
        let part = until(3, || {
            let said = fs::read_to_string(&said).ok()?;
            let end = said[heard..].find(words)? + words.len();
            Some(said[heard..heard + end].to_owned())
        });
        self.heard += part.len();
        part
    }

    /// Sends it Ctrl-C, and returns its exit status; nothing of it is left.
    fn end(mut self) -> Option<i32> {
        let pid = self.harness.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("sent").success());
        let status = self.harness.wait().expect("it ends");
        assert_eq!(fs::read_dir(self.folder.path().join("temporary")).expect("there").count(), 0);
        status.code()
    }
}

impl Drop for Watching {
    /// A test that failed leaves nothing that watches for ever.
    fn drop(&mut self) {
        // What has ended already is what was wanted.
        let _ = self.harness.kill();
        let _ = self.harness.wait();
    }
}

/// The row about a metric, with one space where there are more.
fn row(said: &str, metric: &str) -> String {
    let row = said.lines().find(|line| line.contains(metric)).unwrap_or_else(|| panic!("no {metric}: {said}"));
    row.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn a_change_is_told_against_the_last_build_and_the_first() {
    let tools = Tools::new();
    let mut watching = Watching::start(&tools, &["--phase", "naive", "--budget", "1"]);
    let said = watching.until(WAITS);
    assert!(said.contains("model/decode") && said.contains("1000"), "{said}");

    executes(&tools, 1100);
    let said = watching.until(WAITS);
    assert!(said.starts_with("harness: callgrind changed\n"), "{said}");
    assert_eq!(row(&said, "instructions"), "model/decode naive instructions per token 1,000 1,100 +10 %");
    assert_eq!(row(&said, "heap bytes"), "heap bytes per token, and 5 more equal");
    assert!(said.contains("no difference seen (") && !said.contains("since the start"), "{said}");

    takes(&tools, 60_000_000);
    let said = watching.until(WAITS);
    assert_eq!(row(&said, "instructions"), "model/decode naive instructions per token 1,100 1,100 equal +10 %");
    let time = row(&said, " time ");
    assert!(time.starts_with("model/decode naive time 50.0 ms 60.0 ms +20 % ["), "{time}");
    assert_eq!(said.matches(" naive  time  ").count(), 2, "each workload has its share of the time: {said}");
    assert!(!said.contains("not measured"), "{said}");
    assert_eq!(time.matches("+20 % [").count(), 2, "against the last build and the first: {time}");

    takes(&tools, 60_000_000);
    assert_eq!(watching.until("\n"), "harness: written again, but nothing changed\n");
    assert_eq!(watching.end(), Some(0));
}

#[test]
fn what_is_broken_or_gone_is_told_and_waited_for() {
    let tools = Tools::new();
    tools.probe("hello", "exit 3");
    let mut watching = Watching::start(&tools, &["--filter", "model/*", "--phase", "naive", "--metric", "heap"]);
    let said = watching.until(WAITS);
    let waits = "the probe ended before it answered `hello`: exit status 3; waiting for the next change";
    assert!(said.contains(waits), "before there is a first state: {said}");
    tools.probe("", "");
    let said = watching.until(WAITS);
    assert!(said.contains("model/decode"), "{said}");

    tools.workloads(&[("kernel/gelu", true)]);
    let said = watching.until(WAITS);
    assert!(
        said.contains("no workload matches `model/*`; ") && said.contains("; waiting for the next change"),
        "{said}"
    );
    tools.workloads(&[("model/decode", true), ("model/new", true)]);
    let said = watching.until(WAITS);
    assert_eq!(row(&said, "model/new"), "model/new naive - - new");
    assert!(said.contains("model/new in phase naive: new: the base side does not have it\n"), "{said}");
    assert_eq!(row(&said, "heap bytes"), "model/decode naive heap bytes per token, and 5 more equal");
    tools.workloads(&[("model/decode", true)]);
    let said = watching.until(WAITS);
    assert!(row(&said, "model/new").starts_with("model/new naive - - removed"), "{said}");

    fs::remove_file(tools.project.path("heap")).expect("it was there");
    let said = watching.until(WAITS);
    assert!(said.starts_with("harness: heap deleted\n") && said.contains("failed-check"), "{said}");
    assert!(said.contains("naive has no number from dhat: cannot start the probe "), "{said}");
    assert_eq!(watching.end(), Some(0));
}

#[test]
fn what_makes_no_sense_from_the_start_is_refused() {
    let tools = Tools::new();
    let sentence = tools.refused(&["watch", "--filter", "model/decod", "--metric", "heap"]);
    assert_eq!(sentence, "no workload matches `model/decod`; did you mean `model/decode`?");
    assert_eq!(tools.run(&["watch", "--budget", "0"]).status, 2);
    tools.without("valgrind");
    assert!(tools.refused(&["watch", "--metric", "instructions"]).starts_with("valgrind is missing"));
}
