//! Tables of a profile: hot paths or top allocators, most called, and the hierarchy.

use harness_record::metric::Quantity;
use harness_record::number;
use harness_record::profile::{Node, Part, Profile, View, short};

use crate::render::{Cell, Column, Table, Tone};

/// Number of names in a table for people.
const MOST: usize = 15;
/// Longest name in a table for people, in characters.
const LONGEST_NAME: usize = 60;
/// Smallest share of the total that the hierarchy shows to people.
const LEAST_SHARE: f64 = 0.005;

/// Returns the tables of hot paths (for allocations: top allocators), most called, and the hierarchy. With `exact`
/// they contain everything; otherwise they are shortened for people.
pub fn tables(profile: &Profile, exact: bool) -> Vec<Table> {
    let scope = Scope { profile, exact, whole: profile.tree.total() };
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

struct Scope<'a> {
    profile: &'a Profile,
    exact: bool,
    whole: u64,
}

impl Scope<'_> {
    fn hot(&self) -> Table {
        let view = self.profile.view;
        let mut columns = vec![
            Column::right("rank", "rank"),
            Column::left("name", view.noun()),
            Column::right(&self.key("total"), "total"),
            Column::right("total_share", "% of total"),
            Column::right(&self.key("own"), "own"),
            Column::right("own_share", "own %"),
            Column::right("calls", "calls"),
            Column::right(&self.key("average"), "average"),
        ];
        if view == View::Time {
            columns.extend([Column::right(&self.key("min"), "min"), Column::right(&self.key("max"), "max")]);
        }
        let mut table = Table::new(format!("Hot paths by {}: {}", view.name(), self.profile.place()), columns);
        let parts: Vec<Part> =
            self.profile.tree.parts().into_iter().filter(|part| self.exact || part.own > 0).collect();
        for (place, part) in parts.iter().take(self.most()).enumerate() {
            let mut cells = vec![
                rank(place),
                name(&part.name),
                self.amount(part.total as f64),
                self.share(part.total),
                self.amount(part.own as f64),
                self.share(part.own),
                calls_of(part.calls),
                self.average(part.total, part.calls),
            ];
            if view == View::Time {
                let end = |value: Option<u64>| value.map_or_else(Cell::missing, |value| self.amount(value as f64));
                cells.extend([end(part.range.map(|range| range.0)), end(part.range.map(|range| range.1))]);
            }
            table.rows.push(cells);
        }
        table.notes = self.notes();
        self.note_rest(&mut table, parts.len());
        table
    }

    fn allocators(&self) -> Table {
        let columns = vec![
            Column::right("rank", "rank"),
            Column::left("name", "allocator"),
            Column::left("caller", "called from"),
            Column::right(&self.key("total"), "total"),
            Column::right("total_share", "%"),
            Column::right("calls", "allocations"),
            Column::right(&self.key("average"), "average"),
        ];
        let mut table = Table::new(format!("Top allocators: {}", self.profile.place()), columns);
        for (place, site) in self.profile.sites.iter().take(self.most()).enumerate() {
            let caller = site.caller.as_ref().map_or_else(Cell::missing, |caller| name(&caller.told()));
            table.rows.push(vec![
                rank(place),
                name(&site.allocator.told()),
                caller,
                self.amount(site.bytes as f64),
                self.share(site.bytes),
                count(site.blocks),
                self.average(site.bytes, site.blocks),
            ]);
        }
        table.notes = self.notes();
        self.note_rest(&mut table, self.profile.sites.len());
        table
    }

    fn most_called(&self) -> Table {
        let (heading, calls) = match self.profile.view {
            View::Allocations => ("Most allocations", "allocations"),
            View::Time | View::Instructions => ("Most called", "calls"),
        };
        let per = format!("{calls} per {}", self.profile.unit.name);
        let mut table = Table::new(
            format!("{heading}: {}", self.profile.place()),
            vec![
                Column::right("rank", "rank"),
                Column::left("name", self.profile.view.noun()),
                Column::right("calls", calls),
                Column::right("calls_per_unit", &per),
                Column::right(&self.key("average"), "average"),
            ],
        );
        let mut parts = self.profile.tree.parts();
        parts.retain(|part| part.calls > 0);
        parts.sort_by(|a, b| b.calls.cmp(&a.calls).then_with(|| b.total.cmp(&a.total)));
        let units = (self.profile.runs * self.profile.unit.per_run).max(1) as f64;
        for (place, part) in parts.iter().take(self.most()).enumerate() {
            let each = part.calls as f64 / units;
            table.rows.push(vec![
                rank(place),
                name(&part.name),
                count(part.calls),
                Cell::number(each, number::plain(Quantity::PerSecond, each)),
                // For allocations, only blocks that the function allocates itself.
                self.average(if self.profile.view == View::Allocations { part.own } else { part.total }, part.calls),
            ]);
        }
        self.note_rest(&mut table, parts.len());
        table
    }

    fn hierarchy(&self) -> Table {
        let calls = if self.profile.view == View::Allocations { "allocations" } else { "calls" };
        let mut columns = vec![
            Column::left("name", self.profile.view.noun()),
            Column::right(&self.key("total"), "total"),
            Column::right("total_share", "% of total"),
            Column::right(&self.key("own"), "own"),
            Column::right("calls", calls),
        ];
        if self.exact {
            columns.insert(0, Column::right("depth", "depth"));
        }
        let mut table =
            Table::new(format!("Call hierarchy by {}: {}", self.profile.view.name(), self.profile.place()), columns);
        let mut hidden = 0;
        self.branch(&self.profile.tree.roots, "", 0, &mut table, &mut hidden);
        if hidden > 0 {
            table.notes.push(format!("not shown: {hidden} below {} % of the total", 100.0 * LEAST_SHARE));
        }
        table
    }

    /// Adds sibling nodes, each with its children. `lines` is drawn to the left of them.
    fn branch(&self, nodes: &[Node], lines: &str, depth: usize, table: &mut Table, hidden: &mut usize) {
        let large = |node: &&Node| self.exact || node.total() as f64 >= LEAST_SHARE * self.whole as f64;
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
            let label = name(&node.name);
            let label = Cell { text: format!("{lines}{joint}{}", label.text), ..label };
            let mut cells = vec![
                label,
                self.amount(node.total() as f64),
                self.share(node.total()),
                self.amount(node.own as f64),
                calls_of(node.calls),
            ];
            if self.exact {
                cells.insert(0, count(depth as u64));
            }
            table.rows.push(cells);
            self.branch(&node.children, &format!("{lines}{below}"), depth + 1, table, hidden);
        }
    }

    /// Notes on the recorded runs, their cost, and the overhead of recording.
    fn notes(&self) -> Vec<String> {
        let profile = self.profile;
        if self.whole == 0 {
            let nothing =
                if profile.view == View::Allocations { "nothing was allocated" } else { "nothing was recorded" };
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
        let mut notes =
            vec![format!("{} of {} {}{plural}, {each}{what} per run", runs(profile.runs), unit.per_run, unit.name)];
        if profile.view != View::Allocations {
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

    fn note_rest(&self, table: &mut Table, all: usize) {
        if all > table.rows.len() {
            table.notes.push(format!("the first {} of {all}; json and csv contain all", table.rows.len()));
        }
    }

    fn most(&self) -> usize {
        if self.exact { usize::MAX } else { MOST }
    }

    /// `total_seconds`, `total_instructions`, `total_bytes`.
    fn key(&self, what: &str) -> String {
        let unit = match self.profile.view {
            View::Time => "seconds",
            View::Instructions => "instructions",
            View::Allocations => "bytes",
        };
        format!("{what}_{unit}")
    }

    fn amount(&self, raw: f64) -> Cell {
        let (quantity, one) = self.profile.view.quantity();
        Cell::number(raw / one, number::plain(quantity, raw / one))
    }

    fn average(&self, total: u64, calls: u64) -> Cell {
        if calls == 0 { Cell::missing() } else { self.amount(total as f64 / calls as f64) }
    }

    fn share(&self, part: u64) -> Cell {
        let share = part as f64 / self.whole.max(1) as f64;
        Cell::number(share, format!("{:.1} %", 100.0 * share))
    }
}

fn rank(place: usize) -> Cell {
    Cell::number((place + 1) as f64, (place + 1).to_string()).toned(Tone::Quiet)
}

/// A name, shortened in tables for people.
pub(super) fn name(name: &str) -> Cell {
    let mut text = short(name);
    if text.chars().count() > LONGEST_NAME {
        text = text.chars().take(LONGEST_NAME - 1).chain(['…']).collect();
    }
    Cell { text, ..Cell::text(name) }
}

fn count(count: u64) -> Cell {
    Cell::number(count as f64, number::count(count as f64))
}

/// The number of calls; unknown for a function entered before counting began and for time outside of operations.
fn calls_of(calls: u64) -> Cell {
    if calls > 0 { count(calls) } else { Cell::missing() }
}

fn runs(runs: u64) -> String {
    if runs == 1 { "1 run".to_owned() } else { format!("{runs} runs") }
}
