//! The table of counts after a change.

use harness_abtest::Side;
use harness_judge::compare::{Comparability, Comparison, grouped};
use harness_probe::Instrument;
use harness_record::distinct::distinct;
use harness_record::metric::{Figure, Metric, Quantity};
use harness_record::number;

use crate::render::{Cell, Table, Tone};
use crate::tables::comparisons::{self, figure};

/// A figure compared with the last build and with the first one of the session.
#[derive(Clone, Copy)]
struct Double<'a> {
    last: &'a Comparison,
    first: Option<&'a Comparison>,
}

/// One row for each figure that differs from the last build or from the first one of the session; `first` is none if
/// the two are the same. Equal figures are summed up in one quiet row for each instrument, so that changes stand out.
/// The notes list every reason why something does not compare, once, except reasons that are reported with the new
/// counts.
pub fn counts_table(last: &[Comparison], first: Option<&[Comparison]>) -> Table {
    let of = |comparison: &Comparison| (comparison.workload.clone(), comparison.head_phase.clone());
    let counterpart = |comparison: &Comparison| {
        let same = |other: &&Comparison| {
            of(other) == of(comparison)
                && other.metric.map(Metric::name) == comparison.metric.map(Metric::name)
        };
        first.and_then(|first| first.iter().find(same))
    };
    let mut lines: Vec<Line<'_>> = Vec::new();
    for place in distinct(last.iter().map(of)) {
        let here = last.iter().filter(|row| of(row) == place);
        let doubles = here.map(|last| Double {
            last,
            first: counterpart(last),
        });
        let (quiet, loud): (Vec<_>, Vec<_>) = doubles.partition(Double::is_quiet);
        let start = lines.len();
        lines.extend(loud.into_iter().map(|double| Line {
            double,
            begins: false,
            more: 0,
        }));
        for instrument in Instrument::ALL {
            let mut quiet = quiet
                .iter()
                .filter(|double| is_read_by(double.last, instrument));
            lines.extend(quiet.next().map(|double| Line {
                double: *double,
                begins: false,
                more: quiet.count(),
            }));
        }
        lines[start..]
            .iter_mut()
            .take(1)
            .for_each(|line| line.begins = true);
    }
    let incomparable = last.iter().filter(|row| {
        row.state != Comparability::Comparable && !is_reported_by_the_run(&row.state)
    });
    Table::of("counts, compared with the last build", lines)
        .left("workload", "workload", |line| {
            line.name(|last| &last.workload)
        })
        .left("phase", "phase", |line| line.name(|last| &last.head_phase))
        .left("metric", "metric", |line| {
            Cell::text(line.title()).toned(line.tone())
        })
        .right("before", "before", |line| {
            line.figure(line.double.last.base)
        })
        .right("after", "after", |line| line.figure(line.double.last.head))
        .left("change", "change", |line| change(line.double.last))
        .left_if(first.is_some(), "since_start", "since the start", |line| {
            line.double.first.map(change)
        })
        .notes(grouped(
            incomparable.map(|row| (row.place(), row.state.to_string())),
        ))
}

/// A row of the table.
struct Line<'a> {
    double: Double<'a>,
    /// True for the first row of a workload and phase.
    begins: bool,
    /// The number of other equal figures that the row stands for.
    more: usize,
}

impl Line<'_> {
    fn name(&self, of: fn(&Comparison) -> &String) -> Cell {
        Cell::text(if self.begins {
            of(self.double.last)
        } else {
            ""
        })
    }

    fn title(&self) -> String {
        let Comparison { metric, unit, .. } = self.double.last;
        let title = metric.map_or_else(String::new, |metric| metric.title_per(&unit.name));
        if self.more > 0 {
            format!("{title}, and {} more", self.more)
        } else {
            title
        }
    }

    fn tone(&self) -> Tone {
        if self.double.last.equal() {
            Tone::Quiet
        } else {
            Tone::Plain
        }
    }

    fn figure(&self, side: Option<Figure>) -> Cell {
        match self.more {
            0 => every_digit(figure(self.double.last, side), self.double.last).toned(self.tone()),
            // The values of the first figure would be mistaken for those of all.
            _ => Cell::text(""),
        }
    }
}

