//! Runs that are killed in the middle.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use crate::processes::until;
use crate::tools::Tools;

/// The measured instruments: times side by side, and counts.
pub(crate) const RUN: [&str; 4] = ["run", "--metric", "clock,callgrind,dhat", "--no-report"];

/// A project that logs each start of an instrument. While the file `block` exists, the instrument that it names waits
/// before the last phase of the last workload: for time, in its second round.
pub(crate) fn logging() -> Tools {
    let tools = Tools::new();
    let log = r#"case "$line" in *gelu*optimized*|*optimized*gelu*) last=1 ;; *) last= ;; esac
      echo "clock $line" >> log
      if [ -n "$last" ] && [ "$(cat block 2> /dev/null)" = clock ] && [ "$(grep_count)" -ge 2 ]; then
        echo > blocked; sleep 1000
      fi
      echo '{"reply":"prepared","isa":"avx2"}'"#;
    // `grep` is not among the programs of these tests.
    let count = r#"grep_count() { n=0; while read -r l; do case "$l" in *gelu*optimized*|*optimized*gelu*) n=$((n + 1)) ;; esac; done < log; echo $n; }"#;
    tools.probe("prepare", log);
    let probe = tools.script_of("probe");
    tools.script("probe", &format!("{count}\n{probe}"));
    let callgrind = tools.script_of("callgrind");
    let blocks = r#"echo "callgrind $HARNESS_WORKLOAD $HARNESS_PHASE" >> log
if [ "$HARNESS_WORKLOAD $HARNESS_PHASE $(cat block 2> /dev/null)" = "kernel/gelu optimized callgrind" ]; then
  echo > blocked; sleep 1000
fi
"#;
    tools.script("callgrind", &format!("{blocks}{callgrind}"));
    tools
}

/// Starts a run, which waits at the place that `block` names, until its journal has this number of finished jobs.
pub(crate) fn waiting(tools: &Tools, block: &str, arguments: &[&str], jobs: usize) -> Child {
    tools.project.write("block", block);
    let before = journals(tools);
    let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    let child = command
        .args(arguments)
        .current_dir(tools.project.path(""))
        .env("PATH", tools.project.path("bin"))
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let own = || {
        let resumes = arguments.contains(&"--resume");
        let mut own = journals(tools).into_iter();
        own.find(|path| before.contains(path) == resumes)
    };
    until(1, || {
        let text = fs::read_to_string(own()?.join("readings.jsonl")).ok()?;
        let is_there = tools.project.path("blocked").exists();
        (is_there && text.lines().count() > jobs).then_some(())
    });
    child
}

/// Kills a process as the system does when memory is short.
pub(crate) fn kill(mut child: Child) {
    child.kill().expect("sent");
    child.wait().expect("it ends");
}

/// Lets the next run go on without waiting, and forgets what was logged.
pub(crate) fn unblock(tools: &Tools) {
    for name in ["block", "blocked", "log"] {
        fs::remove_file(tools.project.path(name)).expect("there");
    }
}

/// The folders of all journals.
pub(crate) fn journals(tools: &Tools) -> Vec<PathBuf> {
    let entries = fs::read_dir(tools.project.path("records"))
        .into_iter()
        .flatten();
    let paths = entries.map(|entry| entry.expect("readable").path());
    let is_journal = |path: &PathBuf| path.to_string_lossy().contains("/.journal-");
    paths.filter(is_journal).collect()
}
