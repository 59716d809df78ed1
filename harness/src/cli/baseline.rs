//! `harness baseline`: saves, lists and shows stored counts.

mod lower;

use std::io::{BufRead, IsTerminal};
use std::path::PathBuf;

use anyhow::{Context, Result, bail};
use clap::{Args, Subcommand};
use harness::project::Project;
use harness::terminal::{Status, exact, notice, print_on_stderr, problem, show};
use harness_abtest::Side;
use harness_judge::compare::{Comparability, Comparison, RecordView, compare};
use harness_record::baseline::{Baseline, BaselineError, Store};
use harness_record::limits::Limits;
use harness_record::{Environment, Record, metric, number};
use harness_report::render::{Cell, Column, Format, Table, Tone};
use harness_report::tables::comparisons;

use super::compared;
use crate::cli::{call, lock_baselines};

/// Saves, lists and shows baselines: the stored counts that `harness gate` compares with
#[derive(Args)]
pub(crate) struct Stored {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Save(Save),
    /// Lists the baselines: toolchain, number of rows, date, revision and machine
    List {
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
    /// Shows the counts of a baseline
    Show {
        /// Key, as `harness baseline list` shows it [default: the only one, or the one that fits the newest record]
        key: Option<String>,
        /// Output format
        #[arg(long, value_enum, default_value_t)]
        format: Format,
    },
}

/// Saves the counts of a record as the baseline of its toolchain, after showing the difference
///
/// A baseline is a folder to be committed to git: `counts.csv` has the raw counts, and `environment.json` the machine
/// and the revision they were measured on. A project without `limits.toml` beside it gets one with the built-in limits.
#[derive(Args)]
struct Save {
    /// Record to save [default: the newest]
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Save without a confirmation
    #[arg(long)]
    yes: bool,
    /// Save even if the record lacks counts that the old baseline has
    #[arg(long)]
    drop_missing: bool,
    /// Lower the stored counts that improved by more than their limits, and leave all others as they are
    #[arg(long, conflicts_with = "drop_missing")]
    improved_only: bool,
    /// Output format of the difference
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

impl Stored {
    pub(crate) fn run(self, project: &Project) -> Result<Status> {
        match self.command {
            Command::Save(save) => save.run(project),
            Command::List { format } => list(project, format),
            Command::Show { key, format } => show_one(project, key, format),
        }
    }
}

impl Save {
    fn run(self, project: &Project) -> Result<Status> {
        let record = self.record.as_deref().map_or_else(
            || compared::newest(project),
            |path| Ok(Record::read(&compared::record_file(path, project)?)?),
        )?;
        // A person may take minutes to confirm, so the lock is then taken afterwards.
        let _lock = self.yes.then(|| lock_baselines(project)).transpose()?;
        let store = compared::store(project);
        let promoted = Baseline::promote(&record)?;
        if self.improved_only {
            let lowered = lower::lowered(&promoted, &store, project, self.format)?;
            if lowered.is_empty() {
                notice("no count improved by more than its limit, so nothing is lowered");
                return Ok(Status::Fine);
            }
            return self.keep(lowered, &record, &store, project);
        }
        let mut changes: Vec<Change> = promoted
            .into_iter()
            .map(|new| Change::of(new, &store))
            .collect();
        show(
            &changes
                .iter()
                .map(|change| change.table(exact(self.format)))
                .collect::<Vec<_>>(),
            self.format,
        )?;
        changes.retain(|change| !change.nothing());
        if changes.is_empty() {
            notice("the baseline has these counts already, so there is nothing to save");
            write_limits(project)?;
            return Ok(Status::Fine);
        }
        if let (Some(lost), false) = (changes.iter().find_map(Change::lost), self.drop_missing) {
            bail!(
                "nothing was saved: the record lacks {lost}, which the old baseline has; measure the whole suite, or drop what is missing with --drop-missing"
            );
        }
        let new = changes.into_iter().map(|change| change.new).collect();
        let status = self.keep(new, &record, &store, project)?;
        if status == Status::Fine {
            write_limits(project)?;
        }
        Ok(status)
    }

