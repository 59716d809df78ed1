//! The figures of commands as a table: one row for each command.

use harness_record::metric::{self, Figure, Quantity, process};
use harness_record::{Record, Row, number};

use crate::render::{Cell, Table, Tone};

/// The command that does nothing, which shows the cost of starting a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Startup {
    /// Its phase in the record.
    pub phase: String,
    /// True if it is a shell, which runs the commands.
    pub is_shell: bool,
}

/// The table of a record whose phases are commands. `exact` adds the columns for programs.
pub fn table(record: &Record, startup: &Startup, exact: bool) -> Table {
    let first = record.rows.first();
    let empty = record.rows.iter().find(|row| row.phase == startup.phase);
    let is_command = |row: &&Row| row.phase != startup.phase;
    let has_several = record.rows.iter().filter(is_command).count() > 1;
    let own = |row: &Row| without_startup(row, empty?).filter(|_| startup.is_shell);
    let interval = |row: &Row| figure("time", row)?.interval;
    let mut table = Table::of(
        "",
        record.rows.iter().filter(|row| exact || is_command(row)),
    )
    .left("command", "command", |row| &row.phase)
    .right("time_seconds", "time", |row| shown("time", row))
    .right_if(exact, "time_seconds_low", "low", |row| {
        interval(row).map(|ends| ends.low)
    })
    .right_if(exact, "time_seconds_high", "high", |row| {
        interval(row).map(|ends| ends.high)
    })
    .right_if(has_several, "ratio_to_first", "x first", |row| {
        ratio(first?, row).filter(|_| is_command(row))
    })
    .right("time_without_shell_seconds", "without shell", |row| {
        own(row).map(|seconds| Cell::plain(Quantity::Seconds, seconds))
    })
    .right("user_seconds", "user", |row| shown("user-time", row))
    .right("system_seconds", "system", |row| shown("system-time", row))
    .right("peak_rss_bytes", "peak memory", |row| {
        shown("peak-rss", row)
    })
    .right_if(exact, "page_faults", "page faults", |row| {
        process::page_faults(row)
    })
    .right_if(exact, "context_switches", "switches", |row| {
        process::context_switches(row)
    })
    .right("instructions", "instructions", |row| {
        shown("instructions", row)
    })
    .right("exit_status", "exit status", |row| {
        process::exit_status(row)
    })
    .table
    .without_columns_of(|cell| cell.value.is_null() && cell.tone != Tone::Notice);
    table.notes = notes(record, startup, empty);
    table
}

fn notes(record: &Record, startup: &Startup, empty: Option<&Row>) -> Vec<String> {
    let time = |row: &Row| figure("time", row);
    let mut notes = Vec::new();
    if let Some(rounds) = record.rows.iter().filter_map(|row| time(row)?.rounds).max() {
        notes.push(format!(
            "[low, high] is the 95 % interval over {rounds} rounds, in which all commands alternate."
        ));
    }
    if let Some(time) = empty.and_then(time) {
        let cost = number::plain(Quantity::Seconds, time.value);
        notes.push(match startup.is_shell {
            true => format!("An empty shell takes {cost}; the column without shell is the time minus this."),
            false => format!("An empty program (true) takes {cost}; each time contains that much for starting a process."),
        });
    }
    notes
}

/// The time of a command without that of the empty shell; none if it is not longer.
fn without_startup(row: &Row, empty: &Row) -> Option<f64> {
    let own = figure("time", row)?.value - figure("time", empty)?.value;
    (own > 0.0).then_some(own)
}

fn figure(name: &str, row: &Row) -> Option<Figure> {
    metric::by_name(name)?.figure(row)
}

/// A figure; a word if it failed.
fn shown(name: &str, row: &Row) -> Cell {
    let Some(metric) = metric::by_name(name) else {
        return Cell::missing();
    };
    match (metric.figure(row), row.failure(metric.instrument())) {
        (Some(figure), _) => Cell::number(figure.value, number::figure(metric.quantity(), &figure)),
        (None, Some(_)) => Cell::no_number("failed").toned(Tone::Notice),
        (None, None) => Cell::missing(),
    }
}

/// The time as a multiple of that of the first command.
fn ratio(first: &Row, row: &Row) -> Option<Cell> {
    let ratio = metric::by_name("time")?.ratio(first, row)?;
    let text = match std::ptr::eq(first, row) {
        true => "1".to_owned(),
        false => number::ratio_figure(&ratio),
    };
    Some(Cell::number(ratio.value, text))
}

#[cfg(test)]
mod tests {
    use harness_record::sample;

    use super::*;
    use crate::render::Format;

    const SHELL: &str = "(an empty shell)";

    fn startup(is_shell: bool) -> Startup {
        Startup {
            phase: SHELL.to_owned(),
            is_shell,
        }
    }

    /// Commands with these times in milliseconds, measured in turn; the last one is the empty shell.
    fn record(times: &[(&str, u64)]) -> Record {
        let row = |(phase, milliseconds): &(&str, u64)| {
            let rounds = [milliseconds * 1_000_000; 4];
            sample::row("commands", phase, vec![sample::clock("one", &rounds)])
        };
        sample::record(times.iter().map(row).collect())
    }

    fn shown(record: &Record, startup: &Startup) -> String {
        Format::TABLE.render(&[table(record, startup, false)])
    }

    #[test]
    fn one_command_has_no_ratio() {
        let text = shown(&record(&[("a b", 10), (SHELL, 1)]), &startup(false));
        assert!(text.contains("a b") && !text.contains("x first"), "{text}");
        assert!(text.contains("takes 1.00 ms"), "{text}");
    }

    #[test]
    fn the_time_of_a_shell_is_a_column_of_its_own() {
        let table = table(
            &record(&[("a", 10), ("b", 20), (SHELL, 1)]),
            &startup(true),
            true,
        );
        let place = |key: &str| table.columns.iter().position(|column| column.key == key);
        let (own, ratio) = (
            place("time_without_shell_seconds").expect("shown"),
            place("ratio_to_first").expect("shown"),
        );
        assert_eq!(table.rows.len(), 3);
        let value = |row: usize, column: usize| table.rows[row][column].value.as_f64();
        assert!((value(1, own).expect("there") - 0.019).abs() < 1e-9);
        assert!((value(1, ratio).expect("there") - 2.0).abs() < 1e-9);
        assert_eq!(value(2, own), None, "the shell itself");
    }
}
