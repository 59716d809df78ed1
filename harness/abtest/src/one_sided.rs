//! A change in one direction: raised by some pairs, confirmed by others.

use crate::{Rules, SignedRankTest, hodges_lehmann};

/// Watches for values above zero, and once it has seen enough of them looks again on values it has not used.
///
/// Selecting the workload that looks worst and reporting what it showed would overstate it; what comes after the alarm
/// knows nothing of why it was raised.
#[derive(Debug, Clone, Default)]
pub(super) struct OneSidedTest {
    screen: Half,
    fresh: Option<Half>,
}

#[derive(Debug, Clone, Default)]
struct Half {
    evidence: SignedRankTest,
    values: Vec<f64>,
}

impl OneSidedTest {
    /// Takes the next value; one that is above zero speaks for the change.
    pub(super) fn push(&mut self, value: f64, rules: &Rules) {
        if let Some(fresh) = &mut self.fresh {
            fresh.push(value);
            return;
        }
        self.screen.push(value);
        if self.screen.shows(rules.screening, rules) {
            self.fresh = Some(Half::default());
        }
    }

    /// Whether the change is suspected.
    pub(super) fn is_raised(&self) -> bool {
        self.fresh.is_some()
    }

    /// Whether the pairs after the alarm show the change by themselves, and show it to be large enough.
    pub(super) fn is_confirmed(&self, level: f64, rules: &Rules) -> bool {
        self.fresh.as_ref().is_some_and(|fresh| fresh.shows(level, rules))
    }

    /// The smallest level at which the values speak for the change: those after the alarm, once it was raised.
    pub(super) fn level(&self) -> f64 {
        self.fresh.as_ref().unwrap_or(&self.screen).evidence.p_value()
    }

    /// How many values went into raising the alarm, or into not raising it.
    pub(super) fn screened(&self) -> usize {
        self.screen.values.len()
    }
}

impl Half {
    fn push(&mut self, value: f64) {
        self.evidence.push(value);
        self.values.push(value);
    }

    fn shows(&self, level: f64, rules: &Rules) -> bool {
        self.evidence.proves(level)
            && hodges_lehmann(&self.values).is_some_and(|estimate| estimate >= rules.log_minimum_effect())
    }
}
