//! Tells a person how far a long measurement is: what is measured, how many of how many, time left.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Hears how a measurement proceeds; may be called from several threads.
pub trait Progress: Sync {
    /// Measuring begins: how many readings there will be.
    fn begin(&self, readings: usize);
    /// A reading is being taken.
    fn step(&self, what: &str);
    /// Some more readings were taken; the rest takes roughly these seconds, by what is known now.
    fn advance(&self, readings: usize, seconds_left: f64);
    /// Measuring is over.
    fn end(&self);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize) {}
    fn step(&self, _: &str) {}
    fn advance(&self, _: usize, _: f64) {}
    fn end(&self) {}
}

/// A bar on standard error, which stays empty when that is not a terminal. It is as long as there are readings; the
/// time left is what the readings to come are expected to cost, because one may cost a thousand times another.
pub struct Bar {
    bar: ProgressBar,
    ready_at: Arc<Mutex<Option<Instant>>>,
}

impl Bar {
    /// A bar that is not shown yet.
    #[expect(clippy::new_without_default, reason = "a default that draws on the terminal would surprise")]
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let ready_at: Arc<Mutex<Option<Instant>>> = Arc::default();
        let expected = Arc::clone(&ready_at);
        let left = move |_: &ProgressState, text: &mut dyn Write| {
            let ready_at = *expected.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
            let left = ready_at.map_or(Duration::ZERO, |ready_at| ready_at.saturating_duration_since(Instant::now()));
            // A line that cannot be drawn is drawn half a second later.
            let _ = match left.as_secs() {
                0 => write!(text, "almost done"),
                _ => write!(text, "about {} left", HumanDuration(left)),
            };
        };
        let style = ProgressStyle::with_template("{bar:24} {pos} of {len} · {msg} · {left}");
        let style = style.expect("the template is well-formed").progress_chars("█▉▊▋▌▍▎▏ ");
        bar.set_style(style.with_key("left", left));
        Self { bar, ready_at }
    }

    /// Takes the bar off the terminal for as long as something else is printed there.
    pub fn kept_build(&self, print: impl FnOnce()) {
        self.bar.suspend(print);
    }
}

impl Progress for Bar {
    fn begin(&self, readings: usize) {
        self.bar.set_length(readings as u64);
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn advance(&self, readings: usize, seconds_left: f64) {
        let left = Duration::try_from_secs_f64(seconds_left).unwrap_or_default();
        *self.ready_at.lock().unwrap_or_else(|poisoned| poisoned.into_inner()) = Instant::now().checked_add(left);
        self.bar.inc(readings as u64);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
