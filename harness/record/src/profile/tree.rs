//! Costs of a run as a tree: each operation or function with its children.

use std::collections::HashMap;

/// An operation, a function or an allocating line at one place of the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Node {
    /// Name of the operation, function or line.
    pub name: String,
    /// Own cost, without the children.
    pub own: u64,
    /// Number of calls; for allocations, the number of blocks allocated in it.
    pub calls: u64,
    /// Lowest and highest cost of a single call, if calls were recorded singly.
    pub range: Option<(u64, u64)>,
    /// The nodes within it.
    pub children: Vec<Node>,
}

/// The costs of a run: a forest, because a run may do one thing after the other.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    /// The outermost nodes.
    pub roots: Vec<Node>,
}

/// One name, summed over all its places in the tree.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Part {
    /// The name.
    pub name: String,
    /// Own cost, without children.
    pub own: u64,
    /// Cost with all children. A place within another place of the same name is counted once.
    pub total: u64,
    /// Number of calls.
    pub calls: u64,
    /// Lowest and highest cost of a single call, if calls were recorded singly.
    pub range: Option<(u64, u64)>,
}

impl Node {
    /// Returns the cost with all children.
    pub fn total(&self) -> u64 {
        self.own + self.children.iter().map(Self::total).sum::<u64>()
    }
}

impl Tree {
    /// Builds a tree from stacks (outermost frame first), each with its own cost and the number of calls of its last
    /// frame. Frames that enclose all others, from the start of the program to the measured code, are omitted.
    pub fn of_stacks<'a>(stacks: impl IntoIterator<Item = (&'a [String], u64, u64)>) -> Self {
        let mut root = Node::default();
        for (stack, own, calls) in stacks {
            let node = stack
                .iter()
                .fold(&mut root, |node, frame| node.child(frame));
            node.own += own;
            node.calls += calls;
        }
        root.prune();
        let mut tree = Self {
            roots: root.children,
        };
        while let [only] = tree.roots.as_mut_slice() {
            if only.own > 0
                || only.children.is_empty()
                || only.children.iter().all(|child| child.children.is_empty())
            {
                break;
            }
            tree.roots = std::mem::take(&mut only.children);
        }
        tree.sort();
        tree
    }

    /// Returns the total cost.
    pub fn total(&self) -> u64 {
        self.roots.iter().map(Node::total).sum()
    }

    /// Sorts all levels by descending cost.
    pub fn sort(&mut self) {
        sort(&mut self.roots);
    }

    /// Returns every name once, in descending order of own cost.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts: HashMap<&str, Part> = HashMap::new();
        let mut around: Vec<&str> = Vec::new();
        for (depth, node) in self.walk() {
            around.truncate(depth);
            let name = node.name.as_str();
            let part = parts.entry(name).or_insert_with(|| Part {
                name: name.to_owned(),
                ..Part::default()
            });
            part.own += node.own;
            part.calls += node.calls;
            part.range = joined(part.range, node.range);
            if !around.contains(&name) {
                part.total += node.total();
            }
            around.push(name);
        }
        let mut parts: Vec<Part> = parts.into_values().collect();
        parts.sort_by(|a, b| (b.own, b.total, &a.name).cmp(&(a.own, a.total, &b.name)));
        parts
    }

    /// Returns every node with its depth, parents before children.
    pub fn walk(&self) -> Vec<(usize, &Node)> {
        fn walk<'a>(nodes: &'a [Node], depth: usize, all: &mut Vec<(usize, &'a Node)>) {
            for node in nodes {
                all.push((depth, node));
                walk(&node.children, depth + 1, all);
            }
        }
        let mut all = Vec::new();
        walk(&self.roots, 0, &mut all);
        all
    }

    /// Returns a line for each stack with a cost of its own, `outermost;...;innermost cost`: the input format of
    /// flame graphs. Costs are multiplied by `scale`.
    pub fn folded(&self, scale: f64) -> String {
        let mut text = String::new();
        for (stack, cost) in self.stacks(scale) {
            // A semicolon separates frames.
            let frames: Vec<String> = stack.iter().map(|frame| frame.replace(';', ",")).collect();
            text.push_str(&format!("{} {cost}\n", frames.join(";")));
        }
        text
    }

    /// Returns the stacks with a cost of their own, outermost frame first, each with its cost multiplied by `scale`.
    pub fn stacks(&self, scale: f64) -> Vec<(Vec<&str>, u64)> {
        let (mut stacks, mut stack) = (Vec::new(), Vec::new());
        for (depth, node) in self.walk() {
            stack.truncate(depth);
            stack.push(node.name.as_str());
            let cost = (node.own as f64 * scale).round() as u64;
            if cost > 0 {
                stacks.push((stack.clone(), cost));
            }
        }
        stacks
    }
}

