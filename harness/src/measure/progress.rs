//! Tells a person how far a long measurement is: what is measured, how many of how many, time left.

use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Hears how a measurement proceeds; may be called from several threads.
pub trait Progress: Sync {
    /// Measuring begins: how many readings there will be, and roughly how many seconds they take.
    fn begin(&self, readings: usize, seconds: f64);
    /// A reading is being taken.
    fn step(&self, what: &str);
    /// Readings were taken that were expected to need these seconds.
    fn advance(&self, readings: usize, seconds: f64);
    /// Measuring is over.
    fn end(&self);
}

/// Says nothing.
pub struct Silent;

impl Progress for Silent {
    fn begin(&self, _: usize, _: f64) {}
    fn step(&self, _: &str) {}
    fn advance(&self, _: usize, _: f64) {}
    fn end(&self) {}
}

/// A bar on standard error, which stays empty when that is not a terminal. Its length is expected time, so that the
/// time left stays true where one reading costs a thousand times another.
pub struct Bar {
    bar: ProgressBar,
    readings: std::sync::atomic::AtomicUsize,
    total: std::sync::atomic::AtomicUsize,
}

impl Bar {
    /// A bar that is not shown yet.
    #[expect(clippy::new_without_default, reason = "a default that draws on the terminal would surprise")]
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(Some(1), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{bar:24} {prefix} · {msg} · {eta} left");
        bar.set_style(style.expect("the template is well-formed").progress_chars("█▉▊▋▌▍▎▏ "));
        Self { bar, readings: 0.into(), total: 0.into() }
    }
}

impl Progress for Bar {
    fn begin(&self, readings: usize, seconds: f64) {
        self.total.store(readings, std::sync::atomic::Ordering::Relaxed);
        self.bar.set_prefix(format!("0 of {readings}"));
        self.bar.set_length((seconds * 1e3) as u64 + 1);
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn step(&self, what: &str) {
        self.bar.set_message(what.to_owned());
    }

    fn advance(&self, readings: usize, seconds: f64) {
        let done = self.readings.fetch_add(readings, std::sync::atomic::Ordering::Relaxed) + readings;
        let total = self.total.load(std::sync::atomic::Ordering::Relaxed);
        self.bar.set_prefix(format!("{done} of {total}"));
        self.bar.inc((seconds * 1e3) as u64);
    }

    fn end(&self) {
        self.bar.finish_and_clear();
    }
}
