//! Progress of a long measurement: current step, number of readings, estimated time left.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};

use crate::verbosity::Verbosity;

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

/// Pause between two lines where standard error is not a terminal, such as in a log of continuous integration.
const LINES: Duration = Duration::from_secs(5);

/// A progress bar on standard error, or a line every few seconds if that is not a terminal or with `--verbose`, or nothing
/// with `--quiet`. The bar counts readings. The
/// time left is estimated from the pending readings, because one can take a thousand times as long as another.
pub struct Bar {
    bar: ProgressBar,
    ready_at: Arc<Mutex<Option<Instant>>>,
    /// The time from which on the next line is due; none on a terminal.
    next_line: Option<Mutex<Instant>>,
}

impl Bar {
    /// Creates a bar that is not shown yet.
    #[expect(
        clippy::new_without_default,
        reason = "a default that draws on the terminal would surprise"
    )]
    pub fn new() -> Self {
        let verbosity = Verbosity::now();
        // A line about a started program would break the bar.
        let target = match verbosity {
            Verbosity::Normal => ProgressDrawTarget::stderr(),
            Verbosity::Quiet | Verbosity::Verbose => ProgressDrawTarget::hidden(),
        };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let ready_at: Arc<Mutex<Option<Instant>>> = Arc::default();
        let expected = Arc::clone(&ready_at);
        let left = move |_: &ProgressState, text: &mut dyn fmt::Write| {
            // An error is ignored: the line is drawn again half a second later.
            let _ = text.write_str(&seconds_left(&expected));
        };
        let style = ProgressStyle::with_template("{bar:24} {pos} of {len} · {msg} · {left}");
        let style = style
            .expect("the template is well-formed")
            .progress_chars("█▉▊▋▌▍▎▏ ");
        bar.set_style(style.with_key("left", left));
        let has_lines = match verbosity {
            Verbosity::Quiet => false,
            Verbosity::Normal => !io::stderr().is_terminal(),
            Verbosity::Verbose => true,
        };
        let next_line = has_lines.then(|| Mutex::new(Instant::now() + LINES));
        Self {
            bar,
            ready_at,
            next_line,
        }
    }

    /// Prints a line if one is due.
    fn line(&self, what: &str) {
        let Some(next_line) = &self.next_line else {
            return;
        };
        let mut next_line = next_line
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner());
        let now = Instant::now();
        if now < *next_line {
            return;
        }
        *next_line = now + LINES;
        let (done, all) = (self.bar.position(), self.bar.length().unwrap_or(0));
        let left = seconds_left(&self.ready_at);
        // A log that cannot be written is no reason to stop measuring.
        let _ = writeln!(io::stderr(), "{done} of {all} \u{b7} {what} \u{b7} {left}");
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
        self.line(what);
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

/// The estimated time until a measurement is ready, in words.
fn seconds_left(ready_at: &Mutex<Option<Instant>>) -> String {
    let ready_at = *ready_at
        .lock()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    let Some(ready_at) = ready_at else {
        return "no estimate yet".to_owned();
    };
    let left = ready_at.saturating_duration_since(Instant::now());
    match left.as_secs() {
        0 => "almost done".to_owned(),
        _ => format!("about {} left", HumanDuration(left)),
    }
}
