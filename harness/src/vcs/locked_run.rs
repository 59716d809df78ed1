//! Runs a program under a lock that is held until the program has ended, even if the harness ends first.

use std::io::{self, Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use crate::process::{self, Child};
use crate::vcs::lock::Lock;

/// Number of bytes that are kept of the end of a program's standard error.
const KEPT: usize = 64 * 1024;
/// Time limit for standard error to end after the program has ended.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// The exit status and the output of a program.
#[derive(Debug)]
pub(super) struct Said {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    /// The end of its standard error.
    pub(super) stderr: String,
}

/// Runs a program to its end, without a time limit. If `echo` is true, its standard error is passed on as it arrives.
///
/// # Errors
/// If it cannot be started or waited for.
pub(super) fn run(command: &mut Command, lock: &Lock, echo: bool) -> io::Result<Said> {
    command.stdin(lock.shared_as_input()?).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = Child::start(command)?;
    // The command keeps a copy of the lock, which must not outlive the program.
    command.stdin(Stdio::null());
    let (sender, last_words) = channel();
    if let Some(stderr) = child.stderr() {
        let pass_on = move |bytes: &[u8]| {
            if echo {
                // Output that cannot be written is kept all the same.
                let _ = io::stderr().write_all(bytes);
            }
        };
        // The receiver may be gone.
        thread::spawn(move || sender.send(process::tail(stderr, KEPT, pass_on)).unwrap_or_default());
    }
    let mut stdout = Vec::new();
    if let Some(mut stream) = child.stdout() {
        stream.read_to_end(&mut stdout)?;
    }
    child.wait(Duration::MAX);
    let status = child.end()?;
    let stderr = last_words.recv_timeout(LAST_WORDS).unwrap_or_default();
    Ok(Said { status, stdout, stderr: String::from_utf8_lossy(&stderr).into_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vcs::lock::Hold;

    #[test]
    fn all_output_is_returned_and_the_lock_is_free_afterwards() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let lock = Lock::attempt(&path, Hold::Alone).expect("no error").expect("free");
        let mut command = Command::new("sh");
        command.args(["-c", "cat; echo out; echo err >&2; exit 3"]);
        let output = run(&mut command, &lock, false).expect("it runs");
        assert_eq!(
            (output.status.code(), output.stdout.as_slice(), output.stderr.as_str()),
            (Some(3), &b"out\n"[..], "err\n")
        );
        drop(lock);
        assert!(Lock::attempt(&path, Hold::Alone).expect("no error").is_some());
    }

    #[test]
    fn only_the_end_of_long_output_is_kept() {
        let long = [b"first".as_slice(), &[b'.'; 3 * KEPT], b"last"].concat();
        let kept = process::tail(long.as_slice(), KEPT, |_| ());
        assert!(kept.len() == KEPT && kept.ends_with(b"last"));
    }
}