impl Node {
    fn child(&mut self, name: &str) -> &mut Self {
        let place = self
            .children
            .iter()
            .position(|child| child.name == name)
            .unwrap_or_else(|| {
                self.children.push(Self {
                    name: name.to_owned(),
                    ..Self::default()
                });
                self.children.len() - 1
            });
        &mut self.children[place]
    }

    /// Removes nodes without cost, such as a function that was left before counting began.
    fn prune(&mut self) {
        self.children.retain_mut(|child| {
            child.prune();
            child.own > 0 || !child.children.is_empty()
        });
    }
}

fn sort(nodes: &mut [Node]) {
    nodes.sort_by(|a, b| b.total().cmp(&a.total()).then_with(|| a.name.cmp(&b.name)));
    nodes.iter_mut().for_each(|node| sort(&mut node.children));
}

/// The range that covers both.
pub(super) fn joined(one: Option<(u64, u64)>, other: Option<(u64, u64)>) -> Option<(u64, u64)> {
    match (one, other) {
        (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
        (range, None) | (None, range) => range,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frames(stack: &str) -> Vec<String> {
        stack.split(';').map(str::to_owned).collect()
    }

    fn tree(stacks: &[(&str, u64, u64)]) -> Tree {
        let stacks: Vec<(Vec<String>, u64, u64)> = stacks
            .iter()
            .map(|(stack, own, calls)| (frames(stack), *own, *calls))
            .collect();
        Tree::of_stacks(
            stacks
                .iter()
                .map(|(stack, own, calls)| (stack.as_slice(), *own, *calls)),
        )
    }

    #[test]
    fn enclosing_frames_are_omitted_and_the_largest_cost_comes_first() {
        let tree = tree(&[
            ("start;main;run;norm", 5, 2),
            ("start;main;run;product;inner", 7, 4),
            ("start;main;run;product", 1, 2),
            ("start;main;setup", 0, 1),
        ]);
        let found: Vec<_> = tree
            .walk()
            .iter()
            .map(|(depth, node)| (*depth, node.name.as_str(), node.total()))
            .collect();
        assert_eq!(found, [(0, "product", 8), (1, "inner", 7), (0, "norm", 5)]);
        assert_eq!(tree.folded(1.0), "product 1\nproduct;inner 7\nnorm 5\n");
        assert_eq!(tree.folded(0.5), "product 1\nproduct;inner 4\nnorm 3\n");
    }

    #[test]
    fn a_single_function_stays() {
        assert_eq!(tree(&[("main;run", 5, 1)]).walk().len(), 2);
    }

    #[test]
    fn a_name_inside_itself_is_counted_once() {
        let parts = tree(&[("a;b;a", 3, 1), ("a;b", 2, 1), ("a", 1, 1), ("c", 4, 9)]).parts();
        let found: Vec<_> = parts
            .iter()
            .map(|part| (part.name.as_str(), part.own, part.total, part.calls))
            .collect();
        assert_eq!(found, [("a", 4, 6, 2), ("c", 4, 4, 9), ("b", 2, 5, 1)]);
    }

    proptest! {
        #[test]
        fn nothing_is_lost(stacks in prop::collection::vec((prop::collection::vec("[abc;]", 1..6), 0..1000_u64, 0..9_u64), 0..20)) {
            let tree = Tree::of_stacks(stacks.iter().map(|(stack, own, calls)| (stack.as_slice(), *own, *calls)));
            let total: u64 = stacks.iter().map(|(_, own, _)| own).sum();
            prop_assert_eq!(tree.total(), total);
            prop_assert_eq!(tree.parts().iter().map(|part| part.own).sum::<u64>(), total);
            let folded: u64 = tree.folded(1.0).lines().filter_map(|line| line.rsplit_once(' ')?.1.parse::<u64>().ok()).sum();
            prop_assert_eq!(folded, total);
            for part in tree.parts() {
                prop_assert!(part.own <= part.total && part.total <= total);
            }
        }
    }
}
