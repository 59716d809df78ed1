//! Finds for each number of a text the value that it shows. A number without one is an error.

use harness_record::{Check, Data, Record};

use crate::known::Known;
use crate::mentions::whole_words;
use crate::statistics::Computed;
use crate::text::Text;
use crate::written::groups;

/// Sentences of the report on its method. Their numbers are constants.
const METHOD: [&str; 11] = [
    "95 %",
    "95th percentile",
    "at least 4 sizes",
    "at least 4x",
    "more than 10 %",
    "(1 is proportional, 2 quadratic, 0 constant)",
    "74x is 74 times",
    "1/74 one part in 74",
    "excludes 1x",
    "excludes 1",
    "p95",
];

/// Checks texts and remembers the numbers that are not right.
pub(crate) struct Attribution<'a> {
    known: &'a Known<'a>,
    /// Text of the record that has numbers: names, versions, dates.
    literals: Vec<String>,
    pub(crate) wrong: Vec<String>,
    pub(crate) seen: usize,
}

impl<'a> Attribution<'a> {
    pub(crate) fn new(known: &'a Known<'a>) -> Self {
        let mut literals = literals(known.readings.record);
        if let Some(roadmap) = known.roadmap {
            literals.push(roadmap.source.clone());
            for phase in &roadmap.phases {
                literals.extend([phase.title.clone(), phase.when.clone()]);
                for target in &phase.targets {
                    literals.extend([target.range.text(target.metric), target.stated.clone()]);
                }
            }
            for forecast in &roadmap.forecasts {
                literals.extend([forecast.name.clone(), forecast.range.text(forecast.metric)]);
                literals.extend(forecast.test.clone().err());
            }
        }
        // A bare number is a measurement wherever else it stands.
        literals
            .retain(|literal| literal.contains(|c: char| c.is_ascii_digit()) && literal.len() > 3);
        literals.extend(METHOD.map(str::to_owned));
        let exhibits = ["chart", "charts", "table", "tables"];
        literals.extend((1..20).flat_map(|count| exhibits.map(|word| format!("{count} {word}"))));
        literals.sort_by(|a, b| (b.len(), b).cmp(&(a.len(), a)));
        literals.dedup();
        Self {
            known,
            literals,
            wrong: Vec::new(),
            seen: 0,
        }
    }

    /// Checks a text.
    pub(crate) fn check(&mut self, place: &str, text: &Text) {
        for problem in self.problems(text) {
            self.wrong.push(format!(
                "{place}: {problem}\n    in \"{}\" of \"{}\"",
                text.text, text.around
            ));
        }
    }

    /// The numbers of a text that show no value.
    pub(crate) fn problems(&mut self, text: &Text) -> Vec<String> {
        let masked = self.masked(&text.text);
        let groups = groups(&masked);
        if groups.is_empty() {
            return Vec::new();
        }
        self.seen += groups.len();
        let candidates = self.known.candidates(text);
        // The heading of a column, the tick of an axis, or the ends of a sweep.
        let is_bare = text.text.trim_end_matches('*').parse::<f64>().is_ok();
        let is_on_size = is_bare || [" to ", " at "].iter().any(|word| text.text.contains(word));
        let wrong = groups.iter().filter(|group| {
            let is_size = || is_on_size && self.is_size(group.value.value) && group.ends.is_none();
            let follows = self.phase_behind(text, &masked[group.end..]);
            let of_base = follows.map(|base| Text {
                heading: format!("{} | x {base}", text.heading),
                text: String::new(),
                ..text.clone()
            });
            match of_base {
                Some(text) => !self
                    .known
                    .candidates(&text)
                    .iter()
                    .any(|value| group.is(value)),
                None => !candidates.iter().any(|value| group.is(value)) && !is_size(),
            }
        });
        let nearest = |value: f64| -> Option<Computed> {
            let away = |computed: &Computed| (computed.value / value).ln().abs();
            candidates
                .iter()
                .copied()
                .min_by(|a, b| away(a).total_cmp(&away(b)))
        };
        wrong
            .map(|group| {
                format!(
                    "{:?} {:?} shows no value; the nearest is {:?}",
                    group.value.value,
                    group.ends.map(|(low, high)| (low.value, high.value)),
                    nearest(group.value.value)
                )
            })
            .collect()
    }

