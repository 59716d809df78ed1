//! Which part of two records is compared: workloads by glob, phases and metrics by name.

use globset::{GlobBuilder, GlobMatcher};
use thiserror::Error;

use super::Comparison;
use crate::metric::{self, Metric};
use crate::nearest::suggestion;
use crate::record::{Instrument, Record};

/// A choice of workloads and phases; without any, everything.
#[derive(Debug, Clone, Default)]
pub struct Narrow {
    workloads: Vec<GlobMatcher>,
    phases: Vec<String>,
}

/// A choice that fits nothing.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum NarrowError {
    /// The glob cannot be read.
    #[error("`{glob}` is no glob: {message}; write for example 'medium/*'")]
    Glob {
        /// What was written.
        glob: String,
        /// What is wrong with it.
        message: String,
    },
    /// No workload matches.
    #[error("no workload matches `{wanted}`; {hint}")]
    Workload {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
    /// There is no such phase.
    #[error("there is no phase `{wanted}`; {hint}")]
    Phase {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
    /// There is no such metric.
    #[error("there is no metric `{wanted}`; {hint}")]
    Metric {
        /// What was asked for.
        wanted: String,
        /// The nearest name, or all there are.
        hint: String,
    },
}

impl Narrow {
    /// Chooses workloads that match any of the globs, and these phases.
    ///
    /// # Errors
    /// If a glob cannot be read.
    pub fn new(globs: &[String], phases: &[String]) -> Result<Self, NarrowError> {
        let compile = |glob: &String| {
            let compiled = GlobBuilder::new(glob).build();
            compiled
                .map(|glob| glob.compile_matcher())
                .map_err(|error| NarrowError::Glob { glob: glob.clone(), message: error.kind().to_string() })
        };
        Ok(Self { workloads: globs.iter().map(compile).collect::<Result<_, _>>()?, phases: phases.to_vec() })
    }

    /// Takes every other row out of the records.
    ///
    /// # Errors
    /// If a glob or a phase fits nothing in any of them.
    pub fn apply(&self, records: &mut [&mut Record]) -> Result<(), NarrowError> {
        for glob in &self.workloads {
            let ids: Vec<&str> = records.iter().flat_map(|record| record.workloads()).collect();
            if !ids.iter().any(|id| glob.is_match(id)) {
                let wanted = glob.glob().glob().to_owned();
                return Err(NarrowError::Workload { hint: suggestion(&wanted, distinct(ids)), wanted });
            }
        }
        for phase in &self.phases {
            let names: Vec<&str> = records.iter().flat_map(|record| record.phases()).collect();
            if !names.contains(&phase.as_str()) {
                return Err(NarrowError::Phase { wanted: phase.clone(), hint: suggestion(phase, distinct(names)) });
            }
        }
        for record in records {
            record.rows.retain(|row| {
                (self.workloads.is_empty() || self.workloads.iter().any(|glob| glob.is_match(&row.workload)))
                    && (self.phases.is_empty() || self.phases.contains(&row.phase))
            });
        }
        Ok(())
    }
}

/// Takes out the comparisons of all but the named metrics; `time`, `instructions` and `heap` each stand for all that
/// their instruments read. What is about a whole row stays.
///
/// # Errors
/// If there is no such metric.
pub fn only_metrics(comparisons: &mut Vec<Comparison>, names: &[String]) -> Result<(), NarrowError> {
    if let Some(wanted) = names.iter().find(|name| !metric::all().iter().any(|metric| named(*metric, name))) {
        let known = metric::all().iter().map(|metric| metric.name()).chain(["heap"]);
        return Err(NarrowError::Metric { wanted: wanted.clone(), hint: suggestion(wanted, known) });
    }
    comparisons.retain(|comparison| {
        names.is_empty() || comparison.metric.is_none_or(|metric| names.iter().any(|name| named(metric, name)))
    });
    Ok(())
}

fn named(metric: &dyn Metric, name: &str) -> bool {
    metric.name() == name
        || match name {
            "time" => matches!(metric.instrument(), Instrument::Clock | Instrument::Criterion),
            "heap" => metric.instrument() == Instrument::Dhat,
            _ => false,
        }
}

fn distinct(names: Vec<&str>) -> Vec<&str> {
    let mut seen = Vec::new();
    for name in names {
        if !seen.contains(&name) {
            seen.push(name);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Side, compare};
    use crate::record::sample::{callgrind, clock, dhat, record, row};

    fn narrowed(globs: &[&str], phases: &[&str]) -> Result<Vec<String>, NarrowError> {
        let mut left = record(vec![row("medium/decode", "naive", vec![]), row("kernel/gelu", "naive", vec![])]);
        let mut right = record(vec![row("medium/decode", "optimized", vec![])]);
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Narrow::new(&owned(globs), &owned(phases))?.apply(&mut [&mut left, &mut right])?;
        let rows = left.rows.iter().chain(&right.rows);
        Ok(rows.map(|row| format!("{} {}", row.workload, row.phase)).collect())
    }

    #[test]
    fn globs_and_phases_narrow_both_sides() {
        assert_eq!(narrowed(&[], &[]).expect("all").len(), 3);
        assert_eq!(narrowed(&["medium/*"], &[]).expect("two"), ["medium/decode naive", "medium/decode optimized"]);
        assert_eq!(narrowed(&["medium/*", "*gelu"], &["naive"]).expect("two").len(), 2);
        assert_eq!(narrowed(&["*"], &["optimized"]).expect("one"), ["medium/decode optimized"]);
    }

    #[test]
    fn unknown_names_are_answered_with_the_nearest() {
        let said = |globs, phases| narrowed(globs, phases).expect_err("unknown").to_string();
        assert_eq!(said(&["medium/decod"], &[]), "no workload matches `medium/decod`; did you mean `medium/decode`?");
        assert_eq!(said(&["zzz"], &[]), "no workload matches `zzz`; there are: medium/decode, kernel/gelu");
        assert_eq!(said(&[], &["optimised"]), "there is no phase `optimised`; did you mean `optimized`?");
        assert!(said(&["a["], &[]).starts_with("`a[` is no glob: "));
    }

    #[test]
    fn metrics_are_chosen_by_name_or_by_kind() {
        let one = record(vec![row("w", "naive", vec![clock("a", &[1, 2]), callgrind(1), dhat(1, 1)])]);
        let chosen = |names: &[&str]| -> Result<Vec<&str>, String> {
            let mut comparisons = compare(Side::record(&one), Side::record(&one));
            let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
            only_metrics(&mut comparisons, &names).map_err(|error| error.to_string())?;
            Ok(comparisons.iter().filter_map(|comparison| comparison.metric).map(|metric| metric.name()).collect())
        };
        assert_eq!(chosen(&["peak-bytes", "instructions"]), Ok(vec!["instructions", "peak-bytes"]));
        assert_eq!(chosen(&["heap"]).map(|names| names.len()), Ok(6));
        assert_eq!(chosen(&["time"]).map(|names| names.len()), Ok(6));
        assert_eq!(chosen(&[]).map(|names| names.len()), Ok(13));
        assert_eq!(chosen(&["pick-bytes"]), Err("there is no metric `pick-bytes`; did you mean `peak-bytes`?".into()));
    }
}
