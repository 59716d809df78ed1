//! The ladders of all workloads as one compact JSON document, for the selects of the page. All texts are formatted here, so
//! that the script formats no number.

use std::collections::HashMap;

use serde_json::{Value, json};

use super::ladder::{Ladder, Rung, ladder};
use crate::groups::parameters;
use crate::render::Tone;
use crate::{ReportData, headline};

/// The ladders of the workloads with at least two phases, the headline workload first. Sizes of sweeps and combinations of a
/// matrix are left out, and so are ablations: their phases are no ladder.
pub(super) fn ladders(report_data: &ReportData) -> Vec<Ladder> {
    let record = &report_data.record;
    let first = headline::headline(record);
    let mut by_workload: HashMap<&str, Vec<&str>> = HashMap::new();
    for row in &record.rows {
        by_workload
            .entry(&row.workload)
            .or_default()
            .push(&row.phase);
    }
    let others = record.workloads().into_iter().filter(|workload| {
        let phases = &by_workload[workload];
        Some(*workload) != first
            && parameters(workload).is_none()
            && phases.len() > 1
            && phases.iter().all(|phase| !phase.contains('='))
    });
    first
        .into_iter()
        .chain(others)
        .filter_map(|workload| ladder(report_data, workload))
        .collect()
}

/// The document, escaped for an element `script`: the lines on phases, and the ladders. Lists stand for some structures of
/// [`super::ladder`], because keys would be most of the document:
///
/// - a phase is `[name, problem, costs]`, a view `[metric, title, better, ticks, rungs]`;
/// - a rung is `[place, low, high, tones, value, step, total for each base]`, with null for a missing place. The tones of the
///   texts are one letter each.
pub(super) fn document(ladders: &[Ladder], report_data: &ReportData) -> String {
    let compact: Vec<Value> = ladders.iter().map(compact).collect();
    let phases = &report_data.record.about.phases;
    escape(&json!({ "phases": phases, "ladders": compact }).to_string())
}

/// Replaces the characters that could end the element or begin a comment.
fn escape(json: &str) -> String {
    json.replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

fn compact(ladder: &Ladder) -> Value {
    let phases = ladder
        .phases
        .iter()
        .map(|phase| json!([phase.name, phase.problem, phase.costs]));
    let views = ladder.views.iter().map(|view| {
        let rungs: Vec<Value> = view.rungs.iter().map(rung).collect();
        json!([view.metric, view.title, view.better, view.ticks, rungs])
    });
    json!({
        "workload": ladder.workload,
        "about": ladder.about,
        "phases": phases.collect::<Vec<_>>(),
        "bases": ladder.bases,
        "base": ladder.base,
        "costs": ladder.costs,
        "views": views.collect::<Vec<_>>(),
    })
}

fn rung(rung: &Rung) -> Value {
    let texts = [&rung.value, &rung.step].into_iter().chain(&rung.totals);
    let tones: String = texts.clone().map(|text| letter(text.tone)).collect();
    let ends = rung.ends.unzip();
    let mut parts = vec![
        json!(rung.at),
        json!(ends.0),
        json!(ends.1),
        json!(tones.trim_end()),
    ];
    parts.extend(texts.map(|text| json!(text.whole())));
    parts.into()
}

/// The first letter of a tone; a space for the plain one.
fn letter(tone: Tone) -> char {
    match tone {
        Tone::Plain => ' ',
        Tone::Good => 'g',
        Tone::Bad => 'b',
        Tone::Notice => 'n',
        Tone::Quiet => 'q',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script() {
        let text = escape(&json!(["</script><!--", "a & b\u{2028}"]).to_string());
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        let read: Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(read[0], "</script><!--");
    }
}
