//! Data about the machine that time was measured on: its state, and the CPU time that was lost meanwhile.

use serde::{Deserialize, Serialize};

/// The state of a machine. Unknown values are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct MachineState {
    /// Number of CPUs that are online.
    pub online: Option<u32>,
    /// Number of CPUs that this process may use.
    pub allowed: Option<u32>,
    /// True if CPUs are threads of shared cores.
    pub siblings: Option<bool>,
    /// The frequency governors in use, each once.
    pub governors: Vec<String>,
    /// True if cores may run faster than their base clock.
    pub turbo: Option<bool>,
    /// Load averages: number of threads that wanted to run.
    pub load: Option<Load>,
    /// CPU time that the container may use, in CPUs; none without a limit.
    pub quota: Option<f64>,
    /// Bytes of swap in use, and total bytes of swap.
    pub swap: Option<(u64, u64)>,
    /// Setting of transparent huge pages: `always`, `madvise` or `never`.
    pub huge_pages: Option<String>,
    /// Address space randomization: 0 none, 1 everything but the heap, 2 everything.
    pub random_layout: Option<i64>,
    /// The kernel's clock source.
    pub clock_source: Option<String>,
    /// True if there are hardware counters.
    pub counters: bool,
    /// Permission to read them (`perf_event_paranoid`): up to 2 each user for own programs, 3 and more root only.
    pub counters_paranoid: Option<i64>,
    /// Processes that may be traced (`ptrace_scope`): 0 all of the user, 1 child processes, 2 only by root, 3 none.
    pub ptrace_scope: Option<i64>,
}

impl MachineState {
    /// The state and the disturbance in one line, for printing beside a verdict.
    pub fn line(&self, disturbance: &Disturbance) -> String {
        let governor = match self.governors.as_slice() {
            [] => "not visible".to_owned(),
            several => several.join("/"),
        };
        let turbo = match self.turbo {
            Some(true) => "on",
            Some(false) => "off",
            None => "not visible",
        };
        let load = self
            .load
            .map_or("unknown".to_owned(), |load| format!("{:.2}", load.one));
        let cpus = self
            .allowed
            .map_or(String::new(), |cpus| format!(" on {cpus} CPUs"));
        let stolen = disturbance.stolen.map_or("unknown".to_owned(), share_of);
        let quota = self
            .quota
            .map_or("none".to_owned(), |quota| disturbance.quota_line(quota));
        format!(
            "governor {governor}, turbo {turbo}, load {load}{cpus} at the start, {stolen} of the time stolen, quota {quota}"
        )
    }
}

/// The machine during the measurement of time.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Circumstances {
    /// Its state at the start.
    pub state: MachineState,
    /// Disturbances until the end.
    pub disturbance: Disturbance,
}

impl Circumstances {
    /// The circumstances of a run in several parts, given in their order: the state at the start of the last part, and of
    /// each disturbance the worst. None without a part.
    pub fn of_parts(parts: impl IntoIterator<Item = Self>) -> Option<Self> {
        parts.into_iter().reduce(|before, after| Self {
            disturbance: before.disturbance.worse(after.disturbance),
            ..after
        })
    }
}

/// CPU time lost between two moments. Unknown values are none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(default)]
pub struct Disturbance {
    /// Share of all CPU time that the host gave to others, 0 to 1.
    pub stolen: Option<f64>,
    /// Share of the periods in which the container's quota was used up, 0 to 1.
    pub throttled: Option<f64>,
    /// Share of all CPU time that other programs used, 0 to 1.
    pub others: Option<f64>,
    /// Lowest and highest clock rate of a core that was seen, in MHz.
    pub megahertz: Option<(f64, f64)>,
}

impl Disturbance {
    /// The worse of two in each respect.
    fn worse(self, other: Self) -> Self {
        let larger = |one: Option<f64>, other: Option<f64>| match (one, other) {
            (Some(one), Some(other)) => Some(one.max(other)),
            (one, other) => one.or(other),
        };
        let megahertz = match (self.megahertz, other.megahertz) {
            (Some(one), Some(other)) => Some((one.0.min(other.0), one.1.max(other.1))),
            (one, other) => one.or(other),
        };
        Self {
            stolen: larger(self.stolen, other.stolen),
            throttled: larger(self.throttled, other.throttled),
            others: larger(self.others, other.others),
            megahertz,
        }
    }

    /// True if the container's quota was used up at some time.
    pub fn is_throttled(&self) -> bool {
        self.throttled.is_some_and(|share| share > 0.0)
    }

    /// The quota in one clause, such as `1.50 CPUs, used up in 2.0 % of its periods`.
    pub fn quota_line(&self, quota: f64) -> String {
        match self.throttled.filter(|_| self.is_throttled()) {
            Some(share) => format!(
                "{quota:.2} CPUs, used up in {} of its periods",
                share_of(share)
            ),
            None => format!("{quota:.2} CPUs"),
        }
    }
}

/// The kernel's load averages: number of threads that wanted to run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Load {
    /// Over the last minute.
    pub one: f64,
    /// Over the last five minutes.
    pub five: f64,
    /// Over the last fifteen minutes.
    pub fifteen: f64,
}

/// A process that kept a CPU busy.
#[derive(Debug, Clone, PartialEq)]
pub struct Busy {
    /// Its name.
    pub name: String,
    /// CPU use in CPUs: 1 is one whole CPU.
    pub cpus: f64,
}

/// Formats a share in percent, such as `0.3 %`.
pub fn share_of(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_several_parts_the_worst_disturbance_counts() {
        let part = |load, stolen, megahertz| Circumstances {
            state: MachineState {
                online: Some(load),
                ..MachineState::default()
            },
            disturbance: Disturbance {
                stolen,
                megahertz: Some(megahertz),
                ..Disturbance::default()
            },
        };
        let parts = [
            part(1, Some(0.2), (900.0, 2000.0)),
            part(2, Some(0.1), (800.0, 1900.0)),
            part(3, None, (1000.0, 1000.0)),
        ];
        let whole = Circumstances::of_parts(parts);
        assert_eq!(whole, Some(part(3, Some(0.2), (800.0, 2000.0))));
        assert_eq!(Circumstances::of_parts([]), None);
    }
}
