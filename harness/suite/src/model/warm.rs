//! A warm session that runs the end of a window over and over: what prefill and a decode step have in common.

use engine::Session;
use engine::trace::Trace;
use harness_probe::protocol::Span;
use harness_probe::{Options, Prepared, WorkloadError};

use super::expected::Expected;
use super::spans::spans;
use super::subject::Subject;
use crate::answer::Answer;

/// A session that has read the start of a window, and runs the rest of it.
pub(super) struct Warm {
    session: Session,
    isa: &'static str,
    threads: u32,
    window: Vec<u32>,
    /// Tokens of the window that were read before the run.
    read: usize,
    /// The logits `[V]` after the last token.
    logits: Vec<f32>,
    failure: Option<String>,
    expected: Expected,
}

impl Warm {
    /// A session of the subject in a phase, which has read as many tokens of the window as `read` says for the variant.
    pub(super) fn new(
        subject: &Subject,
        phase: &str,
        options: &Options,
        window: Vec<u32>,
        read: impl FnOnce(engine::Variant) -> usize,
        expected: Expected,
    ) -> Result<Self, WorkloadError> {
        let engine = subject.engine(phase, options)?;
        let mut warm = Self {
            session: engine.session().map_err(WorkloadError::new)?,
            isa: engine.isa().name(),
            threads: options.threads,
            window,
            read: read(engine.variant()),
            logits: vec![0.0; engine.config().vocab],
            failure: None,
            expected,
        };
        if warm.read > 0 {
            warm.session.prefill(&warm.window[..warm.read]).map_err(WorkloadError::new)?;
        }
        // A session that keeps its buffers has them after one run; the others have nothing that makes a run faster.
        if warm.session.pool_counts().is_some() {
            warm.warm_up();
        }
        Ok(warm)
    }

    /// Runs once and returns the logits as an answer.
    pub(super) fn answer(mut self) -> Result<Answer, WorkloadError> {
        self.run(&mut || {});
        self.failure.map_or(Ok(Answer::of_all(&self.logits)), |failure| Err(WorkloadError::new(failure)))
    }
}

impl Prepared for Warm {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let Self { session, window, read, logits, .. } = self;
        let outcome = session.rewind(*read).and_then(|()| {
            logits.copy_from_slice(session.prefill(&window[*read..])?);
            Ok(())
        });
        self.failure = outcome.err().map(|error| error.to_string());
    }

    fn start_spans(&mut self) {
        self.session.keep_trace(Trace::default());
    }

    fn take_spans(&mut self) -> Vec<Span> {
        spans(self.session.take_trace())
    }

    /// A session keeps the logits of its last step.
    fn warm_up(&mut self) {
        self.run(&mut || {});
    }

    fn check(&mut self) -> Result<(), String> {
        match &self.failure {
            Some(failure) => Err(failure.clone()),
            None => self.expected.check_logits(&self.window, &self.logits),
        }
    }

    fn isa(&self) -> String {
        self.isa.to_owned()
    }

    fn threads(&self) -> Option<u32> {
        Some(self.threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agreement::largest;

    #[test]
    fn one_wrong_logit_is_caught_wherever_it_is() {
        let options = Options { threads: 1, isa: None };
        let subject = Subject::synthetic("medium", engine::Config::medium());
        let expected = subject.expected("medium/prefill", "optimized", &options);
        let mut warm =
            Warm::new(&subject, "optimized", &options, subject.prompt(32), |_| 0, expected).expect("prepared");
        warm.run(&mut || {});
        assert_eq!(warm.check(), Ok(()));
        let wrong = 3e-4 * largest(&warm.logits) as f32;
        for place in 0..warm.logits.len() {
            let right = warm.logits[place];
            for by in [wrong, -wrong, f32::NAN] {
                warm.logits[place] = right + by;
                let message = warm.check().expect_err("wrong");
                assert!(message.starts_with(&format!("value {place} is ")), "{message}");
            }
            warm.logits[place] = right;
        }
        assert_eq!(warm.check(), Ok(()));
    }
}
