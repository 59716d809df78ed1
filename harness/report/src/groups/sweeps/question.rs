//! The questions that sweeps answer: the key of the sweep, the metric, and the words of the table and the chart.

use crate::groups::parameters::Sweep;

/// The question that a sweep over a key answers.
#[derive(Clone, Copy)]
pub(super) struct Question<'a> {
    pub(super) key: &'a str,
    /// The heading.
    pub(super) title: &'a str,
    /// The metric that answers it.
    pub(super) metric: &'static str,
    /// The title of the x axis.
    pub(super) axis: &'a str,
    /// The name of one unit of the size, if the table also has a row of the metric per unit.
    pub(super) each: Option<&'static str>,
    /// True if sizes above the number of CPUs are left out of the exponent, because threads then wait for each other.
    pub(super) by_cpus: bool,
    /// The name and the heading of its chart, if there is one.
    pub(super) chart: Option<(&'static str, &'static str)>,
}

const fn question(
    key: &'static str,
    title: &'static str,
    metric: &'static str,
    axis: &'static str,
    chart: &'static str,
) -> Question<'static> {
    Question {
        key,
        title,
        metric,
        axis,
        each: None,
        by_cpus: false,
        chart: Some((chart, title)),
    }
}

const PER_SECOND: &str = "tokens-per-second";

/// The questions, in the order they are shown.
pub(super) const QUESTIONS: [Question<'static>; 6] = [
    question(
        "position",
        "Latency per token against position",
        "time",
        "preceding tokens",
        "growth-position",
    ),
    question(
        "prompt",
        "Prefill against prompt length",
        "time",
        "tokens of the prompt",
        "growth-prompt",
    ),
    question(
        "context",
        "Memory against context",
        "peak-bytes",
        "tokens of the context",
        "growth-context",
    ),
    Question {
        by_cpus: true,
        ..question(
            "threads",
            "Tokens/s against threads",
            PER_SECOND,
            "threads",
            "growth-threads",
        )
    },
    Question {
        each: Some("sequence"),
        ..question(
            "sequences",
            "Tokens/s against batch size",
            PER_SECOND,
            "sequences in the batch",
            "growth-batch",
        )
    },
    Question {
        each: Some("stream"),
        ..question(
            "streams",
            "Tokens/s against concurrent streams",
            PER_SECOND,
            "concurrent streams",
            "growth-streams",
        )
    },
];

impl<'a> Question<'a> {
    /// The question of a sweep; one over an unknown key is about the time of a run.
    pub(super) fn of(sweep: &Sweep<'a>) -> Self {
        let known = QUESTIONS
            .into_iter()
            .find(|question| question.key == sweep.key);
        known.unwrap_or(Question {
            key: sweep.key,
            title: sweep.name,
            metric: "time",
            axis: sweep.key,
            each: None,
            by_cpus: false,
            chart: None,
        })
    }
}
