//! Tables of a profile: hot paths or top allocators, most called, and the hierarchy.

use harness_record::metric::Quantity;
use harness_record::number;
use harness_record::profile::{Kinds, Node, Part, Profile, View, short};

use crate::render::{Cell, Table, TableOf, Tone};

/// Number of names in a table for people.
const MOST: usize = 15;
/// Longest name in a table for people, in characters.
const LONGEST_NAME: usize = 60;
/// Smallest share of the total that the hierarchy shows to people.
const LEAST_SHARE: f64 = 0.005;

/// Returns the tables of hot paths (for allocations: top allocators), most called, and the hierarchy. With `exact`
/// they contain everything; otherwise they are shortened for people.
pub fn tables(profile: &Profile, kinds: &Kinds, exact: bool) -> Vec<Table> {
    let scope = Scope {
        profile,
        kinds,
        exact,
        whole: profile.tree.total(),
    };
    let first = match profile.view {
        View::Time | View::Instructions => scope.hot(),
        View::Allocations => scope.allocators(),
    };
    let mut tables = vec![first];
    // If nothing was recorded, the first table contains a note about it.
    if scope.whole > 0 {
        tables.extend([scope.most_called(), scope.hierarchy()]);
    }
    tables
}

/// The finding of a profile: the share of the kind that costs most, and those of the next three.
pub fn finding(profile: &Profile, kinds: &Kinds) -> String {
    let whole = profile.tree.total().max(1) as f64;
    let costs = kinds.costs(&profile.tree);
    let mut shares = costs
        .iter()
        .map(|(kind, own)| (kind, 100.0 * *own as f64 / whole))
        .filter(|(_, percent)| *percent >= 0.5);
    let what = match profile.view {
        View::Time => "time",
        View::Instructions => "instructions",
        View::Allocations => "allocated bytes",
    };
    let Some((first, percent)) = shares.next() else {
        return "nothing was recorded".to_owned();
    };
    let others: Vec<String> = shares
        .take(3)
        .map(|(kind, percent)| format!("{kind} {percent:.0} %"))
        .collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!("; {}", others.join(", ")),
    };
    format!("{first} takes {percent:.0} % of the {what}{others}")
}

struct Scope<'a> {
    profile: &'a Profile,
    kinds: &'a Kinds,
    exact: bool,
    whole: u64,
}

