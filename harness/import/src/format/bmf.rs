//! Bencher Metric Format: an object of benchmarks, each an object of measures.
//!
//! <https://bencher.dev/docs/reference/bencher-metric-format>. The file states no units: `latency` is in nanoseconds by
//! definition, and the units of other measures are settings of a project on a server.

use harness_record::{Data, Statistic};

use super::Format;
use crate::Results;
use crate::content::Content;
use crate::json::{self, Json};
use crate::number::{estimate, not_negative};
use crate::rows::{Draft, Rows};

const NAME: &str = "bmf";
const LATENCY: &str = "latency";
const INSTRUCTIONS: &str = "instructions";

pub(super) const FORMAT: Format = Format {
    name: NAME,
    about: "Bencher Metric Format",
    detect: |content| {
        let has_value = |measures: &Json| {
            let measures = measures.fields().unwrap_or_default();
            let mut values = measures.iter().map(|(_, measure)| measure);
            values.any(|measure| measure.optional("value").is_some())
        };
        let benchmarks = content.first().and_then(|first| first.fields().ok());
        benchmarks.is_some_and(|benchmarks| benchmarks.iter().any(|(_, one)| has_value(one)))
    },
    read,
};

fn read(content: &Content<'_>) -> Result<Results, String> {
    let mut rows = Rows::default();
    for (name, measures) in content.document()?.fields()? {
        let draft = benchmark(measures, |what| rows.no_place(name, what));
        rows.add(name, draft);
    }
    Ok(Results::of(NAME, rows))
}

fn benchmark(measures: &Json, mut leave_out: impl FnMut(String)) -> Result<Draft, String> {
    let mut draft = Draft::default();
    for (name, measure) in measures.fields()? {
        let at_measure = |problem: String| json::at(name, &problem);
        let value = measure.number_at("value").map_err(at_measure)?;
        let ends = ["lower_value", "upper_value"].map(|key| measure.optional_number(key));
        let [low, high] = ends.map(|end| end.map_err(at_measure));
        let (low, high) = (low?, high?);
        if low.is_some_and(|low| low > value) || high.is_some_and(|high| high < value) {
            return Err(at_measure(format!("is {value}, outside its bounds")));
        }
        let data = match name.as_str() {
            LATENCY => Some(estimate(Statistic::Unstated, value, None)?),
            INSTRUCTIONS if value.fract() == 0.0 && (1.0..9e15).contains(&value) => {
                Some(Data::Callgrind {
                    instructions: value as u64,
                })
            }
            _ => None,
        };
        match data {
            Some(data) => {
                draft.readings.push((0, data));
                if low.or(high).is_some() {
                    leave_out(format!(
                        "has bounds of `{name}` whose meaning the file does not state"
                    ));
                }
            }
            None => {
                not_negative(value, name)?;
                leave_out(format!(
                    "has the measure `{name}`, whose unit the file does not state"
                ));
            }
        }
    }
    Ok(draft)
}