    /// Stores baselines after a confirmation.
    fn keep(
        &self,
        new: Vec<Baseline>,
        record: &Record,
        store: &Store,
        project: &Project,
    ) -> Result<Status> {
        if record.environment.is_dirty() {
            notice("the record was measured with changes that are not in its revision");
        }
        if !self.yes && !confirmed()? {
            problem("nothing was saved");
            return Ok(Status::Unjudged);
        }
        let _lock = (!self.yes).then(|| lock_baselines(project)).transpose()?;
        for baseline in new {
            let folder = store.save(&baseline)?;
            notice(&format!("saved {}", folder.display()));
        }
        Ok(Status::Fine)
    }
}

/// Writes the built-in limits if the project has none, so that a reader sees and edits what the gate applies.
fn write_limits(project: &Project) -> Result<()> {
    if let Some(path) = Limits::write_default(&project.baselines())? {
        notice(&format!("wrote the built-in limits to {}", path.display()));
    }
    Ok(())
}

/// Requests a confirmation on the terminal.
fn confirmed() -> Result<bool> {
    let input = std::io::stdin();
    if !input.is_terminal() {
        bail!(
            "nothing was saved: there is no terminal for a confirmation; `{}` needs none",
            call("baseline save --yes")
        );
    }
    print_on_stderr("Make this the baseline? [y/N] ");
    let mut answer = String::new();
    input
        .lock()
        .read_line(&mut answer)
        .context("cannot read the answer")?;
    Ok(matches!(answer.trim(), "y" | "Y" | "yes"))
}

/// The effect of saving a baseline.
struct Change {
    new: Baseline,
    /// None if there is no readable baseline of that key.
    comparisons: Option<Vec<Comparison>>,
    /// True if the old baseline lacks the settings of the build, which the new one has.
    new_settings: bool,
}

impl Change {
    fn of(new: Baseline, store: &Store) -> Self {
        let old = match store.read(&new.key().to_string()) {
            Ok(old) => Some(old),
            Err(BaselineError::Unknown { .. }) => None,
            Err(error) => {
                notice(&format!(
                    "the old baseline cannot be read and would be replaced: {error}"
                ));
                None
            }
        };
        let has_settings = |baseline: &Baseline| baseline.record.environment.settings.is_some();
        let new_settings = old.as_ref().is_some_and(|old| !has_settings(old)) && has_settings(&new);
        let comparisons = old.map(|old| {
            compare(
                RecordView::baseline(&old.record),
                RecordView::baseline(&new.record),
            )
        });
        Self {
            new,
            comparisons,
            new_settings,
        }
    }

    fn nothing(&self) -> bool {
        !self.new_settings
            && self
                .comparisons
                .as_ref()
                .is_some_and(|comparisons| comparisons.iter().all(Comparison::equal))
    }

    /// The first count that the old baseline has and the new one does not.
    fn lost(&self) -> Option<String> {
        let gone = |state: &Comparability| {
            matches!(
                state,
                Comparability::Removed
                    | Comparability::Missing {
                        place: Side::Head,
                        ..
                    }
            )
        };
        self.comparisons
            .iter()
            .flatten()
            .find(|comparison| gone(&comparison.state))
            .map(Comparison::place)
    }

