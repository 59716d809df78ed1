//! A session that processes the end of the same window in every run. Prefill and a decode step share it.

use engine::Session;
use engine::trace::Trace;
use harness_probe::protocol::Span;
use harness_probe::{Options, Prepared, WorkloadError};

use super::expected::Expected;
use super::measured_model::MeasuredModel;
use super::spans::spans;
use crate::answer::Answer;

/// A session that has read the start of a window, and processes the rest of it in every run.
pub(super) struct WarmSession {
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

impl WarmSession {
    /// Creates a session of the model in a phase, and reads the first `read(variant)` tokens of the window.
    pub(super) fn new(
        model: &MeasuredModel,
        phase: &str,
        options: &Options,
        window: Vec<u32>,
        read: impl FnOnce(engine::Variant) -> usize,
        expected: Expected,
    ) -> Result<Self, WorkloadError> {
        let engine = model.engine(phase, options)?;
        let mut prepared = Self {
            session: engine.session().map_err(WorkloadError::new)?,
            isa: engine.isa().name(),
            threads: options.threads,
            window,
            read: read(engine.variant()),
            logits: vec![0.0; engine.config().vocab],
            failure: None,
            expected,
        };
        if prepared.read > 0 {
            prepared
                .session
                .prefill(&prepared.window[..prepared.read])
                .map_err(WorkloadError::new)?;
        }
        // A session that keeps its buffers has allocated them after one run. Others gain nothing from a first run.
        if prepared.session.pool_counts().is_some() {
            prepared.warm_up();
        }
        Ok(prepared)
    }

    /// Runs once and returns the logits as an answer.
    pub(super) fn answer(mut self) -> Result<Answer, WorkloadError> {
        self.run(&mut || {});
        self.failure
            .map_or(Ok(Answer::of_all(&self.logits)), |failure| {
                Err(WorkloadError::new(failure))
            })
    }
}

impl Prepared for WarmSession {
    fn run(&mut self, _: &mut dyn FnMut()) {
        let Self {
            session,
            window,
            read,
            logits,
            ..
        } = self;
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
    use crate::tolerance::largest;

    #[test]
    fn one_wrong_logit_is_caught_wherever_it_is() {
        let options = Options {
            threads: 1,
            isa: None,
        };
        let model = MeasuredModel::synthetic("medium", engine::Config::medium());
        let expected = model.expected("medium/prefill", "optimized", &options);
        let mut prepared = WarmSession::new(
            &model,
            "optimized",
            &options,
            model.prompt(32),
            |_| 0,
            expected,
        )
        .expect("prepared");
        prepared.run(&mut || {});
        assert_eq!(prepared.check(), Ok(()));
        let wrong = 3e-4 * largest(&prepared.logits) as f32;
        for index in 0..prepared.logits.len() {
            let right = prepared.logits[index];
            for by in [wrong, -wrong, f32::NAN] {
                prepared.logits[index] = right + by;
                let message = prepared.check().expect_err("wrong");
                assert!(
                    message.starts_with(&format!("value {index} is ")),
                    "{message}"
                );
            }
            prepared.logits[index] = right;
        }
        assert_eq!(prepared.check(), Ok(()));
    }
}
