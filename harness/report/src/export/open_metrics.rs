//! OpenMetrics text 1.0, for Prometheus and everything that reads its format.

use std::collections::BTreeMap;

use harness_record::metric;

use super::{Exporter, Results, Row};

/// A gauge for each metric, with workload and phase as labels. A number that is missing has no line; the verdicts have
/// one for every figure.
pub(super) struct OpenMetrics;

/// A number of a row.
type Part = fn(&Row) -> Option<f64>;

/// Labels by name.
type Labels<'a> = [(&'static str, &'a str)];

impl Exporter for OpenMetrics {
    fn name(&self) -> &'static str {
        "openmetrics"
    }

    fn help(&self) -> &'static str {
        "OpenMetrics text, for Prometheus and its relatives"
    }

    fn export(&self, results: &Results) -> String {
        let mut families: BTreeMap<String, Vec<&Row>> = BTreeMap::new();
        for row in &results.rows {
            if let Some(metric) = &row.metric {
                families.entry(metric.clone()).or_default().push(row);
            }
        }
        let mut text = String::new();
        for rows in families.values() {
            let parts: [(&str, &str, Part); 4] = [
                ("", "", |row| row.value),
                ("_low", ", lower end of the 95 % interval", |row| row.low),
                ("_high", ", upper end of the 95 % interval", |row| row.high),
                ("_base", ", on the base side", |row| row.base),
            ];
            for (suffix, words, part) in parts {
                text += &family(rows, suffix, words, part);
            }
        }
        text += "# TYPE harness_verdict info\n# HELP harness_verdict Verdict on a figure.\n";
        for row in &results.rows {
            let labels = [
                ("workload", row.workload.as_str()),
                ("phase", &row.phase),
                ("metric", row.metric()),
                ("verdict", &row.verdict),
            ];
            text += &sample("harness_verdict_info", &labels, 1.0);
        }
        text += "# TYPE harness_exit_status gauge\n\
            # HELP harness_exit_status 0 fine, 1 a regression was found, 2 could not judge.\n";
        text += &sample(
            "harness_exit_status",
            &[],
            f64::from(results.outcome.status()),
        );
        text + "# EOF\n"
    }
}

/// The values of one metric; empty if it has none.
fn family(rows: &[&Row], suffix: &str, words: &str, part: Part) -> String {
    let values = rows.iter().filter_map(|row| {
        let labels = [("workload", row.workload.as_str()), ("phase", &row.phase)];
        Some((labels, part(row)?))
    });
    let values: Vec<_> = values.collect();
    let (Some(first), false) = (rows.first(), values.is_empty()) else {
        return String::new();
    };
    let (name, unit) = name(first.metric(), suffix, &first.unit);
    let mut text = format!("# TYPE {name} gauge\n");
    if let Some(unit) = unit {
        text += &format!("# UNIT {name} {unit}\n");
    }
    let title = metric::by_name(first.metric()).map(|metric| metric.title_per("unit of work"));
    let title = title.unwrap_or_else(|| first.title.clone());
    text += &format!("# HELP {name} {}\n", escaped(&format!("{title}{words}.")));
    text.extend(
        values
            .iter()
            .map(|(labels, value)| sample(&name, labels, *value)),
    );
    text
}

/// Name and unit of a family. A unit must be the end of the name; a name with the unit elsewhere has none.
pub(super) fn name(metric: &str, suffix: &str, unit: &str) -> (String, Option<&'static str>) {
    let word = match unit {
        "s" => Some("seconds"),
        "B" => Some("bytes"),
        "Ir" => Some("instructions"),
        _ => None,
    };
    let stem: String = metric
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    let is_inside = |word: &str| stem.split('_').any(|part| part == word) && !stem.ends_with(word);
    let Some(word) = word.filter(|word| !is_inside(word)) else {
        return (format!("harness_{stem}{suffix}"), None);
    };
    let stem = stem.strip_suffix(word).unwrap_or(&stem);
    let parts = [
        "harness",
        stem.trim_end_matches('_'),
        suffix.trim_start_matches('_'),
        word,
    ];
    let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    (parts.join("_"), Some(word))
}

/// A line with a value.
pub(super) fn sample(name: &str, labels: &Labels<'_>, value: f64) -> String {
    let labels = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)));
    let labels = labels.collect::<Vec<_>>().join(",");
    match labels.is_empty() {
        true => format!("{name} {value}\n"),
        false => format!("{name}{{{labels}}} {value}\n"),
    }
}

/// The text of a label or of a help line. Other control characters would end the line for some readers.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => escaped.push_str("\\\\"),
            '"' => escaped.push_str("\\\""),
            '\n' => escaped.push_str("\\n"),
            '\u{2028}' | '\u{2029}' => escaped.push(' '),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
