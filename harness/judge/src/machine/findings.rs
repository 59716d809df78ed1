//! Grades the state of a machine for measuring time, with advice.

use harness_record::machine::{Busy, Disturbance, MachineState, share_of};
use harness_record::metric::Quantity;
use harness_record::number::plain;

/// Suitability for measuring time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// Ideal, or irrelevant.
    Good,
    /// Makes times noisier, or hides something.
    Warning,
    /// Makes times worthless as long as it lasts.
    Bad,
}

impl Grade {
    /// The name of the side in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Warning => "warning",
            Self::Bad => "bad",
        }
    }
}

/// One examined property of the machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The property.
    pub what: &'static str,
    /// Its state.
    pub found: String,
    /// The grade of that state.
    pub grade: Grade,
    /// One sentence: what to do, or why nothing needs to be done.
    pub advice: String,
}

/// Shares of CPU time given to others by the host, above which steal time is a warning, and above which it is bad.
const STOLEN: [f64; 2] = [0.005, 0.1];

/// Grades the state, busy programs, the disturbance while measuring, and the version of valgrind, in a fixed order.
pub fn findings(
    state: &MachineState,
    busy: &[Busy],
    disturbance: &Disturbance,
    valgrind: Option<&str>,
) -> Vec<Finding> {
    vec![
        cores(state),
        governor(state),
        turbo(state),
        siblings(state),
        load(state, busy),
        stolen(disturbance),
        quota(state, disturbance),
        swap(state),
        huge_pages(state),
        layout(state),
        clock_source(state),
        tool(valgrind),
        counters(state),
        tracing(state),
    ]
}

fn finding(what: &'static str, found: impl Into<String>, grade: Grade, advice: &str) -> Finding {
    Finding { what, found: found.into(), grade, advice: advice.to_owned() }
}

fn cores(state: &MachineState) -> Finding {
    let what = "CPUs to use";
    let count = |allowed: u32| match state.online {
        Some(online) => format!("{allowed} of {online}"),
        None => allowed.to_string(),
    };
    match state.allowed {
        None => finding(what, "unknown", Grade::Warning, "The usable CPUs are unknown; is /proc mounted?"),
        Some(1) => finding(
            what,
            count(1),
            Grade::Warning,
            "Allow a second CPU, so that other programs need not run on the measured one.",
        ),
        Some(allowed) => {
            finding(what, count(allowed), Grade::Good, "Enough for the measured core and one for other programs.")
        }
    }
}

fn governor(state: &MachineState) -> Finding {
    let what = "frequency governor";
    match state.governors.as_slice() {
        [] => {
            finding(what, "not visible", Grade::Warning, "The host chooses the clock rate, so trust only A/B timing.")
        }
        [one] if one == "performance" => finding(what, one, Grade::Good, "The clock rate does not follow the load."),
        several => finding(
            what,
            several.join(", "),
            Grade::Warning,
            "Set `performance`, as `harness doctor --tune` does for one command: the rate follows the load.",
        ),
    }
}

fn turbo(state: &MachineState) -> Finding {
    let what = "turbo";
    match state.turbo {
        Some(false) => finding(what, "off", Grade::Good, "The clock rate does not depend on how warm the CPU is."),
        Some(true) => finding(
            what,
            "on",
            Grade::Warning,
            "Turn it off, as `harness doctor --tune` does for one command: heat and neighbours set the rate.",
        ),
        None => finding(what, "not visible", Grade::Warning, "The host decides, so trust only A/B timing."),
    }
}

fn siblings(state: &MachineState) -> Finding {
    let what = "SMT siblings";
    match state.siblings {
        Some(false) => {
            finding(what, "none in use", Grade::Good, "Each CPU is a core of its own, as far as this system can see.")
        }
        Some(true) => finding(
            what,
            "in use",
            Grade::Warning,
            "Keep the measured CPU's sibling idle, or turn SMT off: threads of a core slow each other down.",
        ),
        None => {
            finding(what, "not visible", Grade::Warning, "Two CPUs may share a core; the system does not report it.")
        }
    }
}

fn load(state: &MachineState, busy: &[Busy]) -> Finding {
    let what = "load";
    let Some(load) = state.load else {
        return finding(what, "unknown", Grade::Warning, "The load is unknown; is /proc mounted?");
    };
    let cpus = f64::from(state.allowed.unwrap_or(1));
    let running: f64 = busy.iter().map(|busy| busy.cpus).sum();
    let names: Vec<String> =
        busy.iter().take(3).map(|busy| format!("{} {:.0} %", busy.name, 100.0 * busy.cpus)).collect();
    let who = if names.is_empty() { "nothing runs now".to_owned() } else { names.join(", ") };
    let found = format!("{:.2} on {cpus} CPUs, {who}", load.one);
    // One CPU must be free for the measurement.
    if running > cpus - 0.5 {
        finding(what, found, Grade::Bad, "End the running programs, or wait for them: no CPU is left to measure on.")
    } else if running > 0.25 || load.one > 0.5 * cpus {
        finding(
            what,
            found,
            Grade::Warning,
            "End the running programs, or wait until the load is down: then fewer pairs suffice.",
        )
    } else {
        finding(what, found, Grade::Good, "No other program uses the CPUs.")
    }
}

fn stolen(disturbance: &Disturbance) -> Finding {
    let what = "steal time";
    let advice = "Use a machine with dedicated CPUs: this host gives CPU time to others.";
    match disturbance.stolen {
        None => finding(what, "unknown", Grade::Warning, "The steal time is unknown; is /proc mounted?"),
        Some(share) => {
            let found = share_of(share);
            match share {
                _ if share > STOLEN[1] => finding(what, found, Grade::Bad, advice),
                _ if share > STOLEN[0] => finding(what, found, Grade::Warning, advice),
                _ => finding(what, found, Grade::Good, "The host took almost no CPU time during the measurement."),
            }
        }
    }
}

