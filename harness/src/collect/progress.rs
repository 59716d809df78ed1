//! Progress of a long measurement: current step, number of readings, estimated time left.

use std::fmt::Write;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

/// Receives the progress of a measurement. The methods may be called from several threads.
pub trait Progress: Sync {
    /// The measurement begins and will take this number of readings.
    fn begin(&self, readings: usize);
    /// A reading is being taken.
    fn step(&self, what: &str);
    /// This number of readings was taken; the rest is estimated to take `seconds_left`.
    fn advance(&self, readings: usize, seconds_left: f64);
    /// The measurement has ended.
    fn end(&self);
}

/// Ignores all progress.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize) {}
    fn step(&self, _: &str) {}
    fn advance(&self, _: usize, _: f64) {}
    fn end(&self) {}
}

/// A progress bar on standard error; nothing is drawn if that is not a terminal. The bar counts readings. The time left
/// is estimated from the pending readings, because one can take a thousand times as long as another.
pub struct Bar {
    bar: ProgressBar,
    ready_at: Arc<Mutex<Option<Instant>>>,
}

impl Bar {
    /// Creates a bar that is not shown yet.
    #[expect(
        clippy::new_without_default,
        reason = "a default that draws on the terminal would surprise"
    )]
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let ready_at: Arc<Mutex<Option<Instant>>> = Arc::default();
        let expected = Arc::clone(&ready_at);
        let left = move |_: &ProgressState, text: &mut dyn Write| {
            let ready_at = *expected
                .lock()
                .unwrap_or_else(|poisoned| poisoned.into_inner());
            let left = ready_at.map_or(Duration::ZERO, |ready_at| {
                ready_at.saturating_duration_since(Instant::now())
            });
            // An error is ignored: the line is drawn again half a second later.
            let _ = match left.as_secs() {
                0 => write!(text, "almost done"),
                _ => write!(text, "about {} left", HumanDuration(left)),
            };
        };
        let style = ProgressStyle::with_template("{bar:24} {pos} of {len} · {msg} · {left}");
        let style = style
            .expect("the template is well-formed")
            .progress_chars("█▉▊▋▌▍▎▏ ");
        bar.set_style(style.with_key("left", left));
        Self { bar, ready_at }
    }

    /// Hides the bar while `print` writes to the terminal.
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
        *self
            .ready_at
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner()) = Instant::now().checked_add(left);
        self.bar.inc(readings as u64);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