/// Returns true if the reason lies in the new counts, which are reported with it.
fn is_reported_by_the_run(state: &Comparability) -> bool {
    matches!(
        state,
        Comparability::FailedCheck {
            place: Side::Head,
            ..
        } | Comparability::Missing {
            place: Side::Head,
            ..
        }
    )
}

/// Shows instructions with all digits, because three digits would hide a change of a thousandth.
fn every_digit(cell: Cell, comparison: &Comparison) -> Cell {
    let is_instructions = comparison
        .metric
        .is_some_and(|metric| metric.quantity() == Quantity::Instructions);
    match cell.value.as_f64().filter(|_| is_instructions) {
        Some(value) => Cell {
            text: number::exact(value.round()),
            ..cell
        },
        None => cell,
    }
}

/// The change, or one word for the reason why the figures do not compare.
fn change(comparison: &Comparison) -> Cell {
    match &comparison.state {
        Comparability::Comparable if comparison.equal() => Cell::text("equal").toned(Tone::Quiet),
        Comparability::Comparable => comparisons::change(comparison),
        state @ Comparability::FailedCheck { .. } => Cell::text(state.name()).toned(Tone::Bad),
        state => Cell::text(state.name()).toned(Tone::Notice),
    }
}

impl Double<'_> {
    fn is_quiet(&self) -> bool {
        self.last.equal() && self.first.is_none_or(Comparison::equal)
    }
}

fn is_read_by(comparison: &Comparison, instrument: Instrument) -> bool {
    comparison
        .metric
        .is_some_and(|metric| metric.instrument() == instrument)
}

#[cfg(test)]
mod tests {
    use harness_judge::compare::{RecordView, compare};
    use harness_record::sample::{callgrind, dhat, record, row};
    use harness_record::{Check, Record};

    use super::*;
    use crate::render::Format;

    /// Three workloads with their counts.
    fn counted(decode: u64, blocks: u64, gelu: u64) -> Record {
        record(vec![
            row(
                "medium/decode",
                "optimized",
                vec![callgrind(decode), dhat(64 * blocks, blocks)],
            ),
            row(
                "kernel/gelu",
                "optimized",
                vec![callgrind(gelu), dhat(0, 0)],
            ),
            row("kernel/softmax", "optimized", vec![callgrind(900)]),
        ])
    }

    fn rendered(last: &Record, first: Option<&Record>, now: &Record) -> (String, Table) {
        let compared_with = |record| compare(RecordView::record(record), RecordView::record(now));
        let table = counts_table(&compared_with(last), first.map(compared_with).as_deref());
        (
            anstream::adapter::strip_str(&Format::TABLE.render(std::slice::from_ref(&table)))
                .to_string(),
            table,
        )
    }

    #[test]
    fn a_change_stands_out_among_what_is_equal() {
        let (text, table) = rendered(&counted(50_000, 2, 700), None, &counted(51_000, 3, 650));
        insta::assert_snapshot!(text);
        let change = |row: &[Cell]| (row[5].text.clone(), row[5].tone);
        let tones: Vec<(String, Tone)> = table.rows.iter().map(|row| change(row)).collect();
        assert!(
            tones.contains(&("+2.0 %".to_owned(), Tone::Bad)),
            "{tones:?}"
        );
        assert!(
            tones.contains(&("-7.1 %".to_owned(), Tone::Good)),
            "{tones:?}"
        );
        assert!(
            tones
                .iter()
                .all(|(text, tone)| (text == "equal") == (*tone == Tone::Quiet)),
            "{tones:?}"
        );
    }

    #[test]
    fn what_an_earlier_change_did_is_still_told() {
        let (text, _) = rendered(
            &counted(51_000, 3, 700),
            Some(&counted(50_000, 2, 700)),
            &counted(51_000, 3, 690),
        );
        insta::assert_snapshot!(text);
    }

    #[test]
    fn what_does_not_compare_is_told_with_the_reason() {
        let (before, mut now) = (counted(50_000, 2, 700), counted(50_000, 2, 700));
        now.rows[0].check = Check::Failed("token 3 is 17, not 12".to_owned());
        now.rows[1].definition.push_str(" changed");
        now.rows[2].workload = "kernel/new".to_owned();
        insta::assert_snapshot!(rendered(&before, Some(&before), &now).0);
    }
}
