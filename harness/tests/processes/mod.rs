//! Waiting for other processes, and seeing whether they run.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Asks until there is an answer, for so many minutes at most.
pub(crate) fn until<T>(minutes: u64, mut ask: impl FnMut() -> Option<T>) -> T {
    for _ in 0..minutes * 6000 {
        if let Some(answer) = ask() {
            return answer;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no answer within {minutes} min");
}

/// Whether a process is there and has not ended.
pub(crate) fn runs(pid: &str) -> bool {
    let state = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    state.is_ok_and(|state| !state.contains(") Z"))
}
