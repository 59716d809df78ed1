//! The loop over trials, with a progress bar: ends after a number of trials or a time.

use std::time::{Duration, Instant};

use anyhow::Result;
use harness::collect::{Bar, Progress};

/// Makes trials until there are `most` of them or `time` is over. `trial` makes one, after it shows its name on the
/// bar.
pub(super) fn repeat(most: usize, time: Option<Duration>, mut trial: impl FnMut(&Bar) -> Result<()>) -> Result<()> {
    let (began, bar) = (Instant::now(), Bar::new());
    bar.begin(time.map_or(most, |time| time.as_secs() as usize));
    let mut shown = 0;
    for done in 1..=most {
        if time.is_some_and(|time| began.elapsed() >= time) {
            break;
        }
        trial(&bar)?;
        let gone = began.elapsed().as_secs_f64();
        let (now, left) = match time {
            Some(time) => (gone as usize, time.as_secs_f64() - gone),
            None => (done, gone / done as f64 * (most - done) as f64),
        };
        bar.advance(now - shown, left);
        shown = now;
    }
    bar.end();
    Ok(())
}
