//! The macros that make a program of benchmarks.

/// Defines a function that runs its targets with a [`Criterion`](crate::Criterion).
///
/// ```
/// # use harness_criterion as criterion;
/// use criterion::{criterion_group, criterion_main, Criterion};
///
/// fn sum(criterion: &mut Criterion) {
///     criterion.bench_function("sum", |bencher| bencher.iter(|| (0..100).sum::<u64>()));
/// }
///
/// criterion_group!(short, sum);
/// criterion_group! {
///     name = long;
///     config = Criterion::default().sample_size(50);
///     targets = sum
/// }
/// criterion_main!(short, long);
/// ```
#[macro_export]
macro_rules! criterion_group {
    (name = $name:ident; config = $config:expr; targets = $($target:path),+ $(,)*) => {
        /// Runs the benchmarks of this group.
        pub fn $name() {
            let mut criterion: $crate::Criterion<_> = $config.configure_from_args();
            $(
                $crate::generated::target(|| {
                    $target(&mut criterion);
                });
            )+
        }
    };
    ($name:ident, $($target:path),+ $(,)*) => {
        $crate::criterion_group! {
            name = $name;
            config = $crate::Criterion::default();
            targets = $($target),+
        }
    };
}

/// Defines the function `main` of a program with these groups.
#[macro_export]
macro_rules! criterion_main {
    ($($group:path),+ $(,)*) => {
        fn main() {
            $crate::generated::main(&[
                $(&|| {
                    $group();
                }),+
            ]);
        }
    };
}
