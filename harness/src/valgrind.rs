//! Starts programs under valgrind in such a way that only the harness chooses valgrind's options, and finds the line
//! that states why valgrind failed.
//!
//! Valgrind also reads options from `VALGRIND_OPTS`, `~/.valgrindrc` and `./.valgrindrc`, and the runner of gungraun
//! (iai-callgrind) from variables of its own. Such options change counts or end the run, and no record contains them.
//! Every command of the harness that starts valgrind is therefore made by a function of this file.

use std::ffi::OsStr;
use std::process::Command;
use std::time::Duration;

use crate::containment;
use crate::process;
use crate::programs::conditions_of;

/// Message for a missing valgrind when instructions are to be counted.
pub const MISSING: &str = "valgrind is missing, so instructions cannot be counted; install it (Debian, Ubuntu: apt-get install valgrind)";

/// Makes valgrind ignore the options in its variable and its files.
const COMMAND_LINE_ONLY: &str = "--command-line-only=yes";

/// Makes valgrind create no pipes for a debugger, which it leaves among the temporary files if it is killed.
const NO_DEBUGGER: &str = "--vgdb=no";

/// The variable in which valgrind searches for options.
const OPTIONS: &str = "VALGRIND_OPTS";

/// Prefixes of the variables that the runner of gungraun reads, now and under its former name.
const OF_THE_RUNNER: [&str; 3] = ["GUNGRAUN_", "__GUNGRAUN_", "IAI_CALLGRIND_"];

/// Time limit of a program that does nothing, under valgrind on a busy machine.
const LIMIT: Duration = Duration::from_secs(120);

/// Phrases by which valgrind reports that it ends, the most telling first. The advice may be empty.
const TELLING: [(&str, &str); 6] = [
    ("unhandled instruction bytes", FOREIGN_INSTRUCTION),
    ("Unrecognised instruction", FOREIGN_INSTRUCTION),
    ("Illegal opcode", FOREIGN_INSTRUCTION),
    ("the 'impossible' happened", ""),
    (STARTING, ""),
    ("Process terminating with default action of signal", ""),
];

/// How a line begins that valgrind prints before it runs a program.
const STARTING: &str = "valgrind: ";

const FOREIGN_INSTRUCTION: &str = "the program is built for another CPU than the one that valgrind emulates; \
     build it without `-C target-cpu=native`";

/// Returns the version of valgrind, such as `valgrind 3.19.0`, or `None` if it is not installed.
pub fn version() -> Option<String> {
    let mut query = Command::new("valgrind");
    query
        .args(["--version", COMMAND_LINE_ONLY])
        .env_remove(OPTIONS);
    let printed = process::text(&mut query, LIMIT).ok()?;
    let line = printed
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty())?;
    Some(line.replacen('-', " ", 1))
}

