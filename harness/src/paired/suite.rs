//! The courses of a suite, and which of them the next pair is best spent on.

use crate::paired::{Course, Rules};

/// How many pairs a suspect gets for each pair of another: a red verdict is what the time is most needed for.
const SUSPECTS_SHARE: usize = 2;

/// The courses of all workloads that are judged by time.
///
/// Ask for the [next](Self::next) workload, measure one pair of it, [push](Self::push) it; until nothing is unclear or the
/// budget is spent.
#[derive(Debug, Clone)]
pub struct Suite {
    courses: Vec<Course>,
}

impl Suite {
    /// A suite of this many workloads, known by their numbers from 0.
    pub fn new(rules: Rules, workloads: usize) -> Self {
        Self { courses: vec![Course::new(rules, workloads); workloads] }
    }

    /// The workload that wants the next pair: of those not settled the one with the fewest pairs, so that each is
    /// spread over the whole time that is measured; a suspect counts its pairs as half. None if all are settled.
    pub fn next(&self) -> Option<usize> {
        self.courses
            .iter()
            .enumerate()
            .filter(|(_, course)| !course.is_settled())
            .min_by_key(|(_, course)| {
                let pairs = course.log_ratios().len();
                if course.is_suspect() { pairs } else { pairs * SUSPECTS_SHARE }
            })
            .map(|(workload, _)| workload)
    }

    /// Takes the next pair's ln(head time / base time) of a workload.
    ///
    /// # Panics
    /// If the suite has no such workload.
    pub fn push(&mut self, workload: usize, log_ratio: f64) {
        self.courses[workload].push(log_ratio);
    }

    /// The courses, by the numbers of their workloads.
    pub fn courses(&self) -> &[Course] {
        &self.courses
    }
}
