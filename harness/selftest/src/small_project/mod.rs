//! A project whose measured programs are small scripts, so that a command of the harness ends within a second.
//!
//! It is a git repository of two commits. The second one executes more instructions, which the stored baseline does not
//! have: a gate finds a regression, and `accept` has something to accept.

mod scripts;
mod small_disk;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result, bail, ensure};
use harness::doctor::ROOT_VARIABLE;
use harness::process::output;
use tempfile::TempDir;

pub(crate) use small_disk::{Ballast, ReadOnly, SmallDisk};

/// Variable by which the processes of a trial are found: every descendant inherits it, because `LC_*` reaches measured
/// programs.
const TRACE: &str = "LC_HARNESS_SELFTEST";
/// The folder with the files of a simulated machine.
const MACHINE: &str = "bin/machine";
/// Its governor of the clock rate.
const GOVERNOR: &str = "bin/machine/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor";
/// The governor before it is tuned.
pub(crate) const UNTUNED: &str = "powersave";
/// Time limit of one command that nothing disturbs.
const LIMIT: Duration = Duration::from_secs(300);
/// Programs besides valgrind and the harness.
const PROGRAMS: [&str; 14] = [
    "sh", "cat", "mkdir", "sed", "sleep", "rustc", "cargo", "git", "uname", "getconf", "true",
    "env", "setsid", "ldd",
];

/// The project, in a temporary folder that is removed in the end.
#[derive(Debug)]
pub(crate) struct SmallProject {
    /// Before the folder, because it is unmounted first.
    disk: Option<SmallDisk>,
    folder: TempDir,
    harness: PathBuf,
}

impl SmallProject {
    /// Makes the project, measures its first commit, and stores the baseline. `harness` is the program to test.
    ///
    /// # Errors
    /// If a file cannot be written, or a command fails.
    pub(crate) fn new(harness: &Path) -> Result<Self> {
        Self::made(harness, |_| None)
    }

    /// The same on a small file system, if this user may mount one.
    ///
    /// # Errors
    /// As for [`Self::new`].
    pub(crate) fn on_small_disk(harness: &Path) -> Result<Self> {
        Self::made(harness, SmallDisk::on)
    }