    fn table(&self, exact: bool) -> Table {
        let mut changed = self.comparisons.clone().unwrap_or_default();
        let all = changed.len();
        changed.retain(|comparison| !comparison.equal());
        let (equal, rows) = (all - changed.len(), self.new.record.rows.len());
        let (kind, note) = match self.comparisons {
            Some(_) => (
                "baseline",
                format!("{equal} of {all} figures stay as they are."),
            ),
            None => (
                "new baseline",
                format!("There is no baseline for this toolchain yet; it gets {rows} rows."),
            ),
        };
        let mut table = comparisons::table(format!("{kind} {}", self.new.key()), &changed, exact);
        table.notes.push(note);
        if self.new_settings {
            let note =
                "The old baseline does not record the settings of the build; the new one will.";
            table.notes.push(note.to_owned());
        }
        table
    }
}

fn list(project: &Project, format: Format) -> Result<Status> {
    let store = compared::store(project);
    let columns = vec![
        Column::left("key", "key"),
        Column::right("rows", "rows"),
        Column::left("measured", "measured"),
        Column::left("revision", "revision"),
        Column::left("cpu", "measured on"),
    ];
    let mut table = Table::new("baselines", columns);
    let mut outcome = Status::Fine;
    for key in store.keys()? {
        table.rows.push(match store.read(&key) {
            Ok(Baseline {
                record:
                    Record {
                        created,
                        environment,
                        rows,
                        ..
                    },
                ..
            }) => vec![
                Cell::text(key),
                Cell::number(rows.len() as f64, rows.len().to_string()),
                Cell::text(created),
                revision(&environment),
                Cell::text(environment.cpu),
            ],
            Err(error) => {
                outcome = Status::Unjudged;
                table.notes.push(error.to_string());
                let missing = Cell::missing;
                vec![
                    Cell::text(key).toned(Tone::Bad),
                    missing(),
                    missing(),
                    missing(),
                    missing(),
                ]
            }
        });
    }
    if table.rows.is_empty() {
        table.notes.push(format!(
            "There are none yet: `{}` makes one from a record.",
            call("baseline save")
        ));
    }
    show(&[table], format)?;
    Ok(outcome)
}

/// A revision: twelve digits in formats for people, all digits in formats for programs.
fn revision(environment: &Environment) -> Cell {
    let Some(revision) = &environment.revision else {
        return Cell::missing();
    };
    let short: String = revision.chars().take(12).collect();
    let suffix = if environment.is_dirty() {
        " and changes"
    } else {
        ""
    };
    Cell {
        text: format!("{short}{suffix}"),
        ..Cell::text(format!("{revision}{suffix}"))
    }
}

fn show_one(project: &Project, key: Option<String>, format: Format) -> Result<Status> {
    let store = compared::store(project);
    let (title, record) = match (key, store.keys()?.as_slice()) {
        (Some(key), _) => (key.clone(), store.read(&key)?.record),
        (None, [only]) => (only.clone(), store.read(only)?.record),
        (None, _) => {
            let matching = store.matching(&compared::newest(project)?)?;
            let keys: Vec<String> = matching.keys.iter().map(ToString::to_string).collect();
            (keys.join(" and "), matching.record)
        }
    };
    let metrics = || metric::all().iter().filter(|metric| metric.portable());
    let mut columns = [
        ("workload", "workload"),
        ("phase", "phase"),
        ("unit", "per"),
    ]
    .map(|(key, heading)| Column::left(key, heading))
    .to_vec();
    columns.extend(
        metrics().map(|metric| Column::right(&metric.name().replace('-', "_"), metric.name())),
    );
    let mut table = Table::new(format!("baseline {title}"), columns);
    for row in &record.rows {
        let mut cells = [&row.workload, &row.phase, &row.unit.name]
            .map(Cell::text)
            .to_vec();
        cells.extend(metrics().map(|metric| {
            let figure = metric.figure(row);
            figure.map_or_else(Cell::missing, |figure| {
                Cell::number(figure.value, number::figure(metric.quantity(), &figure))
            })
        }));
        table.rows.push(cells);
    }
    let environment = &record.environment;
    let revision = environment.revision.as_deref().unwrap_or("no revision");
    let dirty = environment.changes();
    let (created, machine) = (&record.created, environment.machine());
    table.notes.push(format!(
        "Measured at {created} on {machine}, revision {revision}{dirty}."
    ));
    show(&[table], format)?;
    Ok(Status::Fine)
}
