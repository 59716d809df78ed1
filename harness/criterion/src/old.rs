//! The definitions of benchmarks of criterion 0.3 and older, which had no groups.

use std::fmt::Debug;
use std::time::Duration;

use crate::criterion::accepted;
use crate::measurement::WallTime;
use crate::{Bencher, BenchmarkId, Criterion, PlotConfiguration, SamplingMode, Throughput};

/// The closure of a benchmark.
type Routine<T, M> = Box<dyn FnMut(&mut Bencher<'_, M>, &T)>;

/// The settings of a definition, which have no effect.
macro_rules! settings {
    () => {
        accepted! {
            self;
            sample_size(n: usize),
            warm_up_time(time: Duration),
            measurement_time(time: Duration),
            nresamples(n: usize),
            noise_threshold(threshold: f64),
            confidence_level(level: f64),
            significance_level(level: f64),
            plot_config(configuration: PlotConfiguration),
            sampling_mode(mode: SamplingMode),
        }
    };
}

/// Benchmarks that [`Criterion::bench`] adds.
pub trait BenchmarkDefinition<M = WallTime>: Sized {
    /// Adds them as a group.
    fn run(self, group_id: &str, criterion: &mut Criterion<M>);
}

/// A named function with an input.
pub struct Fun<I, M = WallTime> {
    name: String,
    routine: Routine<I, M>,
}

impl<I, M> Fun<I, M> {
    /// Creates it.
    pub fn new<F>(name: &str, f: F) -> Self
    where
        F: FnMut(&mut Bencher<'_, M>, &I) + 'static,
    {
        Self {
            name: name.to_owned(),
            routine: Box::new(f),
        }
    }
}

/// Functions without a parameter.
pub struct Benchmark<M = WallTime> {
    functions: Vec<Fun<(), M>>,
    throughput: Option<Throughput>,
}

impl<M> Benchmark<M> {
    /// Creates it with its first function.
    pub fn new<S, F>(id: S, f: F) -> Self
    where
        S: Into<String>,
        F: FnMut(&mut Bencher<'_, M>) + 'static,
    {
        let new = Self {
            functions: Vec::new(),
            throughput: None,
        };
        new.with_function(id, f)
    }

    /// Adds a function.
    #[must_use]
    pub fn with_function<S, F>(mut self, id: S, mut f: F) -> Self
    where
        S: Into<String>,
        F: FnMut(&mut Bencher<'_, M>) + 'static,
    {
        self.functions
            .push(Fun::new(&id.into(), move |bencher, ()| f(bencher)));
        self
    }

    /// Sets the amount of work in a run.
    #[must_use]
    pub fn throughput(mut self, throughput: Throughput) -> Self {
        self.throughput = Some(throughput);
        self
    }

    settings!();
}

impl<M> BenchmarkDefinition<M> for Benchmark<M> {
    fn run(self, group_id: &str, criterion: &mut Criterion<M>) {
        let throughput = self.throughput;
        let throughput = move |(): &()| throughput.clone();
        run(group_id, criterion, self.functions, &[()], &throughput);
    }
}

/// The throughput of a run with a parameter.
type ThroughputOf<T> = Box<dyn Fn(&T) -> Throughput>;

/// Functions with a parameter, for each of its values.
pub struct ParameterizedBenchmark<T, M = WallTime> {
    functions: Vec<Fun<T, M>>,
    values: Vec<T>,
    throughput: Option<ThroughputOf<T>>,
}

impl<T: Debug, M> ParameterizedBenchmark<T, M> {
    /// Creates it with its first function.
    pub fn new<S, F, I>(id: S, f: F, parameters: I) -> Self
    where
        S: Into<String>,
        F: FnMut(&mut Bencher<'_, M>, &T) + 'static,
        I: IntoIterator<Item = T>,
    {
        let new = Self {
            functions: Vec::new(),
            values: parameters.into_iter().collect(),
            throughput: None,
        };
        new.with_function(id, f)
    }

    pub(crate) fn of_functions(functions: Vec<Fun<T, M>>, value: T) -> Self {
        Self {
            functions,
            values: vec![value],
            throughput: None,
        }
    }

    /// Adds a function.
    #[must_use]
    pub fn with_function<S, F>(mut self, id: S, f: F) -> Self
    where
        S: Into<String>,
        F: FnMut(&mut Bencher<'_, M>, &T) + 'static,
    {
        self.functions.push(Fun::new(&id.into(), f));
        self
    }

    /// Sets the amount of work in a run with a value.
    #[must_use]
    pub fn throughput<F>(mut self, throughput: F) -> Self
    where
        F: Fn(&T) -> Throughput + 'static,
    {
        self.throughput = Some(Box::new(throughput));
        self
    }

    settings!();
}

impl<T: Debug, M> BenchmarkDefinition<M> for ParameterizedBenchmark<T, M> {
    fn run(self, group_id: &str, criterion: &mut Criterion<M>) {
        let throughput = |value: &T| self.throughput.as_ref().map(|of| of(value));
        run(
            group_id,
            criterion,
            self.functions,
            &self.values,
            &throughput,
        );
    }
}

/// Adds each function with each value. A name that repeats the group, and the only value, are not part of an id.
fn run<T: Debug, M>(
    group_id: &str,
    criterion: &mut Criterion<M>,
    functions: Vec<Fun<T, M>>,
    values: &[T],
    throughput: &dyn Fn(&T) -> Option<Throughput>,
) {
    let mut group = criterion.benchmark_group(group_id);
    let is_alone = functions.len() == 1;
    for mut function in functions {
        for value in values {
            let id = BenchmarkId {
                function: (!is_alone || function.name != group_id).then(|| function.name.clone()),
                parameter: (values.len() > 1).then(|| format!("{value:?}")),
            };
            if let Some(throughput) = throughput(value) {
                group.throughput(throughput);
            }
            group.bench_with_input(id, value, |bencher, value| {
                (function.routine)(bencher, value);
            });
        }
    }
}
