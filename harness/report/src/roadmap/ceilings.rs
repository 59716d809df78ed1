//! The room that is left: the most that the largest operation of each phase can still give, and the distance of each phase
//! from the limits of the machine.

use harness_judge::shortfall::{ceiling, lever};
use harness_probe::Instrument;
use harness_record::metric::{self, Quantity};
use harness_record::number;
use harness_record::profile::{Summary, View};
use harness_record::roadmap::{Phase, Roadmap};

use crate::render::{Cell, Table};
use crate::section::Gap;
use crate::{ReportData, Section, figures};

/// The room that a phase has left.
struct Room<'a> {
    phase: &'a Phase,
    /// The newest profile of the phase, by time if there is one.
    profile: Option<&'a Summary>,
    /// Time of a unit over the least time that the machine allows.
    distance: Option<f64>,
}

impl<'a> Room<'a> {
    /// The name and the share of the largest operation of the profile.
    fn largest(&self) -> Option<(&'a str, f64)> {
        let profile = self.profile?;
        let largest = lever(profile)?;
        Some((&largest.name, profile.share(largest)))
    }
}

/// A row for each phase with a profile or a known distance from the limits of the machine; none without such a phase.
pub(super) fn table(report_data: &ReportData, roadmap: &Roadmap) -> Option<Table> {
    let rooms = roadmap.phases.iter().map(|phase| Room {
        phase,
        profile: newest(&report_data.profiles, &phase.name),
        distance: distance(report_data, roadmap, &phase.name),
    });
    let rooms: Vec<Room<'_>> = rooms
        .filter(|room| room.profile.is_some() || room.distance.is_some())
        .collect();
    if rooms.is_empty() {
        return None;
    }
    let title = format!("{}, room that is left", roadmap.workload);
    let table = Table::of(title, &rooms)
        .left("phase", "phase", |room| &room.phase.title)
        .left("operation", "largest operation", |room| {
            room.largest().map(|(name, _)| Cell::text(name))
        })
        .right("share", "share of a run", |room| {
            let share = room.largest()?.1;
            Some(Cell::number(share, format!("{:.0} %", share * 100.0)))
        })
        .right("ceiling", "without it at most", |room| {
            let ceiling = ceiling(room.largest()?.1);
            Some(match ceiling.is_finite() {
                true => Cell::number(ceiling, format!("{ceiling:.2}x as fast")),
                false => Cell::no_number("no bound"),
            })
        })
        .left("by", "profile", |room| {
            room.profile.map(|profile| {
                let day = profile.created.get(..10).unwrap_or(&profile.created);
                Cell::text(format!("by {}, {day}", profile.view.name()))
            })
        })
        .right("distance", "time over the machine's limit", |room| {
            room.distance
                .map(|ratio| Cell::number(ratio, number::ratio(ratio)))
        });
    let mut notes = vec![
        "Without it at most: the speed if the operation took no time (Amdahl's law).".to_owned(),
    ];
    if let (Some(limits), true) = (
        &report_data.limits,
        rooms.iter().any(|room| room.distance.is_some()),
    ) {
        notes.push(format!(
            "The machine's limit is the larger of two times: for the bytes that a unit must read and for the operations that it needs, at {}/s and {}FLOP/s ({} threads, {}). A phase below 1x does with less than that, such as smaller weights.",
            number::plain(Quantity::Bytes, limits.read_bytes_per_second),
            number::count(limits.flops_per_second),
            limits.threads,
            limits.isa
        ));
    }
    notes.push(report_data.provenance([roadmap.workload.as_str()]));
    notes.retain(|note| !note.is_empty());
    Some(table.notes(notes).without_empty_columns())
}

/// The newest profile of a phase: by time, or else by instructions.
fn newest<'a>(profiles: &'a [Summary], phase: &str) -> Option<&'a Summary> {
    [View::Time, View::Instructions]
        .into_iter()
        .find_map(|view| {
            let of = profiles
                .iter()
                .filter(|one| one.phase == phase && one.view == view);
            of.max_by(|a, b| a.created.cmp(&b.created))
        })
}

/// Time of a unit in a phase over the least time for it; none if the limits are of another machine or another number of
/// threads, or the work of a unit is unknown.
fn distance(report_data: &ReportData, roadmap: &Roadmap, phase: &str) -> Option<f64> {
    let limits = report_data.limits.as_ref()?;
    let row = report_data.row(&roadmap.workload, phase)?;
    let threads = row.reading(Instrument::Clock)?.threads;
    if limits.cpu != report_data.record.environment.cpu || limits.threads != threads {
        return None;
    }
    let least = limits.least_seconds(
        roadmap.bytes_per_unit.unwrap_or(0.0),
        roadmap.flops_per_unit.unwrap_or(0.0),
    );
    let seconds = figures::figure(metric::by_name("time")?, Some(row))
        .ok()?
        .value;
    let unit = seconds / f64::from(u32::try_from(row.unit.per_run).ok()?.max(1));
    (least > 0.0 && figures::trusted(row)).then(|| unit / least)
}

/// The parts of the table that are not measured.
pub(super) fn not_measured(report_data: &ReportData, roadmap: &Roadmap) -> Vec<Gap> {
    let is_missing = |phase: &&Phase| {
        report_data.row(&roadmap.workload, &phase.name).is_some()
            && newest(&report_data.profiles, &phase.name).is_none()
    };
    let unprofiled = roadmap.phases.iter().find(is_missing).map(|phase| {
        let command = format!(
            "harness profile {} --phase {} --by time",
            roadmap.workload, phase.name
        );
        Section::not_measured("Profiles of some phases are", &command)
    });
    let limits = match (&report_data.limits, &roadmap.limits_command) {
        (None, Some(command)) => Some(Section::not_measured(
            "The limits of this machine are",
            command,
        )),
        _ => None,
    };
    unprofiled.into_iter().chain(limits).collect()
}