/// Runs a small program under callgrind: this one, which prints its version.
///
/// # Errors
/// One sentence, if valgrind cannot run it.
pub fn try_out() -> Result<(), String> {
    let program = std::env::current_exe()
        .map_err(|error| format!("this program cannot be found: {error}"))?;
    let options = ["--callgrind-out-file=/dev/null"];
    let mut tried = under(
        "callgrind",
        &options,
        Command::new(program).arg("--version"),
    );
    let output = process::output(&mut tried, LIMIT).map_err(|error| error.to_string())?;
    if output.status.success() {
        return Ok(());
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    let last = || stderr.trim().lines().last().map(str::to_owned);
    Err(complaint(&stderr)
        .or_else(last)
        .unwrap_or_else(|| output.status.to_string()))
}

/// Returns the command that runs a program under a tool of valgrind, with the arguments, the environment and the folder
/// of the program. Options that are set outside this command line have no effect.
pub fn under(tool: &str, options: &[&str], program: &Command) -> Command {
    let mut command = Command::new("valgrind");
    command
        .arg(format!("--tool={tool}"))
        .arg(COMMAND_LINE_ONLY)
        .arg(NO_DEBUGGER)
        .args(options)
        .arg(program.get_program())
        .args(program.get_args());
    conditions_of(program, &mut command);
    containment::allow_valgrind(&mut command);
    command.env_remove(OPTIONS);
    command
}

/// Makes a bench of gungraun start valgrind with the options of this command line and of the bench only.
pub fn isolate_bench(bench: &mut Command) {
    let inherited = std::env::vars_os();
    let own = bench
        .get_envs()
        .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
    let kept_back: Vec<_> = inherited
        .chain(own.collect::<Vec<_>>())
        .filter(|(name, value)| !reaches_the_runner(name, value))
        .collect();
    for (name, _) in kept_back {
        bench.env_remove(name);
    }
    bench.arg(format!("--valgrind-args={COMMAND_LINE_ONLY} {NO_DEBUGGER}"));
    containment::allow_valgrind(bench);
}

/// Returns the line with which valgrind states why it ended, with advice if there is some; `None` if it ended for
/// another reason.
pub fn complaint(stderr: &str) -> Option<String> {
    let lines = || stderr.lines().map(|line| without_process_id(line.trim()));
    TELLING.iter().find_map(|&(phrase, advice)| {
        let line = lines().find(|line| has(line, phrase))?;
        Some(match advice {
            "" => line.to_owned(),
            advice => format!("{line}: {advice}"),
        })
    })
}

/// Returns true if [`complaint`] would return a sentence for this line, were it the only one.
pub(crate) fn is_complaint(line: &str) -> bool {
    let line = without_process_id(line.trim());
    TELLING.iter().any(|(phrase, _)| has(line, phrase))
}

fn has(line: &str, phrase: &str) -> bool {
    match phrase {
        STARTING => line.starts_with(STARTING),
        phrase => line.contains(phrase),
    }
}

/// Returns true for a variable that the runner of gungraun gets. It ends with a panic if a variable is not UTF-8.
fn reaches_the_runner(name: &OsStr, value: &OsStr) -> bool {
    let Some(name) = name.to_str().filter(|_| value.to_str().is_some()) else {
        return false;
    };
    name != OPTIONS && !OF_THE_RUNNER.iter().any(|prefix| name.starts_with(prefix))
}

/// Removes the process id at the start of a line of valgrind: `==4711== `.
fn without_process_id(line: &str) -> &str {
    let rest = line.strip_prefix("==").unwrap_or(line);
    match rest.split_once("== ") {
        Some((id, rest)) if id.bytes().all(|byte| byte.is_ascii_digit()) => rest.trim(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn words(command: &Command) -> Vec<&str> {
        command.get_args().filter_map(OsStr::to_str).collect()
    }

    #[test]
    fn the_program_keeps_its_words_variables_and_folder() {
        let mut program = Command::new("probe");
        program.arg("--fast").env("MODEL", "m").env_remove("OLD");
        program.current_dir("/tmp");
        let command = under("none", &["--quiet"], &program);
        assert_eq!(
            words(&command),
            [
                "--tool=none",
                COMMAND_LINE_ONLY,
                NO_DEBUGGER,
                "--quiet",
                "probe",
                "--fast"
            ]
        );
        assert_eq!(command.get_current_dir(), Some(Path::new("/tmp")));
        let variables: Vec<_> = command.get_envs().collect();
        for expected in [
            ("MODEL", Some(OsStr::new("m"))),
            ("OLD", None),
            (OPTIONS, None),
        ] {
            let expected = (OsStr::new(expected.0), expected.1);
            assert!(variables.contains(&expected), "{variables:?}");
        }
    }

    #[test]
    fn options_in_files_and_variables_do_not_count() {
        if version().is_none() {
            return;
        }
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join(".valgrindrc"), "--no-such-option\n").expect("written");
        let mut program = Command::new("true");
        program
            .current_dir(folder.path())
            .env("HOME", folder.path())
            .env(OPTIONS, "--no-such-option");
        let run = |command: &mut Command| process::output(command, LIMIT).expect("it ends").status;
        assert!(run(&mut under("none", &["--quiet"], &program)).success());
        let mut as_usual = Command::new("valgrind");
        as_usual.args(["--tool=none", "--quiet", "true"]);
        conditions_of(&program, &mut as_usual);
        assert!(!run(&mut as_usual).success(), "the options would count");
    }

    #[test]
    fn no_variable_of_the_runner_reaches_it() {
        for name in [
            "GUNGRAUN_CALLGRIND_ARGS",
            "IAI_CALLGRIND_LOG",
            "VALGRIND_OPTS",
        ] {
            assert!(
                !reaches_the_runner(OsStr::new(name), OsStr::new("x")),
                "{name}"
            );
        }
        for name in ["PATH", "CARGO_HOME", "HARNESS_ISA"] {
            assert!(
                reaches_the_runner(OsStr::new(name), OsStr::new("x")),
                "{name}"
            );
        }
    }

    #[test]
    fn the_telling_line_is_found_among_the_others() {
        let foreign = "==1==\n==1== Process terminating with default action of signal 4 (SIGILL)\n\
                       ==1==  Illegal opcode at address 0x11D4F0\n==1==    at 0x11D4F0: v::main (in /v)\n";
        let told = complaint(foreign).expect("it tells");
        assert!(
            told.starts_with("Illegal opcode at address 0x11D4F0: ") && told.contains("target-cpu"),
            "{told}"
        );
        let missing = "valgrind: failed to start tool 'x' for platform 'amd64-linux': No such file";
        assert_eq!(complaint(missing), Some(missing.to_owned()));
        assert_eq!(complaint("thread main panicked: no valgrind: sorry"), None);
    }
}