    /// True if a text has numbers that have to be attributed.
    pub(crate) fn has_numbers(&self, text: &str) -> bool {
        !groups(&self.masked(text)).is_empty()
    }

    /// The phase that directly follows a ratio, as in `1/30.0 reference`.
    fn phase_behind(&self, text: &Text, behind: &str) -> Option<&'a str> {
        let word = behind
            .strip_prefix('x')
            .unwrap_or(behind)
            .strip_prefix(' ')?;
        let word = word.split([' ', '·', '\n']).next()?;
        let is_row_known = !text.row.is_empty();
        self.known
            .anchors
            .iter()
            .map(String::as_str)
            .find(|anchor| *anchor == word && is_row_known)
    }

    /// True if this is a size of a sweep or of a matrix.
    fn is_size(&self, value: f64) -> bool {
        let ids = self.known.readings.workloads();
        let mut sizes = ids
            .iter()
            .flat_map(|id| id.split(['=', ',', '@']))
            .filter_map(|part| part.parse::<f64>().ok());
        sizes.any(|size| size == value)
    }

    /// The text without the literals and without dates.
    fn masked(&self, text: &str) -> String {
        let mut masked = text.to_owned();
        for literal in &self.literals {
            for place in whole_words(text, literal).into_iter().rev() {
                if masked.get(place..place + literal.len()) == Some(literal) {
                    masked.replace_range(place..place + literal.len(), &" ".repeat(literal.len()));
                }
            }
        }
        let is_date = |word: &str| {
            let shape = |c: char| if c.is_ascii_digit() { '0' } else { c };
            let shape: String = word
                .trim_matches(['.', ',', '(', ')', ';', ':'])
                .chars()
                .map(shape)
                .collect();
            ["0000-00-00", "00:00"].contains(&shape.as_str())
        };
        let words = masked
            .split(' ')
            .map(|word| if is_date(word) { "" } else { word });
        words.collect::<Vec<_>>().join(" ")
    }
}

/// Text of a record that is shown as it is.
fn literals(record: &Record) -> Vec<String> {
    let environment = &record.environment;
    let date = |created: &str| {
        created
            .get(..16)
            .map(|date| date.replace('T', " "))
            .unwrap_or_default()
    };
    let mut found = vec![
        date(&record.created),
        record.command.clone(),
        environment.cpu.clone(),
        format!("{} CPUs", environment.cpus),
        format!("{:.2} GB", environment.memory_bytes as f64 / 1e9),
        environment.os.clone(),
        environment.kernel.clone(),
        environment.libc.clone(),
        environment.target.clone(),
        environment.rustc.clone(),
        environment.isa.clone(),
    ];
    found.extend(environment.valgrind.clone());
    found.extend(
        environment
            .revision
            .iter()
            .map(|revision| revision.chars().take(12).collect()),
    );
    let about = &record.about;
    found.extend(
        about
            .workloads
            .values()
            .chain(about.phases.values())
            .cloned(),
    );
    for row in &record.rows {
        found.extend([
            row.workload.clone(),
            row.phase.clone(),
            row.definition.clone(),
        ]);
        found.extend(
            row.workload
                .split('@')
                .skip(1)
                .flat_map(|sizes| sizes.split(','))
                .map(|pair| pair.replace('=', " ")),
        );
        if let Check::Failed(message) | Check::NotRun(message) = &row.check {
            found.push(message.clone());
        }
        found.extend(row.failures.iter().map(|failure| failure.message.clone()));
        for reading in &row.readings {
            found.push(reading.isa.clone());
            found.extend(["thread", "threads"].map(|word| format!("{} {word}", reading.threads)));
            if let Data::Clock { session, .. } = &reading.data {
                found.push(session.clone());
            }
        }
    }
    found
}
