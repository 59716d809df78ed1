//! The stream of replies, kept apart from whatever a measured crate prints.

use std::io::{self, Write};

/// Takes standard output for replies. From then on, everything that workloads print goes to standard error, because a
/// harness could take it for a reply.
///
/// # Errors
/// If standard output cannot be taken.
#[cfg(unix)]
pub(crate) fn take_stdout() -> io::Result<impl Write> {
    use std::ffi::c_int;
    use std::fs::File;
    use std::os::fd::AsFd;

    unsafe extern "C" {
        // Of the C library, which the standard library links, too. A crate for one call would be built with every
        // measured crate.
        safe fn dup2(from: c_int, to: c_int) -> c_int;
    }
    const STDOUT: c_int = 1;
    const STDERR: c_int = 2;

    let mut stdout = io::stdout().lock();
    stdout.flush()?;
    let replies = stdout.as_fd().try_clone_to_owned()?;
    // On an error, such as a closed standard error, prints go where they went before.
    let _ = dup2(STDERR, STDOUT);
    Ok(File::from(replies))
}

/// Returns standard output. On this system, workloads must not print to it.
#[cfg(not(unix))]
pub(crate) fn take_stdout() -> io::Result<impl Write> {
    Ok(io::stdout().lock())
}
