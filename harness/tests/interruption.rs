//! Ctrl-C during a measurement: the harness prints one sentence, exits with 2, and leaves nothing behind.

mod processes;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use processes::{runs, until};
use tempfile::TempDir;

/// A probe that offers one workload. On the request to prepare it, the probe starts a child and waits for it for ever.
const BUSY: &str = r#"
while read -r line; do
  case "$line" in
    *'"ask":"hello"'*)
      echo '{"reply":"hello","protocol":PROTOCOL,"meter":"clock","isa":"plain","workloads":[WORKLOAD]}' ;;
    *)
      sleep 1000 &
      echo $! > busy
      wait ;;
  esac
done
"#;

/// A project whose only workload is busy for ever.
fn busy_project() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path();
    let description = harness_probe::protocol::Description {
        id: "busy".to_owned(),
        about: String::new(),
        unit: harness_probe::Unit {
            name: "call".to_owned(),
            per_run: 1,
        },
        definition: "d".to_owned(),
        answer: "a".to_owned(),
        phases: vec!["naive".to_owned()],
        instruments: vec![harness_probe::Instrument::Clock],
        selection: harness_probe::Selection::Quick,
    };
    let script = BUSY
        .replace("PROTOCOL", &harness_probe::protocol::VERSION.to_string())
        .replace(
            "WORKLOAD",
            &serde_json::to_string(&description).expect("plain data"),
        );
    fs::write(project.join("probe.sh"), script).expect("written");
    fs::write(
        project.join("harness.toml"),
        "timed = ['*']\n[probe]\ncommand = ['sh', './probe.sh']\n[criterion]\ncommand = ['true']\n",
    )
    .expect("written");
    fs::create_dir(project.join("temporary")).expect("made");
    folder
}

/// Makes a repository of a project, with two commits.
fn two_commits(project: &Path) {
    git(project, &["init", "--quiet"]);
    fs::write(
        project.join(".git/info/exclude"),
        "temporary\nbusy\nrecords\ntarget\n",
    )
    .expect("written");
    git(project, &["add", "--all"]);
    git(project, &["commit", "--quiet", "--message", "One"]);
    git(
        project,
        &["commit", "--quiet", "--allow-empty", "--message", "Two"],
    );
}

