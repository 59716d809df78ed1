//! Test for a change in one direction: some pairs raise an alarm, and fresh pairs must confirm it.

use crate::{Rules, SignedRankTest, hodges_lehmann};

/// Two-stage test that values are centred above zero: a screening test raises the alarm, and a second test judges
/// only the values after it.
///
/// Reason: an estimate from the values that raised the alarm overstates the change, because they were selected for
/// being large. The values after the alarm are independent of that selection.
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
    /// Takes the next value. A value above zero is evidence for the change.
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

    /// True if the alarm was raised.
    pub(super) fn is_raised(&self) -> bool {
        self.fresh.is_some()
    }

    /// True if the pairs after the alarm alone show the change at this level, with an estimate of at least the
    /// minimum effect.
    pub(super) fn is_confirmed(&self, level: f64, rules: &Rules) -> bool {
        self.fresh
            .as_ref()
            .is_some_and(|fresh| fresh.shows(level, rules))
    }

    /// The smallest level at which the test rejects "no change" (an anytime-valid p-value): on the values after the
    /// alarm if it was raised, otherwise on all.
    pub(super) fn level(&self) -> f64 {
        self.fresh
            .as_ref()
            .unwrap_or(&self.screen)
            .evidence
            .p_value()
    }

    /// Number of values that the screening test used.
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
            && hodges_lehmann(&self.values)
                .is_some_and(|estimate| estimate >= rules.log_minimum_effect())
    }
}
