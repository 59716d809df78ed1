//! Rules for every table: a ratio is the quotient of the figures beside it, and sorts rows as the figures do.

use crate::mentions::names;
use crate::text::Grid;
use crate::written::{Group, groups};

/// Compares the ratios of a table with its figures. Adds the rows in which they differ to `wrong`, and returns the number of
/// ratios that were compared.
pub(crate) fn compare(grid: &Grid, anchors: &[String], wrong: &mut Vec<String>) -> usize {
    let mut compared = 0;
    for (place, heading) in grid.headings.iter().enumerate() {
        let is_ratio = heading.starts_with("x ")
            || heading.starts_with("total over ")
            || heading.starts_with("speed over ");
        let base = names(heading, anchors.iter().map(String::as_str));
        let (true, [base]) = (is_ratio, base.as_slice()) else {
            continue;
        };
        let Some(figures) = figure_column(grid, place) else {
            continue;
        };
        let number = |row: usize, column: usize| -> Option<Group> {
            let found = groups(&grid.rows[row].cells.get(column)?.0);
            found.first().copied()
        };
        let of_base = (0..grid.rows.len()).find(|row| {
            grid.rows[*row]
                .cells
                .first()
                .is_some_and(|cell| cell.0.split(' ').next() == Some(*base))
        });
        let Some(of_base) = of_base.and_then(|row| number(row, figures)) else {
            continue;
        };
        let rows = (0..grid.rows.len())
            .filter_map(|row| Some((row, number(row, place)?, number(row, figures)?)));
        let rows: Vec<(usize, Group, Group)> = rows.collect();
        let is_quotient = |ratio: &Group, figure: &Group, is_inverse: bool| {
            let quotient = figure.value.value / of_base.value.value;
            let quotient = if is_inverse { 1.0 / quotient } else { quotient };
            let rounding: f64 = [ratio, figure, &of_base]
                .iter()
                .map(|one| one.value.half / one.value.value)
                .sum();
            (ratio.value.value / quotient - 1.0).abs() <= rounding * 1.01
        };
        let is_right = |is_inverse: bool| {
            rows.iter()
                .all(|(_, ratio, figure)| is_quotient(ratio, figure, is_inverse))
        };
        compared += rows.len();
        if !is_right(false) && !is_right(true) {
            let shown = rows
                .iter()
                .map(|(row, ..)| format!("{:?}", grid.rows[*row].cells));
            wrong.push(format!(
                "\"{heading}\" of \"{}\" is not the quotient of \"{}\":\n    {}",
                grid.around,
                grid.headings[figures],
                shown.collect::<Vec<_>>().join("\n    ")
            ));
        }
        if !is_right(false) && !is_right(true) {
            continue;
        }
        let sign = if is_right(false) { 1.0 } else { -1.0 };
        for (_, ratio, figure) in &rows {
            for (_, other, beside) in &rows {
                let apart = |a: &Group, b: &Group| {
                    let difference = a.value.value - b.value.value;
                    (difference.abs() > a.value.half + b.value.half).then_some(difference)
                };
                let order = apart(ratio, other).zip(apart(figure, beside));
                if order.is_some_and(|(ratios, figures)| ratios * figures * sign < 0.0) {
                    wrong.push(format!(
                        "\"{heading}\" of \"{}\" sorts rows otherwise than \"{}\"",
                        grid.around, grid.headings[figures]
                    ));
                }
            }
        }
    }
    compared
}

/// The column of figures that the ratios of a column belong to: the last one before it whose heading names no base.
fn figure_column(grid: &Grid, of: usize) -> Option<usize> {
    let is_figure = |column: &usize| {
        let heading = &grid.headings[*column];
        let is_ratio = ["x ", "total over", "step", "speed"]
            .iter()
            .any(|word| heading.starts_with(word));
        let has_number = |row: &crate::text::Row| {
            row.cells
                .get(*column)
                .is_some_and(|(text, is_number)| *is_number && !groups(text).is_empty())
        };
        !is_ratio && grid.rows.iter().any(has_number)
    };
    (1..of).rev().find(is_figure)
}

/// The rules for texts that a text breaks.
pub(crate) fn broken_rules(text: &str) -> Vec<String> {
    let mut broken = Vec::new();
    for word in ["±", "fewer than six", "range of all rounds"] {
        if text.contains(word) {
            broken.push(format!("\"{word}\" in \"{text}\""));
        }
    }
    for (place, word) in text.match_indices(" % ") {
        let behind = &text[place + word.len()..];
        let is_level = ["interval", "confidence"]
            .iter()
            .any(|word| behind.starts_with(word));
        if is_level && !text[..place].ends_with("95") {
            broken.push(format!("a level other than 95 % in \"{text}\""));
        }
    }
    broken
}

#[test]
fn a_ratio_that_is_no_quotient_is_found() {
    let row = |name: &str, figure: &str, ratio: &str| crate::text::Row {
        group: String::new(),
        cells: [(name, false), (figure, true), (ratio, true)]
            .map(|(text, is_number)| (text.to_owned(), is_number))
            .to_vec(),
    };
    let grid = |ratio: &str| Grid {
        headings: ["phase", "tokens/s", "x naive"].map(str::to_owned).to_vec(),
        rows: vec![
            row("naive", "3.10", "1.00x"),
            row("fast", "93.0 [92.1, 94.0]", ratio),
            row("cached", "3070", "990x"),
        ],
        ..Grid::default()
    };
    let anchors = ["naive".to_owned()];
    let (mut right, mut wrong) = (Vec::new(), Vec::new());
    assert_eq!(
        compare(&grid("30.0x [29.0, 31.0]"), &anchors, &mut right),
        3
    );
    compare(&grid("31.0x [30.0, 32.0]"), &anchors, &mut wrong);
    assert!(right.is_empty() && wrong.len() == 1, "{right:?} {wrong:?}");
    assert_eq!(broken_rules("a 75 % interval and 3 ± 1").len(), 2);
    assert!(broken_rules("its 95 % interval, 34 % of it").is_empty());
}