fn git(project: &Path, arguments: &[&str]) -> String {
    let mut git = Command::new("git");
    git.args(["-c", "user.name=A", "-c", "user.email=a@example.org"])
        .args(arguments)
        .current_dir(project);
    let output = git.output().expect("git");
    assert!(output.status.success(), "{arguments:?}");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn harness(project: &Path, arguments: &[&str]) -> Command {
    let mut harness = Command::new(assert_cmd::cargo::cargo_bin!("harness"));
    harness
        .args(arguments)
        .current_dir(project)
        .env("TMPDIR", project.join("temporary"));
    harness
}

fn interrupt(harness: &Child) {
    let kill = Command::new("kill")
        .args(["-INT", &harness.id().to_string()])
        .status()
        .expect("sent");
    assert!(kill.success());
}

/// Runs the harness until the workload is busy, sends it Ctrl-C, and returns its standard error.
fn interrupted(project: &Path, arguments: &[&str]) -> String {
    let (status, stderr) = ended(project, arguments, || ());
    assert_eq!(status, Some(2), "{stderr}");
    assert!(stderr.contains("error: interrupted; "), "{stderr}");
    stderr
}

/// Runs the harness, calls `meanwhile`, waits until the workload is busy, and sends Ctrl-C. Returns the exit status and
/// standard error. Checks that no process and no temporary file is left.
fn ended(project: &Path, arguments: &[&str], meanwhile: impl FnOnce()) -> (Option<i32>, String) {
    let mut harness = harness(project, arguments);
    let harness = harness
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    meanwhile();
    let busy = until(1, || busy_process(project));
    interrupt(&harness);
    let output = harness.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    until(1, || (!runs(busy.trim())).then_some(()));
    assert_eq!(
        fs::read_dir(project.join("temporary"))
            .expect("there")
            .count(),
        0
    );
    (output.status.code(), stderr)
}

/// Id of the process that the probe of the project or of a base waits for.
fn busy_process(project: &Path) -> Option<String> {
    let bases = fs::read_dir(project.join("target/harness-bases"))
        .into_iter()
        .flatten();
    let bases = bases.filter_map(|entry| Some(entry.ok()?.path().join("source/busy")));
    let files = std::iter::once(project.join("busy")).chain(bases);
    files
        .filter_map(|file| fs::read_to_string(file).ok())
        .find(|pid| pid.ends_with('\n'))
}

#[test]
fn an_interrupted_run_says_so_and_leaves_nothing_behind() {
    let folder = busy_project();
    let stderr = interrupted(folder.path(), &["run", "--metric", "time"]);
    assert!(
        stderr.contains("error: interrupted; the readings taken so far are discarded\n"),
        "{stderr}"
    );
    let records = fs::read_dir(folder.path().join("records")).map_or(0, Iterator::count);
    assert_eq!(records, 0, "an interrupted run wrote a record");
}

/// Ctrl-C is the regular end of a watch, so its exit status is 0.
#[test]
fn a_watch_that_is_ended_while_it_times_leaves_nothing_behind() {
    let folder = busy_project();
    let change = || {
        // The harness watches the files once it has copied a probe.
        let _probe = until(1, || {
            fs::read_dir(folder.path().join("temporary")).ok()?.next()
        });
        let mut number = 0;
        until(1, || {
            number += 1;
            fs::write(folder.path().join("change"), number.to_string()).expect("written");
            std::thread::sleep(std::time::Duration::from_millis(500));
            busy_process(folder.path())
        });
    };
    let (status, stderr) = ended(folder.path(), &["watch", "--metric", "time"], change);
    assert_eq!(status, Some(0), "{stderr}");
    assert!(
        !stderr.contains("error:") && stderr.contains("change is new"),
        "{stderr}"
    );
}

#[test]
fn an_interrupted_gate_or_bisection_leaves_no_worktree_no_process_and_no_lock() {
    let folder = busy_project();
    let project = folder.path();
    let git = |arguments: &[&str]| git(project, arguments);
    two_commits(project);
    let gate = ["gate", "--base", "HEAD~1", "--times-only"];
    let bisect = ["bisect", "HEAD~1", "--workload", "busy", "--metric", "time"];
    for arguments in [&gate[..], &bisect[..]] {
        interrupted(project, arguments);
        assert_eq!(git(&["worktree", "list"]).lines().count(), 1);
        assert_eq!(git(&["status", "--porcelain"]), "");
        let kept = fs::read_dir(project.join("records/gates")).map_or(0, Iterator::count);
        assert_eq!(kept, 0, "an interrupted gate kept something");
        for name in ["build.lock", "time.lock", "time.next.lock"] {
            let lock =
                fs::File::open(project.join("target/harness-bases").join(name)).expect("there");
            until(1, || lock.try_lock().ok());
            lock.unlock().expect("unlocked");
        }
        let _ = fs::remove_file(project.join("busy"));
        for entry in fs::read_dir(project.join("target/harness-bases")).expect("there") {
            let _ = fs::remove_file(entry.expect("there").path().join("source/busy"));
        }
    }
}

#[test]
fn whoever_waits_to_measure_time_says_so_and_can_be_stopped() {
    let folder = busy_project();
    let project = folder.path();
    two_commits(project);
    let bases = project.join("target/harness-bases");
    fs::create_dir_all(&bases).expect("made");
    let time = fs::File::create(bases.join("time.lock")).expect("made");
    time.lock().expect("free");
    for arguments in [
        &["gate", "--base", "HEAD~1", "--times-only"][..],
        &["bisect", "HEAD~1", "--workload", "busy", "--metric", "time"],
        &["doctor"],
    ] {
        let mut harness = harness(project, arguments)
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut lines = BufReader::new(harness.stderr.take().expect("piped")).lines();
        let line = lines.find(|line| {
            line.as_ref()
                .is_ok_and(|line| line.contains("waiting for another"))
        });
        let line = line
            .unwrap_or_else(|| panic!("{arguments:?} does not wait"))
            .expect("text");
        assert_eq!(
            line, "harness: waiting for another harness that measures here",
            "{arguments:?}"
        );
        interrupt(&harness);
        assert_eq!(
            harness.wait().expect("it ends").code(),
            Some(2),
            "{arguments:?}"
        );
        assert!(
            busy_process(project).is_none(),
            "{arguments:?} measured all the same"
        );
        fs::File::open(bases.join("time.next.lock"))
            .expect("made")
            .try_lock()
            .expect("free");
        assert!(!project.join("reports").exists(), "{arguments:?}");
    }
}

#[test]
fn what_a_killed_harness_started_ends_and_its_litter_is_removed_by_the_next() {
    let folder = busy_project();
    let project = folder.path();
    let mut killed = harness(project, &["run", "--metric", "time"])
        .stderr(Stdio::null())
        .spawn()
        .expect("started");
    let busy = until(1, || busy_process(project));
    killed.kill().expect("sent");
    killed.wait().expect("it ends");
    until(1, || (!runs(busy.trim())).then_some(()));

    let hour_ago = std::time::SystemTime::now() - std::time::Duration::from_secs(3600);
    let abandoned = project.join("records/.unfinished-killed");
    fs::File::create(&abandoned)
        .and_then(|file| file.set_modified(hour_ago))
        .expect("made");
    fs::remove_file(project.join("busy")).expect("there");
    interrupted(project, &["run", "--metric", "time"]);
    assert!(!abandoned.exists());
}

#[test]
fn an_interrupted_count_of_a_command_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let project = folder.path();
    fs::create_dir(project.join("temporary")).expect("made");
    let valgrind = "#!/bin/sh\n[ \"$1\" = --version ] && echo valgrind-3.19.0 && exit\n\
        sleep 1000 &\necho $! > busy\nwait\n";
    fs::create_dir(project.join("bin")).expect("made");
    fs::write(project.join("bin/valgrind"), valgrind).expect("written");
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    fs::set_permissions(project.join("bin/valgrind"), mode).expect("set");
    let path = format!("{}:{}", project.join("bin").display(), env!("PATH"));
    let counting = harness(project, &["run", "--metric", "instructions", "--", "true"])
        .env("PATH", path)
        .stderr(Stdio::piped())
        .spawn()
        .expect("started");
    let busy = until(1, || busy_process(project));
    let terminate = Command::new("kill").arg(counting.id().to_string()).status();
    assert!(terminate.expect("sent").success());
    let output = counting.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(2));
    until(1, || (!runs(busy.trim())).then_some(()));
    let left = fs::read_dir(project.join("temporary"))
        .expect("there")
        .count();
    assert_eq!(left, 0);
}
