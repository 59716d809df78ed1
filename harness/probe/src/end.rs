//! How a program that measures ends when it cannot go on.

use std::fmt::Display;

/// The value; or, if there is none, the end of the program with the error as one sentence on standard error and exit
/// status 2, which everywhere in the harness means that nothing could be judged.
pub fn or_end<T>(result: Result<T, impl Display>) -> T {
    result.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        std::process::exit(2)
    })
}
