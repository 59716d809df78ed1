//! One figure for other programs.

use harness_abtest::Interval;
use harness_judge::gate::Effect;
use harness_probe::digest;
use harness_record::metric::{self, Figure, LEVEL, Metric};
use harness_record::number;
use serde::Serialize;
use serde_json::json;

use super::Outcome;

/// A figure of a workload in a phase, with its verdict. A number that is missing is null, with its reason.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Row {
    /// Id of the workload.
    pub workload: String,
    /// The phase.
    pub phase: String,
    /// Name of the metric, such as `peak-bytes`; null for a verdict about all of them, such as a removed workload.
    pub metric: Option<String>,
    /// The metric in words, such as `instructions per call`.
    pub title: String,
    /// Unit of the values, such as `s`, `B` or `Ir`; empty without a metric.
    pub unit: String,
    /// The direction that is better.
    pub better: Better,
    /// True for a count, which repeats; false for a time.
    pub counted: bool,
    /// The value of the head, or of a run.
    pub value: Option<f64>,
    /// Lower end of the 95 % interval of the value.
    pub low: Option<f64>,
    /// Upper end of the 95 % interval of the value.
    pub high: Option<f64>,
    /// The value of the base.
    pub base: Option<f64>,
    /// The change from the base; null if the two cannot be compared.
    pub change: Option<Change>,
    /// The class of the verdict.
    pub outcome: Outcome,
    /// The verdict in the words of the tables, such as `not slower`.
    pub verdict: String,
    /// The rule that decided, such as `0.1 %`, `exact` or `max 64 MB`.
    pub limit: Option<String>,
    /// One sentence that explains the verdict; null where it explains itself.
    pub reason: Option<String>,
    /// File that declares the workload, relative to the root of the project.
    pub file: Option<String>,
    /// Line in this file, from 1.
    pub line: Option<u32>,
}

/// The direction of improvement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Better {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
}

/// A change from the base, as shares: 0.01 is one percent more.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Change {
    /// Estimate of the change.
    pub share: f64,
    /// Lower end of its 95 % interval; null for counts, and for too few pairs.
    pub low: Option<f64>,
    /// Upper end of this interval.
    pub high: Option<f64>,
}

impl Row {
    /// A row without a value. `unit` is the unit of work, such as `call`.
    pub(super) fn new(
        (workload, phase): (&str, &str),
        metric: Option<&Metric>,
        unit: &str,
        outcome: Outcome,
        verdict: &str,
    ) -> Self {
        let better = metric.map(Metric::better);
        Self {
            workload: workload.to_owned(),
            phase: phase.to_owned(),
            metric: metric.map(|metric| metric.name().to_owned()),
            title: metric.map_or("all metrics".to_owned(), |metric| metric.title_per(unit)),
            unit: metric
                .map_or("", |metric| number::base_unit(metric.quantity()))
                .to_owned(),
            better: match better {
                Some(harness_record::metric::Better::Higher) => Better::Higher,
                Some(harness_record::metric::Better::Lower) | None => Better::Lower,
            },
            counted: metric.is_some_and(Metric::portable),
            value: None,
            low: None,
            high: None,
            base: None,
            change: None,
            outcome,
            verdict: verdict.to_owned(),
            limit: None,
            reason: None,
            file: None,
            line: None,
        }
    }

    /// The same row with a value. Numbers that no format can hold are missing numbers.
    pub(super) fn with_figure(self, figure: Option<Figure>) -> Self {
        let interval = figure.and_then(|figure| figure.interval);
        Self {
            value: finite(figure.map(|figure| figure.value)),
            low: finite(interval.map(|ends| ends.low)),
            high: finite(interval.map(|ends| ends.high)),
            ..self
        }
    }

    /// Name of the metric, or words for all of them.
    pub(super) fn metric(&self) -> &str {
        self.metric.as_deref().unwrap_or("all metrics")
    }

    /// Workload and phase: `parse (optimized)`.
    pub(super) fn place(&self) -> String {
        format!("{} ({})", self.workload, self.phase)
    }

    /// The explanation; without one, place, metric and verdict.
    pub(super) fn sentence(&self) -> String {
        self.reason
            .clone()
            .unwrap_or_else(|| format!("{}: {} is {}", self.place(), self.title, self.verdict))
    }

    /// A value for a person: counts with all digits, times with three and a unit of their size.
    pub(super) fn shown(&self, value: f64) -> String {
        let metric = self.metric.as_deref().and_then(metric::by_name);
        match metric.filter(|_| !self.counted) {
            Some(metric) => number::plain(metric.quantity(), value),
            None => format!("{} {}", number::exact(value), self.unit),
        }
    }

    /// Value, base, change and limit as one line for a person: `value 2,040 Ir, base 2,000 Ir, change +2.0 %, limit 0.1 %`.
    pub(super) fn figures(&self) -> String {
        let number = |label: &str, value: Option<f64>| {
            value.map(|value| format!("{label} {}", self.shown(value)))
        };
        let parts = [
            number("value", self.value),
            number("base", self.base),
            self.change
                .map(|change| format!("change {}", change.text())),
            self.limit.as_ref().map(|limit| format!("limit {limit}")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        match parts.is_empty() {
            true => "no number".to_owned(),
            false => parts.join(", "),
        }
    }

    /// A short text that stays the same for this figure and verdict over runs, whatever its numbers are.
    pub(super) fn fingerprint(&self) -> String {
        digest(&json!([
            self.workload,
            self.phase,
            self.metric,
            self.verdict
        ]))
    }
}

impl Change {
    /// `+2.0 %`, or with the interval `+2.0 % [1.5, 2.6]`, as every table of a gate shows it.
    pub(super) fn text(&self) -> String {
        let ends = self.low.zip(self.high);
        let effect = Effect {
            change: self.share,
            interval: ends.map(|(low, high)| Interval {
                low,
                high,
                level: LEVEL,
            }),
            spread: 0.0,
            base: 1.0,
            head: 1.0 + self.share,
        };
        effect.text()
    }
}

/// The number, unless it is infinite or not a number.
pub(super) fn finite(value: Option<f64>) -> Option<f64> {
    value.filter(|value| value.is_finite())
}
