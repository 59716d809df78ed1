//! The end of a measuring program that cannot continue.

use std::fmt::Display;

/// Returns the value. On an error, prints it as one sentence on standard error and ends the program with exit status 2,
/// which means everywhere in the harness that nothing could be judged.
pub fn or_exit<T>(result: Result<T, impl Display>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(2)
    })
}
