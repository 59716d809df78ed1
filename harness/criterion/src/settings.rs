//! Settings of criterion's own statistics, plots and files. They are accepted, and nothing depends on them: a harness
//! measures by its own rules.

use regex_lite::Regex;

/// The way in which criterion chooses numbers of iterations.
#[derive(Debug, Default, Clone, Copy)]
pub enum SamplingMode {
    /// By the time of an iteration.
    #[default]
    Auto,
    /// Growing.
    Linear,
    /// The same for all samples.
    Flat,
}

/// The scale of an axis.
#[derive(Debug, Default, Clone, Copy)]
pub enum AxisScale {
    /// Linear.
    #[default]
    Linear,
    /// Logarithmic.
    Logarithmic,
}

/// The look of a plot.
#[derive(Debug, Default, Clone)]
pub struct PlotConfiguration(());

impl PlotConfiguration {
    /// Accepts a scale.
    #[must_use]
    pub fn summary_scale(self, _scale: AxisScale) -> Self {
        self
    }
}

/// The program that draws plots.
#[derive(Debug, Clone, Copy)]
pub enum PlottingBackend {
    /// The command `gnuplot`.
    Gnuplot,
    /// The crate plotters.
    Plotters,
    /// No plots.
    None,
}

/// The use of criterion's stored results.
#[derive(Debug, Clone, Copy)]
pub enum Baseline {
    /// Compare if there are any.
    CompareLenient,
    /// Compare; missing ones are an error.
    CompareStrict,
    /// Store.
    Save,
    /// Do not store.
    Discard,
}

/// The benchmarks that a person chose.
#[derive(Debug, Clone)]
pub enum BenchmarkFilter {
    /// All.
    AcceptAll,
    /// Those whose id matches.
    Regex(Regex),
    /// The one with this id.
    Exact(String),
    /// None.
    RejectAll,
}

impl BenchmarkFilter {
    pub(crate) fn accepts(&self, id: &str) -> bool {
        match self {
            Self::AcceptAll => true,
            Self::Regex(regex) => regex.is_match(id),
            Self::Exact(exact) => id == exact,
            Self::RejectAll => false,
        }
    }
}
