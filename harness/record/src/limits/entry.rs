//! One entry of `limits.toml`: a limit, a budget, or both.

use glob::Pattern;
use itertools::Itertools;
use serde::Deserialize;

use super::budget::{Budget, Maximum, Written};
use super::{Limit, Tolerance};
use crate::acceptance;
use crate::metric::{self, Metric};

/// An entry as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) metric: String,
    tolerance: Option<String>,
    max: Option<Written>,
    reason: String,
    pub(super) workload: Option<String>,
}

impl Entry {
    /// Reads the limit and the budget. An error is one clause.
    pub(super) fn read(&self) -> Result<(Option<Limit>, Option<Budget>), String> {
        let name = &self.metric;
        let metric = metric::find(name, acceptance::judged())?;
        let names = |metrics: Vec<&Metric>| metrics.into_iter().map(Metric::name).join(", ");
        if !acceptance::judged().any(|judged| judged == metric) {
            return Err(format!(
                "`{name}` is not judged by a gate; metrics that are: {}",
                names(acceptance::judged().collect())
            ));
        }
        if self.tolerance.is_some() && !metric.portable() {
            let counts = metric::all().iter().filter(|metric| metric.portable());
            return Err(format!(
                "`{name}` is a wall time, which is never compared with a stored figure, so it has no `tolerance`, only a \
                 `max`; metrics with a tolerance: {}",
                names(counts.collect())
            ));
        }
        let tolerance = self.tolerance.as_deref();
        let tolerance = tolerance.map(|text| Tolerance::parse(text, metric));
        let max = self.max.as_ref();
        let max = max.map(|written| Maximum::parse(written, metric));
        let (tolerance, max) = (tolerance.transpose()?, max.transpose()?);
        if tolerance.is_none() && max.is_none() {
            return Err(format!(
                "the entry for `{name}` limits nothing; add a `tolerance` such as \"0.1 %\", or a `max`"
            ));
        }
        let reason = self.reason.clone();
        if reason.trim().is_empty() {
            return Err(format!(
                "the limit for `{name}` has no reason; explain in `reason` why it is this large"
            ));
        }
        let workload = self.workload.as_deref().map(Pattern::new).transpose();
        let workload =
            workload.map_err(|error| format!("the workload glob is not valid: {}", error.msg))?;
        let limit = tolerance.map(|tolerance| Limit {
            metric,
            tolerance,
            reason: reason.clone(),
            workload: workload.clone(),
        });
        let budget = max.map(|max| Budget {
            metric,
            max,
            reason: reason.clone(),
            workload: workload.clone(),
        });
        Ok((limit, budget))
    }
}
