//! Ids of benchmarks, as criterion forms them.

use std::fmt::Display;

use harness_probe::join_names;

/// The id of a benchmark in a group: a function, a parameter, or both.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct BenchmarkId {
    pub(crate) function: Option<String>,
    pub(crate) parameter: Option<String>,
}

impl BenchmarkId {
    /// Creates the id of a function with a parameter.
    pub fn new<S: Into<String>, P: Display>(function_name: S, parameter: P) -> Self {
        Self {
            function: Some(function_name.into()),
            parameter: Some(parameter.to_string()),
        }
    }

    /// Creates the id of a parameter, in a group of a single function.
    pub fn from_parameter<P: Display>(parameter: P) -> Self {
        Self {
            function: None,
            parameter: Some(parameter.to_string()),
        }
    }

    /// The id with its group: `group/function/parameter`. Long names are shortened.
    pub(crate) fn in_group(&self, group: &str) -> String {
        let names = [
            Some(group),
            self.function.as_deref(),
            self.parameter.as_deref(),
        ];
        join_names(names.into_iter().flatten())
    }
}

/// Anything that is the id of a benchmark: a [`BenchmarkId`], or a name.
pub trait IntoBenchmarkId: sealed::Sealed {
    /// Converts it.
    fn into_benchmark_id(self) -> BenchmarkId;
}

impl IntoBenchmarkId for BenchmarkId {
    fn into_benchmark_id(self) -> BenchmarkId {
        self
    }
}

impl<S: Into<String>> IntoBenchmarkId for S {
    fn into_benchmark_id(self) -> BenchmarkId {
        BenchmarkId {
            function: Some(self.into()),
            parameter: None,
        }
    }
}

mod sealed {
    pub trait Sealed {}
    impl Sealed for super::BenchmarkId {}
    impl<S: Into<String>> Sealed for S {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_those_of_criterion() {
        let of = |id: BenchmarkId| id.in_group("group");
        assert_eq!(of(BenchmarkId::new("f", 3)), "group/f/3");
        assert_eq!(of(BenchmarkId::from_parameter("x y")), "group/x y");
        assert_eq!(of("f".into_benchmark_id()), "group/f");
        let long = of(BenchmarkId::new("f", "word ".repeat(100)));
        assert!(
            long.starts_with("group/f/word word") && long.len() < 64,
            "{long}"
        );
    }
}
