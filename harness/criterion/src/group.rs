//! Groups of benchmarks.

use std::hint::black_box;
use std::time::Duration;

use crate::criterion::accepted;
use crate::measurement::WallTime;
use crate::{
    Bencher, BenchmarkId, Criterion, IntoBenchmarkId, PlotConfiguration, SamplingMode, Throughput,
    pass,
};

/// Benchmarks whose ids begin with the same name.
pub struct BenchmarkGroup<'a, M = WallTime> {
    // Criterion's group borrows, too, so a bench that compiles with it is one that lets the group end first.
    _criterion: &'a mut Criterion<M>,
    name: String,
    throughput: Option<Throughput>,
}

impl<'a, M> BenchmarkGroup<'a, M> {
    pub(crate) fn new(criterion: &'a mut Criterion<M>, name: String) -> Self {
        Self {
            _criterion: criterion,
            name,
            throughput: None,
        }
    }

    /// Sets the amount of work in a run of the benchmarks that follow: the unit of their workloads.
    pub fn throughput(&mut self, throughput: Throughput) -> &mut Self {
        self.throughput = Some(throughput);
        self
    }

    /// Adds a benchmark.
    pub fn bench_function<ID, F>(&mut self, id: ID, mut f: F) -> &mut Self
    where
        ID: IntoBenchmarkId,
        F: FnMut(&mut Bencher<'_, M>),
    {
        self.reach(&id.into_benchmark_id(), &mut |bencher| f(bencher));
        self
    }

    /// Adds a benchmark with an input.
    pub fn bench_with_input<ID, F, I>(&mut self, id: ID, input: &I, mut f: F) -> &mut Self
    where
        ID: IntoBenchmarkId,
        F: FnMut(&mut Bencher<'_, M>, &I),
        I: ?Sized,
    {
        self.reach(&id.into_benchmark_id(), &mut |bencher| {
            f(bencher, black_box(input));
        });
        self
    }

    /// Ends the group.
    pub fn finish(self) {}

    pub(crate) fn reach(&mut self, id: &BenchmarkId, call: &mut dyn FnMut(&mut Bencher<'_, M>)) {
        pass::reach(
            &id.in_group(&self.name),
            self.throughput.as_ref(),
            &mut |measure| {
                call(&mut Bencher::new(measure));
            },
        );
    }

    accepted! {
        &mut self;
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
}
