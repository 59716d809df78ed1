//! Limits of the counts that `limits.toml` does not name. A project that wrote its file before a metric existed is still
//! judged by it, instead of ending each gate with a figure that has no limit.

use std::path::Path;
use std::sync::LazyLock;

use super::{DEFAULT_FILE, Limit, Limits, Tolerance};
use crate::metric::{self, Metric};

/// One limit for each count: that of the default file, otherwise `exact`.
static BUILT_IN: LazyLock<Vec<Limit>> = LazyLock::new(|| {
    let named = Limits::parse(DEFAULT_FILE, Path::new("the built-in limits"));
    let named = named.unwrap_or_default().limits;
    let counts = metric::all().iter().filter(|metric| metric.portable());
    let of = |metric: &'static Metric| {
        let known = named.iter().find(|limit| limit.metric == metric);
        known.cloned().unwrap_or(Limit {
            metric,
            tolerance: Tolerance::Exact,
            reason: "counts of one thread repeat exactly, so any change comes from the code"
                .to_owned(),
            workload: None,
        })
    };
    counts.map(of).collect()
});

/// The built-in limit of a metric; none if the metric is no count.
pub(super) fn limit(metric: &Metric) -> Option<&'static Limit> {
    BUILT_IN.iter().find(|limit| limit.metric == metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_limit_and_the_default_file_is_valid() {
        let named = Limits::parse(DEFAULT_FILE, Path::new("default.toml")).expect("valid");
        assert!(!named.all().is_empty());
        for metric in metric::all() {
            let limit = Limits::default().of(metric, "any").cloned();
            assert_eq!(limit.is_some(), metric.portable(), "{metric:?}");
        }
        let of = |name| {
            let metric = metric::by_name(name).expect("a metric");
            limit(metric).map(|limit| limit.tolerance.to_string())
        };
        assert_eq!(of("instructions").as_deref(), Some("0.2 %"));
        assert_eq!(of("allocations-per-unit").as_deref(), Some("exact"));
    }
}
