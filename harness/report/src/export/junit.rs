//! JUnit XML: a test case for each figure, which most CI systems show beside the tests.
//!
//! There is no standard. Elements and attributes are those that GitLab, Jenkins and GitHub actions read: a regression is
//! a `failure`, a number that is missing an `error`, an inconclusive one is `skipped`. The first case is the verdict on
//! everything, so that a command without figures is no empty and therefore green file.

use super::{Exporter, Outcome, Results, Row};

/// One suite for each workload, one case for each figure.
pub(super) struct JUnit;

impl Exporter for JUnit {
    fn name(&self) -> &'static str {
        "junit"
    }

    fn help(&self) -> &'static str {
        "JUnit XML: a test case for each figure"
    }

    fn export(&self, results: &Results) -> String {
        let verdict = Case {
            class: "harness".to_owned(),
            name: format!("verdict of {}", results.kind),
            row: None,
            outcome: results.outcome,
            kind: "verdict",
            message: results.headline.clone(),
            detail: results.notes.join("\n"),
        };
        let unmatched = results.unmatched.iter().map(|sentence| Case {
            class: "harness".to_owned(),
            name: sentence.clone(),
            row: None,
            outcome: Outcome::Inconclusive,
            kind: "unmatched",
            message: sentence.clone(),
            detail: String::new(),
        });
        let first: Vec<_> = std::iter::once(verdict).chain(unmatched).collect();
        let mut suites = vec![("harness", first)];
        for row in &results.rows {
            let case = Case::of(row);
            match suites
                .iter_mut()
                .skip(1)
                .find(|(name, _)| *name == row.workload)
            {
                Some((_, cases)) => cases.push(case),
                None => suites.push((&row.workload, vec![case])),
            }
        }
        let all = suites.iter().flat_map(|(_, cases)| cases);
        let mut text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"harness\"{} time=\"0\">\n",
            Tally::of(all)
        );
        let created = results
            .created
            .as_deref()
            .map(|time| time.trim_end_matches('Z'));
        let timestamp = created.map(|time| attribute("timestamp", time));
        for (name, cases) in &suites {
            text += &format!(
                "  <testsuite{}{}{} time=\"0\">\n",
                attribute("name", name),
                Tally::of(cases),
                timestamp.as_deref().unwrap_or_default()
            );
            text.extend(cases.iter().map(Case::xml));
            text += "  </testsuite>\n";
        }
        text + "</testsuites>\n"
    }
}

/// A test case.
struct Case<'a> {
    class: String,
    name: String,
    row: Option<&'a Row>,
    outcome: Outcome,
    /// The `type` of a failure or an error.
    kind: &'a str,
    message: String,
    detail: String,
}

impl<'a> Case<'a> {
    fn of(row: &'a Row) -> Self {
        Self {
            class: row.place(),
            name: row.metric().to_owned(),
            row: Some(row),
            outcome: row.outcome,
            kind: &row.verdict,
            message: row.sentence(),
            detail: row.figures(),
        }
    }

    fn xml(&self) -> String {
        let file = self.row.and_then(|row| row.file.as_deref());
        let line = self.row.and_then(|row| row.line);
        let place = [
            file.map(|file| attribute("file", file)),
            line.map(|line| attribute("line", &line.to_string())),
        ];
        let message = attribute("message", &self.message);
        let kind = attribute("type", self.kind);
        let detail = escaped(&self.detail);
        let result = match self.outcome {
            Outcome::Regressed => format!("<failure{message}{kind}>{detail}</failure>"),
            Outcome::NotJudged => format!("<error{message}{kind}>{detail}</error>"),
            Outcome::Inconclusive => format!("<skipped{message}/>"),
            Outcome::Improved | Outcome::Passed | Outcome::Measured => {
                let text = escaped(&format!("{}\n{}", self.message, self.detail));
                format!("<system-out>{}</system-out>", text.trim_end())
            }
        };
        format!(
            "    <testcase{}{}{} time=\"0\">{result}</testcase>\n",
            attribute("classname", &self.class),
            attribute("name", &self.name),
            place.into_iter().flatten().collect::<String>(),
        )
    }
}

/// Numbers of cases, as attributes.
struct Tally {
    all: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
}

impl Tally {
    fn of<'a>(cases: impl IntoIterator<Item = &'a Case<'a>>) -> Self {
        let mut tally = Self {
            all: 0,
            failures: 0,
            errors: 0,
            skipped: 0,
        };
        for case in cases {
            tally.all += 1;
            match case.outcome {
                Outcome::Regressed => tally.failures += 1,
                Outcome::NotJudged => tally.errors += 1,
                Outcome::Inconclusive => tally.skipped += 1,
                Outcome::Improved | Outcome::Passed | Outcome::Measured => {}
            }
        }
        tally
    }
}

impl std::fmt::Display for Tally {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            all,
            failures,
            errors,
            skipped,
        } = self;
        write!(
            f,
            " tests=\"{all}\" failures=\"{failures}\" errors=\"{errors}\" skipped=\"{skipped}\""
        )
    }
}

fn attribute(name: &str, value: &str) -> String {
    // A line break in an attribute is read as a space.
    format!(" {name}=\"{}\"", escaped(&value.replace('\n', " ")))
}

/// Text for XML 1.0, which has no escape for most control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\n' | '\t' => escaped.push(c),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}