impl Scope<'_> {
    fn hot(&self) -> Table {
        let view = self.profile.view;
        let mut parts = self.profile.tree.parts();
        parts.retain(|part| self.exact || part.own > 0);
        let end = |end: Option<u64>| end.map(|value| self.amount(value as f64));
        let table = self
            .ranked(
                format!("Hot paths by {}: {}", view.name(), self.profile.place()),
                &parts,
            )
            .left("name", view.noun(), |(_, part)| name(&part.name))
            .right(&unit_key("total", view), "total", |(_, part)| {
                self.amount(part.total as f64)
            })
            .right("total_share", "% of total", |(_, part)| {
                self.share(part.total)
            })
            .right(&unit_key("own", view), "own", |(_, part)| {
                self.amount(part.own as f64)
            })
            .right("own_share", "own %", |(_, part)| self.share(part.own))
            .right("calls", "calls", |(_, part)| calls_of(part.calls))
            .right(&unit_key("average", view), "average", |(_, part)| {
                self.average(part.total, part.calls)
            })
            .right_if(
                view == View::Time,
                &unit_key("min", view),
                "min",
                |(_, part)| end(part.range.map(|range| range.0)),
            )
            .right_if(
                view == View::Time,
                &unit_key("max", view),
                "max",
                |(_, part)| end(part.range.map(|range| range.1)),
            )
            .left("kind", "kind", |(_, part)| {
                Cell::text(self.kinds.of(&part.name)).toned(Tone::Quiet)
            });
        table.notes(self.notes().into_iter().chain(self.rest(parts.len())))
    }

    fn allocators(&self) -> Table {
        let (view, sites) = (self.profile.view, &self.profile.sites);
        let table = self
            .ranked(format!("Top allocators: {}", self.profile.place()), sites)
            .left("name", "allocator", |(_, site)| {
                name(&site.allocator.told())
            })
            .left("caller", "called from", |(_, site)| {
                site.caller.as_ref().map(|caller| name(&caller.told()))
            })
            .right(&unit_key("total", view), "total", |(_, site)| {
                self.amount(site.bytes as f64)
            })
            .right("total_share", "%", |(_, site)| self.share(site.bytes))
            .right("calls", "allocations", |(_, site)| count(site.blocks))
            .right(&unit_key("average", view), "average", |(_, site)| {
                self.average(site.bytes, site.blocks)
            });
        table.notes(self.notes().into_iter().chain(self.rest(sites.len())))
    }

    fn most_called(&self) -> Table {
        let view = self.profile.view;
        let (heading, calls) = match view {
            View::Allocations => ("Most allocations", "allocations"),
            View::Time | View::Instructions => ("Most called", "calls"),
        };
        let mut parts = self.profile.tree.parts();
        parts.retain(|part| part.calls > 0);
        parts.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| b.total.cmp(&a.total)));
        let units = (self.profile.runs * self.profile.unit.per_run).max(1) as f64;
        // For allocations, only blocks that the function allocates itself.
        let cost = |part: &Part| {
            if view == View::Allocations {
                part.own
            } else {
                part.total
            }
        };
        let per = format!("{calls} per {}", self.profile.unit.name);
        self.ranked(format!("{heading}: {}", self.profile.place()), &parts)
            .left("name", view.noun(), |(_, part)| name(&part.name))
            .right("calls", calls, |(_, part)| count(part.calls))
            .right("calls_per_unit", &per, |(_, part)| {
                Cell::plain(Quantity::PerSecond, part.calls as f64 / units)
            })
            .right(&unit_key("average", view), "average", |(_, part)| {
                self.average(cost(part), part.calls)
            })
            .notes(self.rest(parts.len()))
    }

    /// A table of the first items, with a column for their rank.
    fn ranked<'p, P>(&self, title: String, parts: &'p [P]) -> TableOf<(usize, &'p P)> {
        Table::of(title, (1..).zip(parts).take(self.most())).right("rank", "rank", |(rank, _)| {
            Cell::from(*rank).toned(Tone::Quiet)
        })
    }

    fn hierarchy(&self) -> Table {
        let view = self.profile.view;
        let calls = if view == View::Allocations {
            "allocations"
        } else {
            "calls"
        };
        let (mut branches, mut hidden) = (Vec::new(), 0);
        self.branch(&self.profile.tree.roots, "", 0, &mut branches, &mut hidden);
        let label = |branch: &Branch<'_>| {
            let name = name(&branch.node.name);
            Cell {
                text: format!("{}{}", branch.lines, name.text),
                ..name
            }
        };
        Table::of(
            format!(
                "Call hierarchy by {}: {}",
                view.name(),
                self.profile.place()
            ),
            branches,
        )
        .right_if(self.exact, "depth", "depth", |branch| count(branch.depth))
        .left("name", view.noun(), label)
        .right(&unit_key("total", view), "total", |branch| {
            self.amount(branch.node.total() as f64)
        })
        .right("total_share", "% of total", |branch| {
            self.share(branch.node.total())
        })
        .right(&unit_key("own", view), "own", |branch| {
            self.amount(branch.node.own as f64)
        })
        .right("calls", calls, |branch| calls_of(branch.node.calls))
        .notes((hidden > 0).then(|| {
            format!(
                "not shown: {hidden} below {} % of the total",
                100.0 * LEAST_SHARE
            )
        }))
    }

    /// Adds sibling nodes, each with its children. `lines` is drawn to the left of them.
    fn branch<'n>(
        &self,
        nodes: &'n [Node],
        lines: &str,
        depth: u64,
        branches: &mut Vec<Branch<'n>>,
        hidden: &mut usize,
    ) {
        let large =
            |node: &&Node| self.exact || node.total() as f64 >= LEAST_SHARE * self.whole as f64;
        let shown: Vec<&Node> = nodes.iter().filter(large).collect();
        *hidden += nodes.len() - shown.len();
        for (place, node) in shown.iter().enumerate() {
            let last = place + 1 == shown.len();
            let (joint, below) = match (depth, last) {
                (0, _) => ("", ""),
                // No leading spaces: Markdown strips them from a cell.
                (_, true) => ("└─ ", "·  "),
                (_, false) => ("├─ ", "│  "),
            };
            branches.push(Branch {
                node,
                lines: format!("{lines}{joint}"),
                depth,
            });
            self.branch(
                &node.children,
                &format!("{lines}{below}"),
                depth + 1,
                branches,
                hidden,
            );
        }
    }

    /// Notes on the recorded runs, their cost, and the overhead of recording.
    fn notes(&self) -> Vec<String> {
        let profile = self.profile;
        if self.whole == 0 {
            let nothing = if profile.view == View::Allocations {
                "nothing was allocated"
            } else {
                "nothing was recorded"
            };
            return vec![format!("{nothing} in {}", runs(profile.runs))];
        }
        let (quantity, one) = profile.view.quantity();
        let each = number::plain(quantity, profile.seen().per_run() / one);
        let what = match profile.view {
            View::Time => "",
            View::Instructions => " instructions",
            View::Allocations => " of heap",
        };
        let unit = &profile.unit;
        let plural = if unit.per_run == 1 { "" } else { "s" };
        let mut notes = vec![format!(
            "{} of {} {}{plural}, {each}{what} per run",
            runs(profile.runs),
            unit.per_run,
            unit.name
        )];
        if profile.view != View::Allocations {
            notes.push(format!("by kind: {}", finding(profile, self.kinds)));
            notes.push(format!("own: without nested {}s", profile.view.noun()));
        }
        if let Some(cost) = profile.cost {
            let at = |ratio: f64| format!("{:+.1}", 100.0 * (ratio - 1.0));
            notes.push(format!(
                "recording spans costs {} % of a run's time [{}, {}] (median of {} pairs of slices with and without, {:.0} % interval)",
                at(cost.ratio),
                at(cost.interval.low),
                at(cost.interval.high),
                cost.pairs,
                100.0 * cost.interval.level,
            ));
        }
        notes
    }

    /// The note on items that are left out.
    fn rest(&self, all: usize) -> Option<String> {
        (all > self.most()).then(|| {
            format!(
                "the first {} of {all}; json and csv contain all",
                self.most()
            )
        })
    }

    fn most(&self) -> usize {
        if self.exact { usize::MAX } else { MOST }
    }

    fn amount(&self, raw: f64) -> Cell {
        let (quantity, one) = self.profile.view.quantity();
        Cell::plain(quantity, raw / one)
    }

    fn average(&self, total: u64, calls: u64) -> Option<Cell> {
        (calls > 0).then(|| self.amount(total as f64 / calls as f64))
    }

    fn share(&self, part: u64) -> Cell {
        let share = part as f64 / self.whole.max(1) as f64;
        Cell::number(share, format!("{:.1} %", 100.0 * share))
    }
}

/// A node of the hierarchy with the lines to its left.
struct Branch<'a> {
    node: &'a Node,
    lines: String,
    depth: u64,
}

/// A key with the unit of a view: `total_seconds`, `total_instructions`, `total_bytes`.
pub(super) fn unit_key(what: &str, view: View) -> String {
    let unit = match view {
        View::Time => "seconds",
        View::Instructions => "instructions",
        View::Allocations => "bytes",
    };
    format!("{what}_{unit}")
}

/// A name, shortened in tables for people.
pub(super) fn name(name: &str) -> Cell {
    let mut text = short(name);
    if text.chars().count() > LONGEST_NAME {
        text = text.chars().take(LONGEST_NAME - 1).chain(['…']).collect();
    }
    Cell {
        text,
        ..Cell::text(name)
    }
}

fn count(count: u64) -> Cell {
    Cell::number(count as f64, number::count(count as f64))
}

/// The number of calls; unknown for a function entered before counting began and for time outside of operations.
fn calls_of(calls: u64) -> Option<Cell> {
    (calls > 0).then(|| count(calls))
}

fn runs(runs: u64) -> String {
    if runs == 1 {
        "1 run".to_owned()
    } else {
        format!("{runs} runs")
    }
}