    fn made(harness: &Path, disk: impl Fn(&Path) -> Option<SmallDisk>) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("harness-selftest-")
            .tempdir()
            .context("cannot make a temporary folder")?;
        let project = Self {
            disk: disk(folder.path()),
            folder,
            harness: harness.to_owned(),
        };
        for name in ["bin", "temporary", "records", "reports"] {
            fs::create_dir(project.path(name)).context("cannot make a folder")?;
        }
        project.link_programs()?;
        for (name, text) in scripts::all(1000) {
            project.write(name, text.as_ref())?;
        }
        project.git(&["init", "--quiet", "--initial-branch=main"])?;
        project.write(
            ".git/info/exclude",
            "/bin/\n/temporary/\n/target/\n/records/\n/reports/\n",
        )?;
        project.write(
            "bin/go.txt",
            include_str!("../../../import/fixtures/go.txt"),
        )?;
        project.commit("First")?;
        project.fine(&["run", "--quick"])?;
        project.fine(&["baseline", "save", "--yes"])?;
        project.commit("Baseline")?;
        for (name, text) in scripts::all(1200) {
            project.write(name, text.as_ref())?;
        }
        project.commit("More instructions")?;
        project.fine(&["run", "--quick"])?;
        for shard in ["1", "2"] {
            let (part, out) = (format!("{shard}/2"), format!("bin/shard-{shard}.json"));
            project.fine(&["run", "--quick", "--shard", &part, "--out", &out])?;
        }
        project.ended(&["gate"])?;
        project.ended(&["gate", "--base", "HEAD~1", "--counts-only"])?;
        let gates = names(&project.path("records/gates"));
        let is_json = |path: &PathBuf| path.extension() == Some(OsStr::new("json"));
        let gate = gates
            .into_iter()
            .find(is_json)
            .context("the gate stored nothing")?;
        fs::copy(gate, project.path("bin/gate.json")).context("cannot copy the gate")?;
        copied(&project.path("baselines"), &project.path("bin/baselines"))?;
        Ok(project)
    }

    /// The path of a file.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The root of the project.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// The small file system, if it is on one.
    pub(crate) fn disk(&self) -> Option<&SmallDisk> {
        self.disk.as_ref()
    }

    /// The setting of the simulated machine that `doctor --tune` changes. [`Self::reset`] writes it.
    pub(crate) fn governor(&self) -> Option<String> {
        fs::read_to_string(self.path(GOVERNOR)).ok()
    }

    /// Puts back the files that commands change for good: baselines, limits, acceptances, and the setting that
    /// `doctor --tune` changes.
    ///
    /// # Errors
    /// If they cannot be written.
    pub(crate) fn reset(&self) -> Result<()> {
        fs::remove_dir_all(self.path("baselines")).context("cannot remove the baselines")?;
        let governor = self.path(GOVERNOR);
        fs::create_dir_all(governor.parent().unwrap_or(self.root()))
            .context("cannot make a folder")?;
        fs::write(governor, UNTUNED).context("cannot write the setting")?;
        copied(&self.path("bin/baselines"), &self.path("baselines"))
    }

    /// The command that runs the harness here; its processes have this trace.
    pub(crate) fn command(&self, arguments: &[&str], trace: &str) -> Command {
        let mut command = Command::new(&self.harness);
        self.place(&mut command, trace);
        self.simulate(&mut command, arguments);
        command.args(arguments);
        command
    }

    /// The command that runs a shell script here, in which `$0` is the harness and `$@` are the arguments.
    pub(crate) fn shell(&self, script: &str, arguments: &[&str], trace: &str) -> Command {
        let mut command = Command::new("sh");
        self.place(&mut command, trace);
        self.simulate(&mut command, arguments);
        command
            .arg("-c")
            .arg(script)
            .arg(&self.harness)
            .args(arguments);
        command
    }

    /// `doctor --tune` must not change this machine.
    fn simulate(&self, command: &mut Command, arguments: &[&str]) {
        if arguments.contains(&"--tune") {
            command.env(ROOT_VARIABLE, self.path(MACHINE));
        }
    }

    fn place(&self, command: &mut Command, trace: &str) {
        command
            .current_dir(self.root())
            .env("PATH", self.path("bin"))
            .env("TMPDIR", self.path("temporary"))
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .env("NO_COLOR", "1")
            .env(TRACE, trace)
            .stdin(Stdio::null());
    }

    /// Runs a command to its end. Returns its exit status, and its standard error.
    ///
    /// # Errors
    /// If it does not end, or a signal ends it.
    pub(crate) fn ended(&self, arguments: &[&str]) -> Result<(i32, String)> {
        let ended = output(&mut self.command(arguments, "undisturbed"), LIMIT)
            .with_context(|| format!("`harness {}`", arguments.join(" ")))?;
        let stderr = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
        match ended.status.code() {
            Some(status) => Ok((status, stderr)),
            None => bail!(
                "`harness {}`: {}: {stderr}",
                arguments.join(" "),
                ended.status
            ),
        }
    }

    fn fine(&self, arguments: &[&str]) -> Result<()> {
        let (status, stderr) = self.ended(arguments)?;
        ensure!(
            status == 0,
            "`harness {}` ended with {status}: {stderr}",
            arguments.join(" ")
        );
        Ok(())
    }

    /// Processes with this trace.
    pub(crate) fn processes(&self, trace: &str) -> Vec<String> {
        let wanted = format!("{TRACE}={trace}");
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        entries
            .filter_map(|entry| {
                let environment = fs::read(entry.path().join("environ")).ok()?;
                let has = environment
                    .split(|&byte| byte == 0)
                    .any(|one| one == wanted.as_bytes());
                let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
                (has && !stat.contains(") Z"))
                    .then(|| stat.split(") ").next().unwrap_or_default().to_owned())
            })
            .collect()
    }

    /// Temporary files and folders of the harness in the project.
    pub(crate) fn litter(&self) -> Vec<PathBuf> {
        let mut found: Vec<PathBuf> = names(&self.path("temporary"));
        let mut folders = ["records", "reports", "baselines", "target"]
            .map(|name| self.path(name))
            .to_vec();
        while let Some(folder) = folders.pop() {
            for path in names(&folder) {
                let is_unfinished = path
                    .file_name()
                    .is_some_and(|name| name.as_encoded_bytes().starts_with(b".unfinished-"));
                if is_unfinished {
                    found.push(path);
                } else if path.is_dir() && !path.is_symlink() {
                    folders.push(path);
                }
            }
        }
        found
    }

    /// Makes litter look an hour old, because a command removes only what has been there for a minute.
    pub(crate) fn age_litter(&self) {
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        for path in self.litter() {
            // It may be gone by now.
            let _ = fs::File::open(path).and_then(|file| file.set_modified(hour_ago));
        }
    }

    fn link_programs(&self) -> Result<()> {
        let paths = std::env::var_os("PATH").unwrap_or_default();
        for name in PROGRAMS {
            let found = std::env::split_paths(&paths)
                .map(|folder| folder.join(name))
                .find(|path| path.is_file());
            if let Some(found) = found {
                symlink(found, self.path("bin").join(name)).context("cannot link a program")?;
            }
        }
        Ok(())
    }

    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.path(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        if text.starts_with("#!") {
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755))
                .context("cannot make it executable")?;
        }
        Ok(())
    }

    fn commit(&self, subject: &str) -> Result<()> {
        self.git(&["add", "--all"])?;
        self.git(&["commit", "--quiet", "--message", subject])
    }

    fn git(&self, arguments: &[&str]) -> Result<()> {
        let mut command = Command::new("git");
        self.place(&mut command, "git");
        for role in ["AUTHOR", "COMMITTER"] {
            command
                .env(format!("GIT_{role}_NAME"), "N. N.")
                .env(format!("GIT_{role}_EMAIL"), "n@example.org");
        }
        let ended = output(command.args(arguments), LIMIT).context("cannot run git")?;
        ensure!(
            ended.status.success(),
            "git {arguments:?}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
        Ok(())
    }
}

/// The paths in a folder.
pub(crate) fn names(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).collect()
}

/// Copies a folder with its folders.
fn copied(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).context("cannot make a folder")?;
    for path in names(from) {
        let to = to.join(path.file_name().unwrap_or(OsStr::new("")));
        if path.is_dir() {
            copied(&path, &to)?;
        } else {
            fs::copy(&path, &to).context("cannot copy a file")?;
        }
    }
    Ok(())
}
