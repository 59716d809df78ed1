//! Annotations of GitHub: workflow commands, which a step prints and GitHub shows on the files of a pull request.
//!
//! GitHub shows at most ten of each kind for a step, and drops the others silently. The last of ten states how many are
//! left out.

use super::{Exporter, Outcome, Results, Row};

/// Lines such as `::error file=F,line=1,title=T::TEXT`.
pub(super) struct Annotations;

/// Most annotations of a kind that GitHub shows for a step.
const MOST: usize = 10;
/// Most characters of a title. GitHub cuts longer ones.
const TITLE: usize = 250;
/// Most characters of a text, so that all of them stay far below the 64 KB that GitHub shows of one.
const TEXT: usize = 4000;

impl Exporter for Annotations {
    fn name(&self) -> &'static str {
        "github-annotations"
    }

    fn help(&self) -> &'static str {
        "Workflow commands of GitHub, at most ten of a kind"
    }

    fn export(&self, results: &Results) -> String {
        // The verdict on everything is an annotation, too.
        let groups: [(&str, &[Outcome], usize); 3] = [
            ("error", &[Outcome::Regressed], MOST - 1),
            (
                "warning",
                &[Outcome::NotJudged, Outcome::Inconclusive],
                MOST,
            ),
            ("notice", &[Outcome::Improved], MOST - 1),
        ];
        let shown = groups
            .into_iter()
            .map(|(kind, outcomes, room)| shown(kind, &of(results, outcomes), room));
        let text: String = shown.collect();
        let kind = match results.outcome {
            Outcome::Regressed | Outcome::NotJudged => "error",
            _ => "notice",
        };
        command(kind, None, "harness", &results.headline) + &text
    }
}

/// The rows with one of these outcomes, in the order of the outcomes.
fn of<'a>(results: &'a Results, outcomes: &[Outcome]) -> Vec<&'a Row> {
    let of_one = |outcome: &Outcome| {
        let outcome = *outcome;
        results
            .rows
            .iter()
            .filter(move |row| row.outcome == outcome)
    };
    outcomes.iter().flat_map(of_one).collect()
}

/// At most `room` annotations of one kind.
fn shown(kind: &str, rows: &[&Row], room: usize) -> String {
    let fitting = match rows.len() > room {
        true => room - 1,
        false => rows.len(),
    };
    let (shown, rest) = rows.split_at(fitting);
    let annotation = |row: &&Row| {
        let title = format!("{} {}: {}", row.place(), row.metric(), row.verdict);
        let place = row
            .file
            .as_deref()
            .map(|file| (file, row.line.unwrap_or(1)));
        command(kind, place, &title, &row.sentence())
    };
    let mut text: String = shown.iter().map(annotation).collect();
    if !rest.is_empty() {
        let sentence = format!(
            "{} more figures are left out, because GitHub shows at most {MOST} annotations of a kind; the step summary has all",
            rest.len()
        );
        text += &command(kind, None, "harness", &sentence);
    }
    text
}

fn command(kind: &str, place: Option<(&str, u32)>, title: &str, text: &str) -> String {
    let place = place.map(|(file, line)| format!("file={},line={line},", property(file)));
    let title = property(&shortened(title, TITLE));
    let text = data(&shortened(text, TEXT));
    format!(
        "::{kind} {}title={title}::{text}\n",
        place.unwrap_or_default()
    )
}

/// Text after `::`, in which a line break would end the command.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// The value of a property, which a comma or a colon would end.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

fn shortened(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
