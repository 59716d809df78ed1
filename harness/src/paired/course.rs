//! One workload's pairs as they come in, and what they show so far.
//!
//! Each pair of processes gives one logarithm of head time over base time. Under unchanged code the two labels could be
//! swapped, and the order in a pair is drawn at random, so these values are symmetric about zero: all that
//! [`Evidence`] needs. Four questions are asked of every pair: is it slower, is it faster, is it slower by less
//! than the margin, is it faster by less than the margin.

use serde::{Deserialize, Serialize};

use crate::paired::Rules;
use crate::paired::alarm::Alarm;
use crate::statistics::{Evidence, Interval, hodges_lehmann, lower_bound, median, upper_bound};

/// What a workload's pairs show so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Standing {
    /// Slower: suspected by some pairs, confirmed by fresh ones, and by at least the minimum effect.
    Regressed,
    /// Faster, by the same rules.
    Improved,
    /// Slower by less than the margin, or not at all.
    NotSlower,
    /// Some pairs said slower; fresh ones have not confirmed it. Inconclusive if it stays so.
    Suspect,
    /// Too little seen yet. Inconclusive if it stays so.
    Open,
}

/// The pairs of one workload in the order they were measured.
#[derive(Debug, Clone)]
pub struct Course {
    rules: Rules,
    confirmation: f64,
    log_ratios: Vec<f64>,
    slower: Alarm,
    faster: Alarm,
    not_slower: Evidence,
    not_faster: Evidence,
}

impl Course {
    /// No pairs yet; `workloads` is how many the suite judges by time.
    pub fn new(rules: Rules, workloads: usize) -> Self {
        Self {
            rules,
            confirmation: rules.confirmation(workloads),
            log_ratios: Vec::new(),
            slower: Alarm::default(),
            faster: Alarm::default(),
            not_slower: Evidence::default(),
            not_faster: Evidence::default(),
        }
    }

    /// Takes the next pair's ln(head time / base time), a finite number as [`super::pair_estimate`] gives it.
    pub fn push(&mut self, log_ratio: f64) {
        self.log_ratios.push(log_ratio);
        self.slower.push(log_ratio, &self.rules);
        self.faster.push(-log_ratio, &self.rules);
        self.not_slower.push(self.rules.log_margin() - log_ratio);
        self.not_faster.push(self.rules.log_margin() + log_ratio);
    }

    /// What the pairs show so far. Its error rates hold however often it is asked.
    pub fn standing(&self) -> Standing {
        if self.slower.is_confirmed(self.confirmation, &self.rules) {
            Standing::Regressed
        } else if self.faster.is_confirmed(self.confirmation, &self.rules) {
            Standing::Improved
        } else if self.not_slower.proves(self.rules.false_assurance) {
            Standing::NotSlower
        } else if self.slower.is_raised() {
            Standing::Suspect
        } else {
            Standing::Open
        }
    }

    /// Whether more pairs are not worth their time. What is not slower but looks faster by the minimum effect goes on until
    /// that is confirmed, or it is shown not to be faster by the margin, or it no longer looks so.
    pub fn is_settled(&self) -> bool {
        match self.standing() {
            Standing::Regressed | Standing::Improved => true,
            Standing::NotSlower => !self.looks_faster() || self.not_faster.proves(self.rules.false_assurance),
            Standing::Suspect | Standing::Open => false,
        }
    }

    /// Whether a change in either direction awaits its confirmation.
    pub fn is_suspect(&self) -> bool {
        !self.is_settled() && (self.slower.is_raised() || self.faster.is_raised())
    }

    /// How much slower the head is, as ln(head time / base time): the Hodges-Lehmann estimate of the pairs that the
    /// standing rests on. None before the first pair.
    pub fn estimate(&self) -> Option<f64> {
        hodges_lehmann(self.judged())
    }

    /// An interval that holds the true ln(head time / base time) with probability `level`, however often it is asked for.
    /// None while the pairs are too few for one.
    pub fn interval(&self, level: f64) -> Option<Interval> {
        let beyond = (1.0 - level) / 2.0;
        let low = lower_bound(self.judged(), beyond)?;
        let high = upper_bound(self.judged(), beyond)?;
        Some(Interval { low, high, level })
    }

    /// How far one pair lies from the centre: the median absolute deviation, scaled so that it is the standard deviation
    /// where pairs are normal (Hampel 1974). None before the first pair.
    pub fn spread(&self) -> Option<f64> {
        let centre = median(&self.log_ratios)?;
        let deviations: Vec<f64> = self.log_ratios.iter().map(|value| (value - centre).abs()).collect();
        Some(1.4826 * median(&deviations)?)
    }

    /// Every pair so far, in order.
    pub fn log_ratios(&self) -> &[f64] {
        &self.log_ratios
    }

    /// The rules it is judged by.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// The level at which a suspicion of this course is confirmed.
    pub fn confirmation(&self) -> f64 {
        self.confirmation
    }

    fn looks_faster(&self) -> bool {
        hodges_lehmann(&self.log_ratios).is_some_and(|estimate| -estimate >= self.rules.log_minimum_effect())
    }

    /// A confirmed change rests on the pairs after the alarm, which were not selected for what they show; everything else
    /// on all of them.
    fn judged(&self) -> &[f64] {
        match self.standing() {
            Standing::Regressed => &self.log_ratios[self.slower.screened()..],
            Standing::Improved => &self.log_ratios[self.faster.screened()..],
            _ => &self.log_ratios,
        }
    }
}
