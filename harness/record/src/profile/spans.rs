//! The engine's own spans as a tree.

use harness_probe::protocol::Span;
use thiserror::Error;

use crate::profile::{Node, Tree};

/// Spans that cannot be put in order.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("the probe's span `{name}` makes no sense: {wrong}")]
pub struct SpansError {
    /// The operation.
    name: String,
    /// What is wrong with it.
    wrong: &'static str,
}

/// What time that no span tells of is called.
pub const BETWEEN: &str = "(outside of any operation)";

impl Tree {
    /// A tree of spans, in nanoseconds, and of what `nanoseconds` have beyond them.
    ///
    /// # Errors
    /// If a span lies in one that comes after it, or takes less time than what is inside it.
    pub fn of_spans(nanoseconds: u64, spans: &[Span]) -> Result<Self, SpansError> {
        let error = |span: &Span, wrong| SpansError { name: span.name.clone(), wrong };
        // Time of the spans inside each.
        let mut inside = vec![0_u64; spans.len()];
        let mut outside = nanoseconds;
        for (place, span) in spans.iter().enumerate() {
            let rest = match span.parent {
                None => outside.checked_sub(span.nanoseconds).map(|rest| outside = rest),
                Some(parent) if parent < place => {
                    inside[parent] = inside[parent].saturating_add(span.nanoseconds);
                    (inside[parent] <= spans[parent].nanoseconds).then_some(())
                }
                Some(_) => return Err(error(span, "it lies in one that comes after it")),
            };
            rest.ok_or_else(|| error(span, "what it lies in takes less time"))?;
        }
        // From the last: what is inside a span is whole before the span itself is.
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
            tree.roots.push(Node { name: BETWEEN.to_owned(), own: outside, ..Node::default() });
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
                same.range = match (same.range, node.range) {
                    (Some((a, b)), Some((c, d))) => Some((a.min(c), b.max(d))),
                    (range, None) | (None, range) => range,
                };
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
        Span { name: name.to_owned(), parent, calls, nanoseconds, shortest, longest }
    }

    #[test]
    fn time_is_told_once_and_none_is_lost() {
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
            format!("decode 20\ndecode;block 40\ndecode;block;norm 20\ndecode;norm 10\n{BETWEEN} 10\n")
        );
        let norm = tree.parts().into_iter().find(|part| part.name == "norm").expect("there");
        assert_eq!((norm.own, norm.calls, norm.range), (30, 10, Some((2, 5))));
        tree.add(tree.clone());
        assert_eq!((tree.total(), tree.roots[0].calls), (200, 4));
    }

    #[test]
    fn spans_that_make_no_sense_are_refused() {
        let told = |spans: &[Span]| Tree::of_spans(100, spans).expect_err("nonsense").to_string();
        assert_eq!(
            told(&[span("a", Some(0), 1, 1)]),
            "the probe's span `a` makes no sense: it lies in one that comes after it"
        );
        assert_eq!(
            told(&[span("a", None, 1, 5), span("b", Some(0), 1, 6)]),
            "the probe's span `b` makes no sense: what it lies in takes less time"
        );
        assert_eq!(
            told(&[span("a", None, 1, 101)]),
            "the probe's span `a` makes no sense: what it lies in takes less time"
        );
    }
}
