//! Tree of the spans that the engine reports.

use harness_probe::protocol::Span;
use thiserror::Error;

use crate::profile::tree::joined;
use crate::profile::{Node, Tree};

/// Error of spans that do not form a tree.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the probe's span `{name}` is invalid: {wrong}")]
pub struct SpansError {
    /// Name of the span.
    name: String,
    /// The reason.
    wrong: &'static str,
}

/// Name of the time outside of all spans.
pub const BETWEEN: &str = "(outside of any operation)";

impl Tree {
    /// Builds the tree of spans of a run that took `nanoseconds`. Time outside of all spans becomes a root of its
    /// own.
    ///
    /// # Errors
    /// If the parent of a span comes after it, or the spans within a parent (or within the run) take longer than the
    /// parent.
    pub fn of_spans(nanoseconds: u64, spans: &[Span]) -> Result<Self, SpansError> {
        let error = |span: &Span, wrong| SpansError {
            name: span.name.clone(),
            wrong,
        };
        // For each span the total time of its children.
        let mut inside = vec![0_u64; spans.len()];
        let mut outside = nanoseconds;
        for (place, span) in spans.iter().enumerate() {
            let rest = match span.parent {
                None => outside
                    .checked_sub(span.nanoseconds)
                    .map(|rest| outside = rest),
                Some(parent) if parent < place => {
                    inside[parent] = inside[parent].saturating_add(span.nanoseconds);
                    (inside[parent] <= spans[parent].nanoseconds).then_some(())
                }
                Some(_) => return Err(error(span, "its parent comes after it")),
            };
            rest.ok_or_else(|| error(span, "its parent (or the run) takes less time"))?;
        }
        // From the last to the first: children are complete before their parent.
        let mut children: Vec<Vec<Node>> = vec![Vec::new(); spans.len()];
        let mut tree = Self::default();
        for (place, span) in spans.iter().enumerate().rev() {
            let node = Node {
                name: span.name.clone(),
                own: span.nanoseconds - inside[place],
                calls: span.calls,
                range: (span.calls > 0).then_some((span.shortest, span.longest)),
                children: std::mem::take(&mut children[place]),
            };
            match span.parent {
                None => tree.roots.push(node),
                Some(parent) => children[parent].push(node),
            }
        }
        if outside > 0 {
            tree.roots.push(Node {
                name: BETWEEN.to_owned(),
                own: outside,
                ..Node::default()
            });
        }
        tree.sort();
        Ok(tree)
    }

    /// Adds another tree to this one, name by name.
    pub fn add(&mut self, other: Self) {
        add(&mut self.roots, other.roots);
        self.sort();
    }
}

fn add(to: &mut Vec<Node>, nodes: Vec<Node>) {
    for node in nodes {
        match to.iter_mut().find(|other| other.name == node.name) {
            None => to.push(node),
            Some(same) => {
                same.own += node.own;
                same.calls += node.calls;
                same.range = joined(same.range, node.range);
                add(&mut same.children, node.children);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(name: &str, parent: Option<usize>, calls: u64, nanoseconds: u64) -> Span {
        let (shortest, longest) = (nanoseconds / (calls + 1), nanoseconds / calls);
        Span {
            name: name.to_owned(),
            parent,
            calls,
            nanoseconds,
            shortest,
            longest,
        }
    }

    #[test]
    fn all_time_is_counted_once() {
        let spans = [
            span("decode", None, 2, 90),
            span("block", Some(0), 4, 60),
            span("norm", Some(1), 8, 20),
            span("norm", Some(0), 2, 10),
        ];
        let mut tree = Tree::of_spans(100, &spans).expect("in order");
        assert_eq!(tree.total(), 100);
        assert_eq!(
            tree.folded(1.0),
            format!(
                "decode 20\ndecode;block 40\ndecode;block;norm 20\ndecode;norm 10\n{BETWEEN} 10\n"
            )
        );
        let norm = tree
            .parts()
            .into_iter()
            .find(|part| part.name == "norm")
            .expect("there");
        assert_eq!((norm.own, norm.calls, norm.range), (30, 10, Some((2, 5))));
        tree.add(tree.clone());
        assert_eq!((tree.total(), tree.roots[0].calls), (200, 4));
    }

    #[test]
    fn invalid_spans_are_refused() {
        let error = |spans: &[Span]| Tree::of_spans(100, spans).expect_err("invalid").to_string();
        assert_eq!(
            error(&[span("a", Some(0), 1, 1)]),
            "the probe's span `a` is invalid: its parent comes after it"
        );
        assert_eq!(
            error(&[span("a", None, 1, 5), span("b", Some(0), 1, 6)]),
            "the probe's span `b` is invalid: its parent (or the run) takes less time"
        );
        assert_eq!(
            error(&[span("a", None, 1, 101)]),
            "the probe's span `a` is invalid: its parent (or the run) takes less time"
        );
    }
}
