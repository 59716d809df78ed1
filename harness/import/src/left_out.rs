//! Everything of a file that a record does not contain, grouped by reason, with a bounded number of names.

/// Number of names that are kept of each group.
const NAMES: usize = 5;
/// Number of groups that are kept; further reasons are counted in the last one.
const GROUPS: usize = 200;

/// Rows or values that were left out for one reason.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The kind of the reason.
    pub kind: Kind,
    /// The reason: predicate of a sentence about a row.
    pub reason: String,
    /// Number of rows or values.
    pub count: usize,
    /// The names of the first ones.
    pub names: Vec<String>,
}

/// The kind of a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A row is impossible, so the file is not to be trusted.
    Invalid,
    /// The tool skipped the benchmark.
    Skipped,
    /// A record has no place for the value.
    NoPlace,
}

impl LeftOut {
    /// The group in one sentence: `sort/10 and 2 more: has no time`.
    pub fn sentence(&self) -> String {
        let names = self.names.join(", ");
        match self.count.saturating_sub(self.names.len()) {
            0 => format!("{names}: {}", self.reason),
            more => format!("{names} and {more} more: {}", self.reason),
        }
    }
}

/// Adds one row or value to the groups.
pub(crate) fn leave_out(groups: &mut Vec<LeftOut>, kind: Kind, name: &str, reason: String) {
    let mut reason = reason;
    if groups.len() >= GROUPS && !groups.iter().any(|group| group.reason == reason) {
        reason = "other reasons, which are too many to list".to_owned();
    }
    let same = |group: &&mut LeftOut| group.kind == kind && group.reason == reason;
    match groups.iter_mut().find(same) {
        Some(group) => {
            group.count += 1;
            if group.names.len() < NAMES && !group.names.iter().any(|known| known == name) {
                group.names.push(name.to_owned());
            }
        }
        None => groups.push(LeftOut {
            kind,
            reason,
            count: 1,
            names: vec![name.to_owned()],
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_groups_are_bounded() {
        let mut groups = Vec::new();
        for number in 0..9 {
            let name = format!("row {number}");
            leave_out(&mut groups, Kind::Skipped, &name, "was skipped".to_owned());
        }
        assert_eq!(
            groups[0].sentence(),
            "row 0, row 1, row 2, row 3, row 4 and 4 more: was skipped"
        );
        for number in 0..1000 {
            leave_out(
                &mut groups,
                Kind::Invalid,
                "row",
                format!("reason {number}"),
            );
        }
        assert!(groups.len() <= GROUPS + 1);
        assert_eq!(groups.iter().map(|group| group.count).sum::<usize>(), 1009);
    }
}
