//! A workload that is a function.

use std::fmt::Debug;

use harness_probe::{ONLY_PHASE, Selection};

use crate::Bencher;

/// A workload: an id, and a function that prepares and measures it.
pub struct Function {
    pub(crate) id: String,
    pub(crate) phase: String,
    pub(crate) about: String,
    pub(crate) unit: Option<(String, u64)>,
    pub(crate) argument: Option<String>,
    pub(crate) selection: Selection,
    pub(crate) run: Box<dyn Fn(&mut Bencher)>,
}

/// Creates a workload from a function that makes its state, which is not measured, and one that runs with it.
///
/// ```
/// # use harness_bench as harness;
/// let text = || "a b c".repeat(100);
/// harness::function("words", text, |text| text.split(' ').count()).bytes(500);
/// ```
pub fn function<S, O>(
    id: impl Into<String>,
    state: impl Fn() -> S + 'static,
    run: impl Fn(&mut S) -> O + 'static,
) -> Function {
    Function::new(id, move |bencher| {
        let mut state = state();
        bencher.iter(|| run(&mut state));
    })
}

impl Function {
    /// Creates a workload from a function that calls a method of the bencher.
    pub fn new(id: impl Into<String>, run: impl Fn(&mut Bencher) + 'static) -> Self {
        Self {
            id: id.into(),
            phase: ONLY_PHASE.to_owned(),
            about: String::new(),
            unit: None,
            argument: None,
            selection: Selection::Standard,
            run: Box::new(run),
        }
    }

    /// The bytes that one run processes, for throughput.
    #[must_use]
    pub fn bytes(self, bytes: u64) -> Self {
        self.units("byte", bytes)
    }

    /// The items that one run processes, for throughput.
    #[must_use]
    pub fn items(self, items: u64) -> Self {
        self.units("item", items)
    }

    /// The units that one run processes, for throughput; `name` is singular: `row`, `token`.
    #[must_use]
    pub fn units(self, name: impl Into<String>, per_run: u64) -> Self {
        Self {
            unit: Some((name.into(), per_run)),
            ..self
        }
    }

    /// The implementation. Functions of one id are phases of one workload, in the order of their declaration.
    #[must_use]
    pub fn phase(self, phase: impl Into<String>) -> Self {
        Self {
            phase: phase.into(),
            ..self
        }
    }

    /// One line for readers of reports.
    #[must_use]
    pub fn about(self, about: impl Into<String>) -> Self {
        Self {
            about: about.into(),
            ..self
        }
    }

    /// Quick runs measure it, too.
    #[must_use]
    pub fn quick(self) -> Self {
        Self {
            selection: Selection::Quick,
            ..self
        }
    }

    /// Only runs that name it measure it.
    #[must_use]
    pub fn on_demand(self) -> Self {
        Self {
            selection: Selection::OnDemand,
            ..self
        }
    }

    /// The argument that it was made for. It is part of the definition, so times of other arguments do not compare.
    #[must_use]
    pub fn argument(self, argument: impl Debug) -> Self {
        Self {
            argument: Some(format!("{argument:?}")),
            ..self
        }
    }

    /// All functions that a value contains: itself, or those of an iterator.
    pub fn all_of(functions: impl IntoFunctions) -> Vec<Self> {
        functions.into_functions()
    }
}

/// A function or an iterator of functions.
pub trait IntoFunctions {
    /// Lists the functions.
    fn into_functions(self) -> Vec<Function>;
}

impl IntoFunctions for Function {
    fn into_functions(self) -> Vec<Function> {
        vec![self]
    }
}

impl IntoFunctions for Vec<Function> {
    fn into_functions(self) -> Vec<Function> {
        self
    }
}

impl<const N: usize> IntoFunctions for [Function; N] {
    fn into_functions(self) -> Vec<Function> {
        self.into()
    }
}
