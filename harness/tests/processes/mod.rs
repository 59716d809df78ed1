//! Waits for other processes, and checks if they run.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Calls `poll` until it returns a value, for at most this many minutes.
pub(crate) fn until<T>(minutes: u64, mut poll: impl FnMut() -> Option<T>) -> T {
    for _ in 0..minutes * 6000 {
        if let Some(value) = poll() {
            return value;
        }
        thread::sleep(Duration::from_millis(10));
    }
    panic!("no value within {minutes} min");
}

/// Returns true if a process exists and has not ended.
pub(crate) fn runs(pid: &str) -> bool {
    let state = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    state.is_ok_and(|state| !state.contains(") Z"))
}
