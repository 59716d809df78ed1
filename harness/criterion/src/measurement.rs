//! Measurements: the costs that criterion reads. The meter of a harness reads instead of them; the traits exist so that
//! benches with a measurement of their own compile.

use std::time::{Duration, Instant};

use crate::Throughput;

/// Formats measured values.
pub trait ValueFormatter {
    /// Formats a value.
    fn format_value(&self, value: f64) -> String {
        let mut values = [value];
        let unit = self.scale_values(value, &mut values);
        format!("{:>6.4} {unit}", values[0])
    }

    /// Formats a throughput.
    fn format_throughput(&self, throughput: &Throughput, value: f64) -> String {
        let mut values = [value];
        let unit = self.scale_throughputs(value, throughput, &mut values);
        format!("{:>6.4} {unit}", values[0])
    }

    /// Scales values to a unit that fits a typical one, and returns the unit.
    fn scale_values(&self, typical_value: f64, values: &mut [f64]) -> &'static str;

    /// Turns values into throughputs, scales them, and returns the unit.
    fn scale_throughputs(
        &self,
        typical_value: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str;

    /// Scales values to a fixed unit, and returns it.
    fn scale_for_machines(&self, values: &mut [f64]) -> &'static str;
}

/// A cost that can be read.
pub trait Measurement {
    /// The state between start and end.
    type Intermediate;
    /// The cost.
    type Value;

    /// Starts reading.
    fn start(&self) -> Self::Intermediate;

    /// Ends reading.
    fn end(&self, intermediate: Self::Intermediate) -> Self::Value;

    /// Adds two costs.
    fn add(&self, one: &Self::Value, other: &Self::Value) -> Self::Value;

    /// No cost.
    fn zero(&self) -> Self::Value;

    /// Converts a cost into a number.
    fn to_f64(&self, value: &Self::Value) -> f64;

    /// The formatter of costs.
    fn formatter(&self) -> &dyn ValueFormatter;

    /// The time that a benchmark measured itself, if this is a measurement of time.
    #[doc(hidden)]
    fn own_time(_value: &Self::Value) -> Option<Duration>
    where
        Self: Sized,
    {
        None
    }
}

/// Wall time.
#[derive(Debug, Default, Clone, Copy)]
pub struct WallTime;

impl Measurement for WallTime {
    type Intermediate = Instant;
    type Value = Duration;

    fn start(&self) -> Instant {
        Instant::now()
    }

    fn end(&self, start: Instant) -> Duration {
        start.elapsed()
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        &Nanoseconds
    }

    fn own_time(value: &Duration) -> Option<Duration> {
        Some(*value)
    }
}

/// Formats nanoseconds.
struct Nanoseconds;

impl ValueFormatter for Nanoseconds {
    fn scale_values(&self, typical_value: f64, values: &mut [f64]) -> &'static str {
        let (factor, unit) = match typical_value {
            ns if ns < 1e0 => (1e3, "ps"),
            ns if ns < 1e3 => (1e0, "ns"),
            ns if ns < 1e6 => (1e-3, "µs"),
            ns if ns < 1e9 => (1e-6, "ms"),
            _ => (1e-9, "s"),
        };
        for value in values {
            *value *= factor;
        }
        unit
    }

    fn scale_throughputs(
        &self,
        _typical_value: f64,
        throughput: &Throughput,
        values: &mut [f64],
    ) -> &'static str {
        let (amount, unit) = match throughput {
            Throughput::Bits(n) => (*n, "bits/s"),
            Throughput::Bytes(n) | Throughput::BytesDecimal(n) => (*n, "bytes/s"),
            Throughput::Elements(n) | Throughput::ElementsAndBytes { elements: n, .. } => {
                (*n, "elements/s")
            }
        };
        for value in values {
            *value = amount as f64 * 1e9 / *value;
        }
        unit
    }

    fn scale_for_machines(&self, _values: &mut [f64]) -> &'static str {
        "ns"
    }
}
