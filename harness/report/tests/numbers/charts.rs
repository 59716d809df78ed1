//! The texts of a chart: its title, its labels and the descriptions of its marks.

use crate::attribution::Attribution;
use crate::markup::{Part, Tag};
use crate::text::{Text, collapsed};
use crate::written::groups;

/// A chart.
#[derive(Debug, Default)]
pub(crate) struct Chart {
    pub(crate) title: String,
    /// Labels with their places, in the order of the drawing.
    pub(crate) labels: Vec<Label>,
    /// The descriptions of marks.
    pub(crate) descriptions: Vec<String>,
}

/// A text of a chart.
#[derive(Debug)]
pub(crate) struct Label {
    pub(crate) x: String,
    pub(crate) y: f64,
    class: String,
    pub(crate) text: String,
}

/// The texts of a chart. Lines of one text are joined.
pub(crate) fn chart(svg: &Tag, parts: &[Part]) -> Chart {
    let mut chart = Chart {
        title: collapsed(svg.get("aria-label").unwrap_or_default()),
        ..Chart::default()
    };
    let mut open = Tag::default();
    for part in parts {
        match part {
            Part::Open(tag) if tag.name != "tspan" => open = tag.clone(),
            Part::Text(text) if open.name == "title" && !text.trim().is_empty() => {
                chart.descriptions.push(collapsed(text));
            }
            Part::Text(text) if open.name == "text" && !text.trim().is_empty() => {
                let get = |name: &str| open.get(name).unwrap_or_default().to_owned();
                let label = Label {
                    x: get("x"),
                    y: get("y").parse().unwrap_or_default(),
                    class: get("class") + &get("fill") + &get("font-size"),
                    text: collapsed(text),
                };
                match chart.labels.last_mut() {
                    Some(last)
                        if last.x == label.x
                            && last.class == label.class
                            && (label.y - last.y).abs() < 23.0 =>
                    {
                        last.text += " ";
                        last.text += &label.text;
                        last.y = label.y;
                    }
                    _ => chart.labels.push(label),
                }
            }
            Part::Close(_) => open = Tag::default(),
            _ => {}
        }
    }
    chart
}

impl Chart {
    /// Every text.
    pub(crate) fn texts(&self) -> impl Iterator<Item = &str> {
        let labels = self.labels.iter().map(|label| &label.text);
        let all = std::iter::once(&self.title)
            .chain(&self.descriptions)
            .chain(labels);
        all.map(String::as_str)
    }

    /// The title and the words of the chart, which name its workload and its metric.
    pub(crate) fn words(&self) -> String {
        let labels = self.labels.iter().map(|label| label.text.as_str());
        let words: Vec<&str> = labels
            .filter(|text| groups(text).is_empty() || text.contains('/'))
            .collect();
        format!("{} | {}", self.title, words.join(" | "))
    }

    /// Checks the title, the labels and the descriptions. A label without a value is a tick of an axis: a round number in
    /// monotonic order.
    pub(crate) fn check(&self, attribution: &mut Attribution<'_>) {
        let around = self.words();
        attribution.check("title", &Text::new(&around, &self.title));
        for description in &self.descriptions {
            attribution.check("description", &Text::new(&around, description));
        }
        let mut ticks: Vec<(&Label, f64)> = Vec::new();
        let mut name = String::new();
        for label in &self.labels {
            if !attribution.has_numbers(&label.text) {
                // The mark of the CPUs is on the axis.
                if !label.text.ends_with(" CPUs") {
                    name.clone_from(&label.text);
                }
                continue;
            }
            if self.title.contains(&label.text) {
                continue;
            }
            let groups = groups(&label.text);
            let text = Text {
                row: name.clone(),
                ..Text::new(&around, &label.text)
            };
            let problems = attribution.problems(&text);
            match groups.as_slice() {
                [one] if !problems.is_empty() && is_round(one.value.value) => {
                    ticks.push((label, one.value.value))
                }
                _ => attribution
                    .wrong
                    .extend(problems.into_iter().map(|problem| {
                        format!(
                            "label: {problem}\n    in \"{}\" beside \"{name}\" of \"{}\"",
                            label.text, self.title
                        )
                    })),
            }
        }
        for line in ticks.chunk_by(|a, b| a.0.y == b.0.y || a.0.x == b.0.x) {
            let values: Vec<f64> = line.iter().map(|(_, value)| *value).collect();
            if !(values.is_sorted() || values.iter().rev().is_sorted()) {
                attribution.wrong.push(format!(
                    "ticks {values:?} of \"{}\" are not in order",
                    self.title
                ));
            }
        }
    }
}

/// True for a number with one significant digit, for 15 and 25 times a power of ten, and for zero.
fn is_round(value: f64) -> bool {
    let mantissa = value.abs() / 10f64.powf(value.abs().log10().floor());
    let is_whole = (mantissa - mantissa.round()).abs() < 1e-9;
    value == 0.0
        || is_whole
        || [1.5, 2.5]
            .iter()
            .any(|round| (mantissa - round).abs() < 1e-9)
}
