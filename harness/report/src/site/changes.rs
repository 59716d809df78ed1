//! The changes of a site: the change points of all trends, as regressions and improvements.

use harness_record::history::LevelChange;

use super::{Moment, Origin, Site, Trend, Workload};

/// A change of a level.
#[derive(Debug, Clone, Copy)]
pub struct Change<'a> {
    /// The workload.
    pub workload: &'a Workload,
    /// The trend that has the change.
    pub trend: &'a Trend,
    /// The levels before and after it.
    pub jump: &'a LevelChange,
    /// The first record or commit on the new level.
    pub moment: &'a Moment,
    /// The last record or commit on the old level.
    pub before: &'a Moment,
}

impl Site {
    /// All changes, newest first.
    pub fn changes(&self) -> Vec<Change<'_>> {
        let mut changes = Vec::new();
        for workload in &self.workloads {
            for trend in &workload.trends {
                changes.extend(self.changes_of(workload, trend));
            }
        }
        changes.sort_by_key(|change| std::cmp::Reverse(change.moment.date));
        changes
    }

    fn changes_of<'a>(
        &'a self,
        workload: &'a Workload,
        trend: &'a Trend,
    ) -> impl Iterator<Item = Change<'a>> {
        let moments = self.moments(trend.origin);
        let moment = |point: usize| &moments[trend.series.points[point].moment];
        trend.series.jumps.iter().map(move |jump| Change {
            workload,
            trend,
            jump,
            moment: moment(jump.point),
            before: moment(jump.point - 1),
        })
    }
}

impl Change<'_> {
    /// Returns true if the new level is worse.
    pub fn is_regression(&self) -> bool {
        let metric = self.trend.measure.metric;
        metric.worse(self.jump.from, self.jump.to) > 0.0
    }

    /// The size of the change for readers, such as `+12 %`.
    pub fn size(&self) -> String {
        self.trend.measure.change(self.jump.from, self.jump.to)
    }

    /// The commit after which the change came, if commits between two records can be the reason.
    pub fn after(&self) -> Option<String> {
        let is_known = self.moment.revision.is_some();
        let after = self.before.short().filter(|_| is_known)?;
        (Some(&after) != self.moment.short().as_ref()).then_some(after)
    }

    /// The origin of the values for readers.
    pub fn origin(&self) -> &'static str {
        match self.trend.origin {
            Origin::Records => "records",
            Origin::Baselines => "baseline",
        }
    }
}
