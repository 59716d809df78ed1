use proptest::prelude::*;

use super::*;
use crate::render::{Cell, Column};

fn table(rows: &[&[&str]], columns: &[(&str, Align)]) -> Table {
    let columns = columns
        .iter()
        .map(|&(heading, align)| Column {
            align,
            ..Column::left(heading, heading)
        })
        .collect();
    let mut table = Table::new("", columns);
    for row in rows {
        table
            .rows
            .push(row.iter().map(|text| Cell::text(*text)).collect());
    }
    table
}

fn width(table: &Table) -> usize {
    let column = |column: usize| {
        let lines = texts(table, column).flat_map(str::lines);
        lines.map(size).max().unwrap_or(0)
    };
    let columns = table.columns.len();
    (0..columns).map(column).sum::<usize>() + 2 * columns.saturating_sub(1)
}

#[test]
fn a_name_without_a_place_to_break_loses_its_middle() {
    assert_eq!(cell("a_name_that_has_no_separator", 12), ["a_name…rator"]);
    assert_eq!(cell("kernel/gelu/32768", 12), ["kernel/gelu/", "32768"]);
    // Numbers stay whole, whatever their width.
    for number in [
        "123,456,789,012",
        "[1,234.5",
        "+12.345678901%",
        "1/14.500000000",
    ] {
        assert_eq!(cell(number, 5), [number]);
    }
}

#[test]
fn a_table_of_many_numbers_is_divided_and_repeats_its_names() {
    let columns: Vec<(String, Align)> = (0..6)
        .map(|number| match number {
            0 => ("workload".to_owned(), Align::Left),
            _ => (format!("count {number}"), Align::Right),
        })
        .collect();
    let columns: Vec<(&str, Align)> = columns
        .iter()
        .map(|(name, align)| (name.as_str(), *align))
        .collect();
    let row = [
        "kernel/gelu/32768",
        "1,234,567,890",
        "1,234,567,890",
        "1,234,567,890",
        "1,234,567,890",
        "1",
    ];
    let wide = table(&[&row], &columns);
    assert_eq!(fitted(&wide, 200).len(), 1);
    let narrow = fitted(&wide, 60);
    let headings: Vec<Vec<&str>> = narrow
        .iter()
        .map(|table| {
            table
                .columns
                .iter()
                .map(|column| column.heading.as_str())
                .collect()
        })
        .collect();
    assert_eq!(
        headings,
        [
            vec!["workload", "count 1", "count 2", "count 3"],
            vec!["workload", "count 4", "count 5"]
        ]
    );
    assert!(narrow.iter().all(|table| width(table) <= 60));
}

#[test]
fn a_heading_is_broken_before_a_name_is() {
    let wide = table(
        &[&["kernel/gelu/32768", "12"]],
        &[
            ("workload", Align::Left),
            ("instructions of one run", Align::Right),
        ],
    );
    let narrow = &fitted(&wide, 32)[0];
    assert_eq!(narrow.rows[0][0].text, "kernel/gelu/32768");
    assert_eq!(narrow.columns[1].heading, "instructions\nof one run");
}

#[test]
fn a_sentence_is_wrapped_and_its_long_words_are_divided() {
    assert_eq!(sentence("one two three", 9, 2), ["one two", "  three"]);
    assert_eq!(
        sentence("see /a/very/long/path/of/a/file", 14, 2),
        ["see /a/very/", "  long/path/", "  of/a/file"]
    );
    assert_eq!(
        sentence(&"x".repeat(30), 14, 2).concat().replace(' ', ""),
        "x".repeat(30)
    );
}

proptest! {
    #[test]
    fn any_names_and_numbers_fit(
        names in prop::collection::vec("[a-z_/=,@ ]{0,90}", 1..4),
        numbers in prop::collection::vec("[0-9]{1,3}(,[0-9]{3}){0,4}( %)?", 8),
        most in 60_usize..130,
    ) {
        let columns: Vec<(&str, Align)> = [("workload", Align::Left), ("phase", Align::Left)]
            .into_iter()
            .chain(numbers.iter().map(|_| ("a count of things", Align::Right)))
            .collect();
        let rows: Vec<Vec<&str>> = names
            .iter()
            .map(|name| [name.as_str(), "optimized"].into_iter().chain(numbers.iter().map(String::as_str)).collect())
            .collect();
        let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
        let wide = table(&rows, &columns);
        let narrow = fitted(&wide, most);
        for part in &narrow {
            prop_assert!(width(part) <= most, "{part:?}");
        }
        // No number is lost or changed.
        let shown: Vec<&str> = narrow.iter().flat_map(|part| {
            let names = part.columns.iter().take_while(|column| column.align == Align::Left).count();
            part.rows[0][names..].iter().map(|cell| cell.text.as_str())
        }).collect();
        let expected: Vec<&str> = numbers.iter().map(String::as_str).collect();
        prop_assert_eq!(shown, expected);
    }

    #[test]
    fn any_sentence_fits(text in r"[a-z/,. ]{0,200}", width in 20_usize..130) {
        for line in sentence(&text, width, 2) {
            prop_assert!(line.chars().count() <= width, "{line}");
        }
    }
}
