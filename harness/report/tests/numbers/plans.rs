//! Values of the roadmap: measured changes, gaps to claims, counts of targets and forecasts.

use harness_record::metric::{Better, Metric};
use harness_record::roadmap::Range;

use crate::known::Known;
use crate::mentions::{metrics, names};
use crate::statistics::Computed;
use crate::text::Text;

/// The values that a text on the roadmap may show.
pub(crate) fn candidates(known: &Known<'_>, text: &Text, wanted: &[&str]) -> Vec<Computed> {
    let words = format!(
        "{} | {} | {} | {}",
        text.around, text.heading, text.row, text.text
    );
    let mut found = Vec::new();
    if ["target", "claim", "Target"]
        .iter()
        .any(|word| words.contains(word))
    {
        found.extend(targets(known, text, wanted));
    }
    if words.contains("forecast") || words.contains("Forecast") {
        found.extend(forecasts(known, text));
    }
    found
}

/// A claim with its measurement.
fn claim(range: &Range, metric: &Metric, measured: Computed) -> (&'static str, Computed) {
    let sign = if metric.better() == Better::Higher {
        1.0
    } else {
        -1.0
    };
    let (worse, best) = match (metric.better(), metric.portable()) {
        (_, true) => (measured.value, measured.value),
        (Better::Higher, _) => (measured.low(), measured.high()),
        (Better::Lower, _) => (measured.high(), measured.low()),
    };
    let status = if sign * worse > sign * range.far {
        "ahead"
    } else if sign * worse >= sign * range.near {
        "met"
    } else if sign * best < sign * range.near {
        "missed"
    } else {
        "unclear"
    };
    (status, measured)
}

fn targets(known: &Known<'_>, text: &Text, wanted: &[&str]) -> Vec<Computed> {
    let Some(roadmap) = known.roadmap else {
        return Vec::new();
    };
    let readings = &known.readings;
    let near = format!("{} | {}", text.row, text.text);
    let (mut found, mut statuses) = (Vec::new(), Vec::new());
    for phase in &roadmap.phases {
        let mut met = 0;
        let is_named = near.contains(&phase.title)
            || !names(&near, [phase.name.as_str()]).is_empty()
            || !roadmap
                .phases
                .iter()
                .any(|phase| near.contains(&phase.title));
        if is_named {
            let changes = wanted.iter().filter_map(|metric| {
                readings.ratio(&roadmap.workload, &roadmap.against, &phase.name, metric)
            });
            found.extend(changes.flat_map(|change| [change, change.inverse()]));
        }
        for target in &phase.targets {
            let metric = target.metric.name();
            let measured = match target.range.relative {
                true => readings.ratio(&roadmap.workload, &roadmap.against, &phase.name, metric),
                false => readings.figure(&roadmap.workload, &phase.name, metric),
            };
            let Some(measured) = measured else {
                statuses.push("not measured");
                continue;
            };
            let (status, measured) = claim(&target.range, target.metric, measured);
            statuses.push(status);
            met += usize::from(status == "met" || status == "ahead");
            if is_named && wanted.contains(&metric) {
                let (near, far) = (target.range.near, target.range.far);
                let claims = [near, far, 1.0 / near, near / measured.value];
                found.extend(claims.map(Computed::exact));
                found.push(measured);
                found.extend(readings.figure(&roadmap.workload, &phase.name, metric));
                // The remark on the cause compares instructions, or what the measured metric needs.
                for workload in readings
                    .workloads()
                    .iter()
                    .filter(|id| near_words(text).contains(**id))
                {
                    let ratio =
                        readings.ratio(workload, &roadmap.against, &phase.name, "instructions");
                    found.extend(
                        ratio
                            .into_iter()
                            .flat_map(|ratio| [ratio, Computed::exact(1.0 - ratio.value)]),
                    );
                }
            }
        }
        if is_named {
            found.extend([met, phase.targets.len()].map(|count| Computed::exact(count as f64)));
        }
    }
    let with = |words: &[&str]| {
        statuses
            .iter()
            .filter(|status| words.contains(status))
            .count()
    };
    let counts = [
        statuses.len(),
        with(&["ahead"]),
        with(&["met"]),
        with(&["missed"]),
        with(&["unclear"]),
        with(&["ahead", "met"]),
        with(&["not measured"]),
    ];
    if text.row.is_empty() {
        found.extend(counts.map(|count| Computed::exact(count as f64)));
    }
    found
}

fn near_words(text: &Text) -> String {
    format!("{} {}", text.row, text.text)
}

fn forecasts(known: &Known<'_>, text: &Text) -> Vec<Computed> {
    let Some(roadmap) = known.roadmap else {
        return Vec::new();
    };
    let readings = &known.readings;
    let near = near_words(text);
    let (mut found, mut verdicts) = (Vec::new(), Vec::new());
    for forecast in &roadmap.forecasts {
        let metric = forecast.metric.name();
        let test = forecast.test.as_ref().ok();
        let measured =
            test.and_then(|test| readings.ratio(&test.workload, &test.base, &test.head, metric));
        let Some(measured) = measured else {
            verdicts.push("untested");
            continue;
        };
        verdicts.push(verdict(&forecast.range, forecast.metric, &measured));
        if near.contains(&forecast.name)
            && (metrics(&near).is_empty() || metrics(&near).contains(&metric))
        {
            let (near, far) = (forecast.range.near, forecast.range.far);
            let claimed = measured.value.clamp(near.min(far), near.max(far));
            found.extend([measured, Computed::exact(measured.value / claimed)]);
        }
    }
    if text.row.is_empty() {
        let words = ["beaten", "held", "wrong", "unclear", "untested"];
        let counts = words.map(|word| verdicts.iter().filter(|verdict| **verdict == word).count());
        found.extend(
            counts
                .into_iter()
                .chain([verdicts.len()])
                .map(|count| Computed::exact(count as f64)),
        );
    }
    found
}

/// The verdict on a forecast: beaten or wrong if the whole interval is, held if no end is farther from the claim than half of
/// the claimed change.
fn verdict(range: &Range, metric: &Metric, measured: &Computed) -> &'static str {
    let (status, _) = claim(range, metric, *measured);
    let (low, high) = measured.ends.unwrap_or((measured.value, measured.value));
    let far = |end: f64| {
        (end.ln()
            - end
                .clamp(range.near.min(range.far), range.near.max(range.far))
                .ln())
        .abs()
    };
    match status {
        "ahead" => "beaten",
        "missed" => "wrong",
        _ if (low <= 1.0) == (high <= 1.0)
            && far(low).max(far(high)) <= range.near.ln().abs() / 2.0 =>
        {
            "held"
        }
        _ => "unclear",
    }
}
