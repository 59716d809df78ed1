//! The object that benchmarks are added to.

use std::fmt::Debug;
use std::marker::PhantomData;
use std::path::Path;
use std::time::Duration;

use crate::measurement::WallTime;
use crate::old::{BenchmarkDefinition, Fun, ParameterizedBenchmark};
use crate::{Bencher, BenchmarkFilter, BenchmarkGroup, BenchmarkId, PlottingBackend, pass};

/// Defines methods that accept a setting of criterion and return the object unchanged: as a value or by reference.
macro_rules! accepted {
    (self; $($name:ident($($argument:ident: $kind:ty),*)),+ $(,)?) => {
        $(
            /// Accepts a setting of criterion, which has no effect here.
            #[must_use]
            pub fn $name(self, $($argument: $kind),*) -> Self {
                $(let _ = $argument;)*
                self
            }
        )+
    };
    (&mut self; $($name:ident($($argument:ident: $kind:ty),*)),+ $(,)?) => {
        $(
            /// Accepts a setting of criterion, which has no effect here.
            pub fn $name(&mut self, $($argument: $kind),*) -> &mut Self {
                $(let _ = $argument;)*
                self
            }
        )+
    };
}
pub(crate) use accepted;

/// Benchmarks are added to it. Its settings have no effect: a harness measures by its own rules.
pub struct Criterion<M = WallTime> {
    // The type of a measurement has no bound, so that benches with a measurement of another crate compile.
    measurement: PhantomData<M>,
}

impl Default for Criterion {
    fn default() -> Self {
        Self {
            measurement: PhantomData,
        }
    }
}

impl<M> Criterion<M> {
    /// Begins a group of benchmarks.
    pub fn benchmark_group<S: Into<String>>(&mut self, group_name: S) -> BenchmarkGroup<'_, M> {
        BenchmarkGroup::new(self, group_name.into())
    }

    /// Adds a benchmark.
    pub fn bench_function<F>(&mut self, id: &str, mut f: F) -> &mut Self
    where
        F: FnMut(&mut Bencher<'_, M>),
    {
        let alone = BenchmarkId {
            function: None,
            parameter: None,
        };
        self.benchmark_group(id)
            .reach(&alone, &mut |bencher| f(bencher));
        self
    }

    /// Adds a benchmark with an input.
    pub fn bench_with_input<F, I>(&mut self, id: BenchmarkId, input: &I, f: F) -> &mut Self
    where
        F: FnMut(&mut Bencher<'_, M>, &I),
    {
        let (group, parameter) = match (id.function, id.parameter) {
            (Some(function), parameter) => (function, parameter),
            (None, parameter) => (parameter.unwrap_or_default(), None),
        };
        let id = BenchmarkId {
            function: None,
            parameter,
        };
        self.benchmark_group(group).bench_with_input(id, input, f);
        self
    }

    /// Adds a benchmark for each input. Of criterion 0.3 and older.
    pub fn bench_function_over_inputs<I, F>(&mut self, id: &str, f: F, inputs: I) -> &mut Self
    where
        I: IntoIterator,
        I::Item: Debug + 'static,
        F: FnMut(&mut Bencher<'_, M>, &I::Item) + 'static,
    {
        self.bench(id, ParameterizedBenchmark::new(id, f, inputs))
    }

    /// Adds a benchmark for each function. Of criterion 0.3 and older.
    pub fn bench_functions<I>(&mut self, id: &str, functions: Vec<Fun<I, M>>, input: I) -> &mut Self
    where
        I: Debug + 'static,
    {
        self.bench(id, ParameterizedBenchmark::of_functions(functions, input))
    }

    /// Adds the benchmarks of a definition. Of criterion 0.3 and older.
    pub fn bench<B: BenchmarkDefinition<M>>(&mut self, group_id: &str, benchmark: B) -> &mut Self {
        benchmark.run(group_id, self);
        self
    }

    /// Accepts a measurement. The meter of a harness reads instead of it.
    pub fn with_measurement<M2>(self, _measurement: M2) -> Criterion<M2> {
        Criterion {
            measurement: PhantomData,
        }
    }

    /// Accepts a profiler, which is never started.
    #[must_use]
    pub fn with_profiler<P>(self, _profiler: P) -> Self {
        self
    }

    /// Accepts a filter of names, which has no effect: arguments choose the benchmarks.
    #[must_use]
    pub fn with_filter<S: Into<String>>(self, _filter: S) -> Self {
        self
    }

    /// Prints one line on the end of a program that a person started.
    pub fn final_summary(&self) {
        pass::end();
    }

    accepted! {
        self;
        configure_from_args(),
        sample_size(n: usize),
        warm_up_time(time: Duration),
        measurement_time(time: Duration),
        nresamples(n: usize),
        noise_threshold(threshold: f64),
        confidence_level(level: f64),
        significance_level(level: f64),
        plotting_backend(backend: PlottingBackend),
        with_plots(),
        without_plots(),
        save_baseline(baseline: String),
        retain_baseline(baseline: String, strict: bool),
        with_benchmark_filter(filter: BenchmarkFilter),
        with_output_color(enabled: bool),
        output_directory(path: &Path),
        profile_time(time: Option<Duration>),
    }
}
