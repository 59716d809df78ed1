//! Tables of the scores.

use harness_report::render::{Cell, Column, Table};

use super::{KnownSeries, Score, score, seconds_for};

/// Margins at which injected and annotated steps are scored, in values.
const MARGINS: [usize; 2] = [2, 5];

/// A method with the steps that it found in each series.
#[derive(Debug)]
pub struct Scored {
    /// Name of the method.
    pub name: &'static str,
    /// The steps, in the order of the series.
    pub found: Vec<Vec<usize>>,
}

/// Tables of the scores of all sets: sets with steps, steps where there are none, and every published series.
pub fn sets(series: &[KnownSeries], methods: &[Scored]) -> Vec<Table> {
    let mut names: Vec<&str> = Vec::new();
    for one in series {
        if !names.contains(&one.set.as_str()) {
            names.push(&one.set);
        }
    }
    vec![
        with_steps(series, methods, &names),
        without_steps(series, methods, &names),
        published(series, methods),
    ]
    .into_iter()
    .filter(|table| !table.rows.is_empty())
    .collect()
}

fn with_steps(series: &[KnownSeries], methods: &[Scored], names: &[&str]) -> Table {
    let mut columns = vec![
        Column::left("set", "set"),
        Column::right("series", "series"),
        Column::right("margin", "margin"),
    ];
    for Scored { name, .. } in methods {
        columns.extend(["precision", "recall", "F1"].map(|figure| heading(name, figure)));
    }
    let mut table = Table::new("Series with steps: precision, recall and F1", columns);
    for name in names {
        for margin in MARGINS {
            let chosen = |one: &KnownSeries| one.set == *name && !is_injected_without_step(one);
            let members = members(series, chosen);
            if members.is_empty() {
                continue;
            }
            let mut row = vec![Cell::text(*name), whole(members.len()), whole(margin)];
            for method in methods {
                let Score {
                    precision,
                    recall,
                    f1,
                } = mean(series, &members, method, margin);
                row.extend([precision, recall, f1].map(share));
            }
            table.rows.push(row);
        }
    }
    table
}

fn without_steps(series: &[KnownSeries], methods: &[Scored], names: &[&str]) -> Table {
    let mut columns = vec![
        Column::left("set", "set"),
        Column::right("series", "series"),
        Column::right("values", "values"),
    ];
    columns.extend(methods.iter().map(|method| heading(method.name, "")));
    let title = "Series without a step: steps found per 1,000 values";
    let mut table = Table::new(title, columns);
    for name in names {
        let members = members(series, |one| {
            one.set == *name && is_injected_without_step(one)
        });
        if members.is_empty() {
            continue;
        }
        let values: usize = members.iter().map(|&at| series[at].values.len()).sum();
        let mut row = vec![Cell::text(*name), whole(members.len()), whole(values)];
        for method in methods {
            let found: usize = members.iter().map(|&at| method.found[at].len()).sum();
            row.push(share(1000.0 * found as f64 / values as f64));
        }
        table.rows.push(row);
    }
    table
}

/// F1 of every series that more than one person annotated.
fn published(series: &[KnownSeries], methods: &[Scored]) -> Table {
    let mut columns = vec![
        Column::left("series", "series"),
        Column::right("values", "values"),
        Column::right("annotators", "annotators"),
    ];
    columns.extend(methods.iter().map(|method| heading(method.name, "F1")));
    let mut table = Table::new("Published series: F1 with a margin of 5 values", columns);
    for at in members(series, |one| one.annotations.len() > 1) {
        let one = &series[at];
        let mut row = vec![
            Cell::text(&one.name),
            whole(one.values.len()),
            whole(one.annotations.len()),
        ];
        for method in methods {
            row.push(share(mean(series, &[at], method, 5).f1));
        }
        table.rows.push(row);
    }
    table
}

/// Times of `history` for long series.
pub fn time_table(series: &[KnownSeries]) -> Table {
    let columns = vec![
        Column::left("series", "series"),
        Column::left("steps", "steps"),
        Column::right("values", "values"),
        Column::right("milliseconds", "milliseconds"),
    ];
    let mut table = Table::new("Time of `history` for one long series", columns);
    for one in series {
        let milliseconds = 1000.0 * seconds_for(&one.values);
        table.rows.push(vec![
            Cell::text(&one.set),
            Cell::text(&one.name),
            whole(one.values.len()),
            Cell::number(milliseconds, format!("{milliseconds:.1}")),
        ]);
    }
    table
}

/// An annotator may see no step in a published series, which still counts as one with steps.
fn is_injected_without_step(one: &KnownSeries) -> bool {
    one.annotations.len() == 1 && one.is_without_step()
}

fn members(series: &[KnownSeries], chosen: impl Fn(&KnownSeries) -> bool) -> Vec<usize> {
    (0..series.len())
        .filter(|&at| chosen(&series[at]))
        .collect()
}

fn mean(series: &[KnownSeries], members: &[usize], method: &Scored, margin: usize) -> Score {
    let scores = members
        .iter()
        .map(|&at| score(&series[at].annotations, &method.found[at], margin));
    Score::mean(&scores.collect::<Vec<_>>())
}

fn heading(method: &str, figure: &str) -> Column {
    let heading = format!("{method} {figure}").trim_end().to_owned();
    Column::right(&heading.to_lowercase().replace(' ', "_"), &heading)
}

fn whole(number: usize) -> Cell {
    Cell::number(number as f64, number.to_string())
}

fn share(value: f64) -> Cell {
    Cell::number(value, format!("{value:.3}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_set_has_its_scores_or_its_false_alarms() {
        let of = |set: &str, annotations: Vec<Vec<usize>>| KnownSeries {
            set: set.to_owned(),
            name: "one".to_owned(),
            values: vec![1.0; 100],
            annotations,
        };
        let series = [
            of("injected", vec![vec![50]]),
            of("injected", vec![vec![]]),
            of("published", vec![vec![], vec![20]]),
        ];
        let method = Scored {
            name: "method",
            found: vec![vec![51], vec![10, 30], vec![]],
        };
        let tables = sets(&series, &[method]);
        let texts = |table: &Table| -> Vec<Vec<String>> {
            let row = |row: &Vec<Cell>| row.iter().map(|cell| cell.text.clone()).collect();
            table.rows.iter().map(row).collect()
        };
        assert_eq!(
            texts(&tables[0])[0],
            ["injected", "1", "2", "1.000", "1.000", "1.000"]
        );
        assert_eq!(texts(&tables[1]), [["injected", "1", "100", "20.000"]]);
        assert_eq!(texts(&tables[2]), [["one", "100", "2", "0.857"]]);
    }
}
