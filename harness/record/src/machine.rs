//! Data about the machine that time was measured on: its state, and what disturbed it meanwhile.

use serde::{Deserialize, Serialize};

/// What was found. What nobody says is none.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MachineState {
    /// CPUs that run.
    pub online: Option<u32>,
    /// CPUs that this process may use.
    pub allowed: Option<u32>,
    /// Whether CPUs are threads of shared cores.
    pub siblings: Option<bool>,
    /// The frequency governors in use, each once.
    pub governors: Vec<String>,
    /// Whether cores may run faster than their base clock.
    pub turbo: Option<bool>,
    /// How many threads wanted to run.
    pub load: Option<Load>,
    /// CPUs' worth of time that the container may use; none without a limit.
    pub quota: Option<f64>,
    /// Bytes of swap in use, and bytes there are.
    pub swap: Option<(u64, u64)>,
    /// When memory is given in huge pages.
    pub huge_pages: Option<String>,
    /// How much of a process's memory lies at a random place: 0 nothing, 1 all but the heap, 2 everything.
    pub random_layout: Option<i64>,
    /// What the kernel tells the time by.
    pub clock_source: Option<String>,
    /// Whether there are hardware counters.
    pub counters: bool,
    /// Who may read them: 2 each user of his own programs, 3 and more nobody but root.
    pub counters_paranoid: Option<i64>,
    /// Which processes may be traced: 0 all of one's own, 1 one's children, 2 only by root, 3 none.
    pub ptrace_scope: Option<i64>,
}

impl MachineState {
    /// The state and what happened meanwhile in one line, for printing beside a verdict.
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

/// What lies between two moments. What nobody counts is none.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Disturbance {
    /// Which share of all CPU time the host gave to others, 0 to 1.
    pub stolen: Option<f64>,
    /// In which share of the periods the container's quota was used up, 0 to 1.
    pub throttled: Option<f64>,
}

/// How many threads wanted to run on average, as the kernel tells it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Load {
    /// Over the last minute.
    pub one: f64,
    /// Over the last five.
    pub five: f64,
    /// Over the last fifteen.
    pub fifteen: f64,
}

/// A process that kept a CPU busy.
#[derive(Debug, Clone, PartialEq)]
pub struct Busy {
    /// What it is called.
    pub name: String,
    /// Which part of one CPU it used: 1 is a whole one.
    pub cpus: f64,
}

/// A share as printed: `0.3 %`.
pub fn share_of(share: f64) -> String {
    format!("{:.1} %", 100.0 * share)
}
