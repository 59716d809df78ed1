//! The ladders that a reader can select on the page.

use serde_json::Value;

use crate::text::Text;

/// The texts of all ladders: for each workload and metric the values, steps and totals of the phases, and their costs.
pub(crate) fn texts(data: &str) -> Vec<Text> {
    let data: Value = serde_json::from_str(data).expect("valid JSON");
    let mut texts = Vec::new();
    for ladder in list(&data["ladders"]) {
        let phases: Vec<&str> = list(&ladder["phases"])
            .iter()
            .map(|phase| word(&phase[0]))
            .collect();
        let mut add = |phase: &str, heading: String, text: &Value| {
            texts.push(Text {
                heading,
                row: phase.to_owned(),
                ..Text::new(word(&ladder["workload"]), word(text))
            });
        };
        for phase in list(&ladder["phases"]) {
            for (cost, text) in list(&ladder["costs"]).iter().zip(list(&phase[2])) {
                add(word(&phase[0]), word(cost).to_owned(), text);
            }
        }
        for view in list(&ladder["views"]) {
            let title = word(&view[1]);
            for (phase, rung) in phases.iter().zip(list(&view[4])) {
                add(phase, title.to_owned(), &rung[4]);
                add(
                    phase,
                    format!("{title}, step over the phase before"),
                    &rung[5],
                );
                for (base, total) in list(&ladder["bases"]).iter().zip(list(rung).iter().skip(6)) {
                    add(phase, format!("{title}, x {}", word(base)), total);
                }
            }
        }
    }
    texts
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

fn word(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}