fn quota(state: &MachineState, disturbance: &Disturbance) -> Finding {
    let what = "container quota";
    let Some(quota) = state.quota else {
        return finding(what, "none", Grade::Good, "No control group limits the CPU time.");
    };
    let throttled = disturbance.throttled.unwrap_or(0.0);
    let found = match throttled > 0.0 {
        true => format!("{quota:.2} CPUs, used up in {} of its periods", share_of(throttled)),
        false => format!("{quota:.2} CPUs"),
    };
    if quota < 1.0 || throttled > 0.0 {
        let advice = "Raise or remove the limit: a process that has used it up sleeps in the middle of a slice.";
        finding(what, found, Grade::Bad, advice)
    } else if quota < f64::from(state.allowed.unwrap_or(1)) {
        finding(
            what,
            found,
            Grade::Warning,
            "Measure with fewer threads than that many CPUs, so that the limit is never reached.",
        )
    } else {
        finding(what, found, Grade::Good, "The limit cannot be reached with the usable CPUs.")
    }
}

fn swap(state: &MachineState) -> Finding {
    let what = "swap";
    match state.swap {
        None => finding(what, "unknown", Grade::Warning, "It is unknown if memory is swapped out."),
        Some((_, 0)) => finding(what, "none", Grade::Good, "No memory can be swapped out."),
        Some((0, size)) => finding(what, format!("{} unused", bytes(size)), Grade::Good, "No memory is swapped out."),
        Some((used, size)) => finding(
            what,
            format!("{} of {} in use", bytes(used), bytes(size)),
            Grade::Warning,
            "Free memory, and run `swapoff -a` before measuring: swapped memory is a thousand times as slow.",
        ),
    }
}

fn huge_pages(state: &MachineState) -> Finding {
    let what = "huge pages";
    match state.huge_pages.as_deref() {
        None => finding(what, "not there", Grade::Good, "Pages are of one size."),
        Some("always") => finding(
            what,
            "always",
            Grade::Warning,
            "Set `madvise`, as `harness doctor --tune` does for one command: huge pages are given by chance.",
        ),
        Some(other) => finding(what, other, Grade::Good, "Huge pages are never given without a request."),
    }
}

/// Memory layout varies by chance and can change a time by percents (Mytkowicz et al. 2009, "Producing wrong data
/// without doing anything obviously wrong!"), so a gate draws a new layout for each pair of processes instead of
/// keeping one.
fn layout(state: &MachineState) -> Finding {
    let what = "random layout";
    match state.random_layout {
        Some(2..) => finding(
            what,
            "full",
            Grade::Good,
            "Each pair of processes gets a new layout, so that no single one decides.",
        ),
        Some(1) => finding(
            what,
            "all but the heap",
            Grade::Warning,
            "`sysctl kernel.randomize_va_space=2` randomizes the address of the heap, too.",
        ),
        Some(_) => finding(
            what,
            "off",
            Grade::Warning,
            "`sysctl kernel.randomize_va_space=2` gives each pair a new layout, so that no single one decides.",
        ),
        None => finding(what, "unknown", Grade::Warning, "It is unknown if each process gets a layout of its own."),
    }
}

fn clock_source(state: &MachineState) -> Finding {
    let what = "clock source";
    match state.clock_source.as_deref() {
        Some(fast @ ("tsc" | "kvm-clock" | "arch_sys_counter" | "hyperv_clocksource_tsc_page")) => {
            finding(what, fast, Grade::Good, "Reading it needs no system call.")
        }
        Some(slow) => finding(
            what,
            slow,
            Grade::Warning,
            "Boot with a faster one if the CPU has it (on x86 `tsc`): reading this one takes about a microsecond.",
        ),
        None => finding(what, "unknown", Grade::Warning, "The clock source is not reported."),
    }
}

fn tool(valgrind: Option<&str>) -> Finding {
    match valgrind {
        Some(version) => {
            let version = version.strip_prefix("valgrind ").unwrap_or(version);
            finding("valgrind", version, Grade::Good, "Instructions can be counted, and the counts have no noise.")
        }
        None => finding(
            "valgrind",
            "missing",
            Grade::Warning,
            "Install it (Debian, Ubuntu: apt-get install valgrind), so that instructions can be counted.",
        ),
    }
}

fn counters(state: &MachineState) -> Finding {
    let advice = "They are not needed: valgrind counts the instructions.";
    let found = match (state.counters, state.counters_paranoid) {
        (false, _) => "none".to_owned(),
        (true, Some(level)) => format!("available, perf_event_paranoid {level}"),
        (true, None) => "available".to_owned(),
    };
    finding("hardware counters", found, Grade::Good, advice)
}

fn tracing(state: &MachineState) -> Finding {
    let what = "tracing";
    match state.ptrace_scope {
        None | Some(0) => finding(what, "not limited", Grade::Good, "Profilers and debuggers can attach to a run."),
        Some(1) => finding(
            what,
            "children only",
            Grade::Good,
            "Profilers and debuggers must start the program that they examine.",
        ),
        Some(scope) => finding(
            what,
            format!("ptrace_scope {scope}"),
            Grade::Warning,
            "`sysctl kernel.yama.ptrace_scope=1` lets debuggers trace what they start; measuring does not need it.",
        ),
    }
}

fn bytes(bytes: u64) -> String {
    plain(Quantity::Bytes, bytes as f64)
}
