//! The state of a machine, as far as it affects measurements of time.

use serde::{Deserialize, Serialize};

use super::disturbance::Disturbance;
use super::findings::share_of;
use super::load::{Load, load};
use super::{System, frequency, memory, processors, quota};

/// The state of a machine. Unknown values are none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
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

impl State {
    /// Reads the current state.
    pub fn of(system: &System) -> Self {
        Self {
            online: processors::online(system),
            allowed: processors::allowed(system),
            siblings: processors::siblings(system),
            governors: frequency::governors(system),
            turbo: frequency::turbo(system),
            load: load(system),
            quota: quota::quota(system),
            swap: memory::swap(system),
            huge_pages: memory::huge_pages(system),
            random_layout: system.number("proc/sys/kernel/randomize_va_space"),
            clock_source: system.word("sys/devices/system/clocksource/clocksource0/current_clocksource"),
            counters: ["cpu", "cpu_core", "armv8_pmuv3_0", "armv8_pmuv3"]
                .iter()
                .any(|device| system.has(&format!("sys/bus/event_source/devices/{device}"))),
            counters_paranoid: system.number("proc/sys/kernel/perf_event_paranoid"),
            ptrace_scope: system.number("proc/sys/kernel/yama/ptrace_scope"),
        }
    }

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
        let load = self.load.map_or("unknown".to_owned(), |load| format!("{:.2}", load.one));
        let cpus = self.allowed.map_or(String::new(), |cpus| format!(" on {cpus} CPUs"));
        let stolen = disturbance.stolen.map_or("unknown".to_owned(), share_of);
        let quota = match (self.quota, disturbance.throttled) {
            (None, _) => "none".to_owned(),
            (Some(quota), Some(throttled)) if throttled > 0.0 => {
                format!("{quota:.2} CPUs, used up in {} of its periods", share_of(throttled))
            }
            (Some(quota), _) => format!("{quota:.2} CPUs"),
        };
        format!(
            "governor {governor}, turbo {turbo}, load {load}{cpus} at the start, {stolen} of the time stolen, quota {quota}"
        )
    }
}
