//! Detection of the machine, the toolchain and the revision of a measurement.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use harness_record::{Environment, UNKNOWN};

use crate::collect::build_settings::Build;
use crate::doctor::{self, System};
use crate::vcs::{FolderRevision, revision_of};
use crate::{process, valgrind};

/// Time limit of the programs that describe the machine; a rustup proxy may have to install the compiler first.
const LIMIT: Duration = Duration::from_secs(600);

/// Describes this machine and the checkout at `root`; `isa` is the best instruction set that the probe found.
pub(super) fn describe(root: &Path, isa: &str) -> Environment {
    let system = System::here();
    let variables: Vec<_> = std::env::vars_os().collect();
    let Build {
        compiler,
        target,
        rustflags,
        settings,
    } = Build::read(root, &variables);
    let release = compiler
        .lines()
        .find_map(|line| line.strip_prefix("release: "))
        .unwrap_or(UNKNOWN);
    let FolderRevision { commit, dirty } = revision_of(root);
    Environment {
        cpu: doctor::cpu_model(&system).unwrap_or_else(|| format!("{UNKNOWN} CPU")),
        cpus: std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32),
        memory_bytes: doctor::memory_bytes(&system).unwrap_or(0),
        isa: isa.to_owned(),
        os: doctor::os_name(&system).unwrap_or_else(|| std::env::consts::OS.to_owned()),
        kernel: first_line("uname", &["-sr"], root).unwrap_or_else(|| format!("{UNKNOWN} kernel")),
        libc: libc_version(),
        target,
        rustc: format!("rustc {release}"),
        valgrind: valgrind::version(),
        rustflags,
        settings: Some(settings),
        revision: commit,
        dirty,
        import: None,
    }
}

/// Returns the standard output of a program; empty if the program is missing or fails.
fn printed(program: &str, arguments: &[&str], folder: &Path) -> String {
    process::text(
        Command::new(program).args(arguments).current_dir(folder),
        LIMIT,
    )
    .unwrap_or_default()
}

fn first_line(program: &str, arguments: &[&str], folder: &Path) -> Option<String> {
    let printed = printed(program, arguments, folder);
    printed
        .lines()
        .next()
        .map(|line| line.trim().to_owned())
        .filter(|line| !line.is_empty())
}

/// Returns `glibc 2.36` if `getconf` reports it, `musl 1.2.4` if the loader is that of musl, otherwise `unknown libc`.
fn libc_version() -> String {
    let musl = || {
        let ldd = process::output(Command::new("ldd").arg("--version"), LIMIT).ok()?;
        musl_version(&String::from_utf8_lossy(&ldd.stderr))
    };
    let glibc = first_line("getconf", &["GNU_LIBC_VERSION"], Path::new("."));
    glibc
        .or_else(musl)
        .unwrap_or_else(|| format!("{UNKNOWN} libc"))
}

/// Parses the output of musl's loader on standard error: `musl libc (x86_64)`, and the version in the next line.
fn musl_version(output: &str) -> Option<String> {
    let version = output
        .strip_prefix("musl libc")?
        .lines()
        .find_map(|line| line.strip_prefix("Version "))?;
    Some(format!("musl {}", version.trim()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn describes_the_machine_the_test_runs_on() {
        let environment = describe(Path::new(env!("CARGO_MANIFEST_DIR")), "avx2");
        assert!(
            environment.rustc.starts_with("rustc 1."),
            "{}",
            environment.rustc
        );
        assert!(environment.target.contains('-'), "{}", environment.target);
        assert!(environment.cpus >= 1 && environment.isa == "avx2");
    }

    #[test]
    fn musl_is_detected_by_the_output_of_its_loader() {
        assert_eq!(
            musl_version("musl libc (x86_64)\nVersion 1.2.4\nDynamic Program Loader\n").as_deref(),
            Some("musl 1.2.4")
        );
        assert_eq!(musl_version("ldd (GNU libc) 2.36\nVersion 2\n"), None);
    }
}
