//! When files have come to rest: an editor writes a file several times, and git many of them, and all that is one change.

use std::time::Duration;

use crate::watch::snapshot::Snapshot;

/// So long nothing must have been written before a change counts as complete.
const QUIET: Duration = Duration::from_millis(250);

/// Watches files that are being written.
#[derive(Debug, Default)]
pub(super) struct Debounce {
    /// The files as they were last seen, where they differ from those that are known, and since when they are so.
    seen: Option<(Snapshot, Duration)>,
}

impl Debounce {
    /// Takes a look at the files, at a time that is told from any fixed moment on. Says whether they differ from those that are
    /// `known`, and have been as they are for long enough.
    pub(super) fn look(&mut self, known: &Snapshot, now: &Snapshot, at: Duration) -> bool {
        match &self.seen {
            _ if now == known => {
                self.seen = None;
                false
            }
            Some((seen, since)) if seen == now => {
                let rests = at.saturating_sub(*since) >= QUIET;
                if rests {
                    self.seen = None;
                }
                rests
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

    /// At which looks, one every tenth of a second, a change is complete, where a file was written in these tenths.
    fn complete(written: &[u64], looks: u64) -> Vec<u64> {
        let (mut rest, mut known) = (Debounce::default(), snapshot(&[("a", 0)]));
        let mut found = Vec::new();
        for look in 1..=looks {
            let last = written.iter().filter(|&&when| when <= look).max().copied().unwrap_or(0);
            let now = snapshot(&[("a", last)]);
            if rest.look(&known, &now, Duration::from_millis(100 * look)) {
                known = now;
                found.push(look);
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
    fn what_is_as_it_was_again_is_no_change() {
        let known = snapshot(&[("a", 1)]);
        let mut rest = Debounce::default();
        let gone = snapshot(&[]);
        assert!(!rest.look(&known, &gone, Duration::from_secs(1)));
        assert!(!rest.look(&known, &known, Duration::from_secs(2)));
        assert!(!rest.look(&known, &gone, Duration::from_secs(3)), "gone for no time yet");
        assert!(rest.look(&known, &gone, Duration::from_secs(4)));
    }
}
