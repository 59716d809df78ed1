//! Debouncing: an editor writes a file several times, and git writes many files. All these writes are one change.

use std::time::Duration;

use crate::watch::snapshot::Snapshot;

/// Time without a write after which a change counts as complete.
const QUIET: Duration = Duration::from_millis(250);

/// Detects the end of a series of writes.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    /// The last snapshot that differs from the known one, and the time since which it has been stable.
    seen: Option<(Snapshot, Duration)>,
}

impl Debounce {
    /// Takes a snapshot `now` at the time `at`, measured from any fixed moment. Returns true if it differs from
    /// `known`, and has been stable for long enough.
    pub(super) fn look(&mut self, known: &Snapshot, now: &Snapshot, at: Duration) -> bool {
        match &self.seen {
            _ if now == known => {
                self.seen = None;
                false
            }
            Some((seen, since)) if seen == now => {
                let settled = at.saturating_sub(*since) >= QUIET;
                if settled {
                    self.seen = None;
                }
                settled
            }
            _ => {
                self.seen = Some((now.clone(), at));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::snapshot::tests::snapshot;

    /// Polls every tenth of a second; a file is written in the tenths `written`. Returns the polls at which a change is
    /// complete.
    fn complete(written: &[u64], polls: u64) -> Vec<u64> {
        let (mut rest, mut known) = (Debounce::default(), snapshot(&[("a", 0)]));
        let mut found = Vec::new();
        for poll in 1..=polls {
            let last = written.iter().filter(|&&when| when <= poll).max().copied().unwrap_or(0);
            let now = snapshot(&[("a", last)]);
            if rest.look(&known, &now, Duration::from_millis(100 * poll)) {
                known = now;
                found.push(poll);
            }
        }
        found
    }

    #[test]
    fn several_writes_are_one_change_once_they_are_over() {
        assert!(complete(&[], 9).is_empty());
        assert_eq!(complete(&[2], 9), [5]);
        assert_eq!(complete(&[2, 3, 4, 6], 12), [9]);
        assert_eq!(complete(&[2, 8], 14), [5, 11]);
    }

    #[test]
    fn a_change_that_is_undone_at_once_is_no_change() {
        let known = snapshot(&[("a", 1)]);
        let mut rest = Debounce::default();
        let gone = snapshot(&[]);
        assert!(!rest.look(&known, &gone, Duration::from_secs(1)));
        assert!(!rest.look(&known, &known, Duration::from_secs(2)));
        assert!(!rest.look(&known, &gone, Duration::from_secs(3)), "gone for no time yet");
        assert!(rest.look(&known, &gone, Duration::from_secs(4)));
    }
}
