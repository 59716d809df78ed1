//! Kinds of functions and operations, such as allocation, by words in their names.
//!
//! The kinds of a project come from its configuration. Those of every program are built in: allocation, copying and waiting. A name
//! that no rule matches has the kind of its crate, the first part of its path.

use std::borrow::Cow;

use serde::Deserialize;

use crate::profile::{Tree, short};

/// A kind, and the words by which it is recognized.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kind {
    /// Its name, in a word or two.
    pub name: String,
    /// Words of a function's or an operation's name. A star at the end stands for any rest: `matmul*`.
    pub words: Vec<String>,
}

/// The kinds of a project, and then those of every program. The first match wins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kinds(Vec<Kind>);

/// The kinds of every program.
const GENERAL: [(&str, &[&str]); 3] = [
    (
        "allocation",
        &[
            "alloc*", "malloc*", "calloc", "realloc*", "dealloc*", "free", "cfree", "drop", "mmap",
            "munmap", "brk",
        ],
    ),
    ("copying", &["memcpy", "memmove", "memset", "copy", "clone"]),
    (
        "waiting",
        &[
            "futex", "park", "wait", "lock", "mutex", "condvar", "barrier", "yield", "sleep",
            "join", "recv",
        ],
    ),
];

/// The kind of a name that neither matches a rule nor has a path.
const OTHER: &str = "other";

impl Kind {
    /// A kind with its words.
    pub fn new(name: &str, words: &[&str]) -> Self {
        Self {
            name: name.to_owned(),
            words: words.iter().map(|&word| word.to_owned()).collect(),
        }
    }

    fn matches(&self, word: &str) -> bool {
        self.words
            .iter()
            .any(|pattern| match pattern.strip_suffix('*') {
                Some(start) => word.starts_with(start),
                None => word == pattern,
            })
    }
}

impl Default for Kinds {
    fn default() -> Self {
        Self::new(Vec::new())
    }
}

impl Kinds {
    /// The kinds of a project, followed by those of every program.
    pub fn new(mut of_project: Vec<Kind>) -> Self {
        of_project.extend(GENERAL.map(|(name, words)| Kind::new(name, words)));
        Self(of_project)
    }

    /// The kind of a function or an operation.
    pub fn of<'a>(&'a self, name: &'a str) -> Cow<'a, str> {
        // Only the last parts of a path: in `alloc::vec::Vec::len` nothing is allocated.
        let function = short(name).to_lowercase();
        let words = || {
            let all = function.split(|c: char| !c.is_alphanumeric());
            all.filter(|word| !word.is_empty())
        };
        let matching = |kind: &&Kind| words().any(|word| kind.matches(word));
        if let Some(kind) = self.0.iter().find(matching) {
            return Cow::Borrowed(&kind.name);
        }
        let path = name.trim_start_matches(['<', '&', '(', '*', ' ']);
        Cow::Borrowed(path.split_once("::").map_or(OTHER, |(first, _)| first))
    }

    /// The number of kinds that have rules.
    pub fn with_rules(&self) -> usize {
        self.0.len()
    }

    /// The index of a kind in the order of the rules; none for a crate.
    pub fn index(&self, kind: &str) -> Option<usize> {
        self.0.iter().position(|one| one.name == kind)
    }

    /// The own cost of each kind that has some, the largest first.
    pub fn costs(&self, tree: &Tree) -> Vec<(String, u64)> {
        let mut costs: Vec<(String, u64)> = Vec::new();
        for part in tree.parts().iter().filter(|part| part.own > 0) {
            let kind = self.of(&part.name);
            match costs.iter_mut().find(|(name, _)| *name == kind) {
                Some((_, own)) => *own += part.own,
                None => costs.push((kind.into_owned(), part.own)),
            }
        }
        costs.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        costs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_recognized_by_words() {
        let kinds = Kinds::new(vec![
            Kind::new("matrix product", &["matmul*", "product"]),
            Kind::new("normalization", &["norm"]),
        ]);
        let expected = [
            ("engine::matmul_blocked::rows", "matrix product"),
            ("expand product", "matrix product"),
            ("layer_norm", "normalization"),
            ("<engine::Norm as engine::Operation>::run", "normalization"),
            ("engine::normal", "engine"),
            ("__memcpy_avx_unaligned_erms", "copying"),
            ("alloc::alloc::dealloc", "allocation"),
            ("_int_malloc", "allocation"),
            ("alloc::vec::Vec<T>::len", "alloc"),
            ("std::sys::futex::wait", "waiting"),
            ("<&engine::a::B as core::fmt::Debug>::fmt", "engine"),
            ("(below main)", "other"),
            ("", "other"),
        ];
        for (name, kind) in expected {
            assert_eq!(kinds.of(name), kind, "{name}");
        }
        assert_eq!(kinds.index("normalization"), Some(1));
        assert_eq!(kinds.index("engine"), None);
    }

    #[test]
    fn costs_are_summed_by_kind() {
        let stacks = [
            (vec!["run".to_owned(), "malloc".to_owned()], 5, 1),
            (vec!["run".to_owned(), "x::sum".to_owned()], 20, 1),
            (vec!["run".to_owned(), "free".to_owned()], 3, 1),
        ];
        let tree = Tree::of_stacks(
            stacks
                .iter()
                .map(|(stack, own, calls)| (stack.as_slice(), *own, *calls)),
        );
        assert_eq!(
            Kinds::default().costs(&tree),
            [("x".to_owned(), 20), ("allocation".to_owned(), 8)]
        );
    }
}
