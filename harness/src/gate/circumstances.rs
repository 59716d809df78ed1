//! What the machine made of the measuring: the noise floor, and the state it was in.

use super::{Ruling, Session, Word};
use crate::paired::Floor;

/// Pairs of one build that scatter more than this (standard deviation, as a share) find nothing that matters in any
/// budget that a gate has.
const TOO_NOISY: f64 = 0.05;

impl Ruling {
    /// Why the machine was too noisy for a verdict on time, as a clause; none if it was not. A build that differs from itself
    /// lets no difference be believed; a wide scatter is no reason as long as everything was told all the same.
    pub fn noise(&self) -> Option<String> {
        let floor = self.floor.as_ref().filter(|_| !self.times.is_empty())?;
        let (change, spread) = (floor.change()?, floor.spread()?);
        if floor.differs() {
            return Some(format!(
                "this machine is too noisy to judge time: the base differs from itself by {:+.2} %",
                100.0 * change
            ));
        }
        (spread > TOO_NOISY && self.times_that(Word::Inconclusive) > 0).then(|| {
            format!(
                "this machine is too noisy to judge time: pairs of the base itself scatter by {:.1} %",
                100.0 * spread
            )
        })
    }

    /// The noise floor and the machine's state, a line each; nothing if no time was measured.
    pub fn circumstances(&self, session: &Session) -> Vec<String> {
        let mut lines = Vec::new();
        if let Some(floor) = self.floor.as_ref().filter(|_| !self.times.is_empty()) {
            lines.push(format!("noise floor: {}", floor_line(floor, self.fair_seconds)));
        }
        if let Some(machine) = &session.machine {
            lines.push(format!("machine: {}", machine.state.line(&machine.strain)));
        }
        lines
    }
}

fn floor_line(floor: &Floor, fair_seconds: f64) -> String {
    let name = format!("{} in phase {}", floor.entrant().workload, floor.entrant().phase);
    let (change, spread) = match (floor.failure(), floor.change(), floor.spread()) {
        (Some(failure), ..) => return format!("{name} could not be measured: {failure}"),
        (None, Some(change), Some(spread)) => (change, spread),
        _ => return format!("its share of the budget is too short for a pair of {name}"),
    };
    let percent = |share: f64| 100.0 * share;
    let interval = floor
        .interval()
        .map_or(String::new(), |ends| format!(" [{:+.2}, {:+.2}]", percent(ends.low), percent(ends.high)));
    let found = match floor.smallest_found(fair_seconds) {
        Some(found) => format!("a slowdown of {:+.1} % would have been found", percent(found)),
        None => "so few pairs would have found nothing".to_owned(),
    };
    format!(
        "base against base {:+.2} %{interval} in {} pairs of {name}, which scatter by {:.2} %; in {fair_seconds:.0} s {found}",
        percent(change),
        floor.pairs(),
        percent(spread),
    )
}
