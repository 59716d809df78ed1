//! Ctrl-C during the build of a base: the build ends, no process keeps running, and the lock is free.
//!
//! It is the only test of its process, because an interruption cannot be undone.

mod processes;

use std::fs::{self, File};
use std::path::Path;
use std::process::Command;
use std::thread;

use harness::process;
use harness::project::Project;
use harness::vcs::{CargoOutput, CheckoutError, Checkouts, Repository};
use processes::{runs, until};

#[test]
fn an_interrupted_build_leaves_no_process_and_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    let root = folder.path();
    let busy = root.join("busy");
    fs::create_dir_all(root.join("suite/src")).expect("made");
    let files = [
        ("harness.toml", "probe = { bin = { package = 'suite', name = 'probe' } }\n".to_owned()),
        ("Cargo.toml", "[workspace]\nmembers = ['suite']\n".to_owned()),
        (
            "suite/Cargo.toml",
            "[package]\nname = 'suite'\nversion = '0.1.0'\n[[bin]]\nname = 'probe'\npath = 'src/probe.rs'\n"
                .to_owned(),
        ),
        ("suite/src/probe.rs", "fn main() {}\n".to_owned()),
        // A build that never ends.
        (
            "suite/build.rs",
            format!(
                "fn main() {{ std::fs::write({busy:?}, format!(\"{{}}\\n\", std::process::id())).unwrap(); \
                 std::thread::sleep(std::time::Duration::from_secs(1000)); }}\n"
            ),
        ),
    ];
    for (path, content) in files {
        fs::write(root.join(path), content).expect("written");
    }
    git(root, &["init", "--quiet"]);
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", "Never ends"]);

    let project = Project::find(root).expect("a project");
    let repository = Repository::open(&project).expect("a repository");
    let commit = repository.resolve("HEAD").expect("known");
    let checkouts = Checkouts::new(&project, &repository);
    let (ended, pid) = thread::scope(|scope| {
        let build = scope.spawn(|| {
            checkouts
                .checkout(
                    &commit,
                    |config| config.probes().collect(),
                    CargoOutput::Nothing,
                    &|_| {},
                )
                .map(drop)
        });
        let pid = until(5, || {
            fs::read_to_string(&busy)
                .ok()
                .filter(|pid| pid.ends_with('\n'))
        });
        assert!(process::stop_all(), "something was running");
        (build.join().expect("no panic"), pid)
    });
    assert!(
        matches!(ended, Err(CheckoutError::Interrupted)),
        "{ended:?}"
    );
    until(5, || (!runs(pid.trim())).then_some(()));
    let lock = File::open(checkouts.folder().join("build.lock")).expect("there");
    until(5, || lock.try_lock().ok());
}

fn git(folder: &Path, arguments: &[&str]) {
    let mut git = Command::new("git");
    git.args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1");
    for role in ["AUTHOR", "COMMITTER"] {
        git.env(format!("GIT_{role}_NAME"), "N. N.")
            .env(format!("GIT_{role}_EMAIL"), "n@example.org");
    }
    assert!(git.status().expect("git").success());
}
