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

/// The state of a property, its grade, and one sentence of advice.
type Graded = (Grade, String, &'static str);

/// The installed valgrind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Valgrind {
    /// Its version, such as `valgrind 3.19.0`.
    pub version: String,
    /// The reason why it cannot run a small program, if it cannot.
    pub works: Result<(), String>,
}

/// Grades the state, busy programs, the disturbance while measuring, and valgrind, in a fixed order.
pub fn findings(
    state: &MachineState,
    busy: &[Busy],
    disturbance: &Disturbance,
    valgrind: Option<&Valgrind>,
) -> Vec<Finding> {
    let graded = [
        ("CPUs to use", cores(state)),
        ("frequency governor", governor(state)),
        ("turbo", turbo(state)),
        ("SMT siblings", siblings(state)),
        ("load", load(state, busy)),
        ("steal time", stolen(disturbance)),
        ("container quota", quota(state, disturbance)),
        ("swap", swap(state)),
        ("huge pages", huge_pages(state)),
        ("random layout", layout(state)),
        ("clock source", clock_source(state)),
        ("valgrind", tool(valgrind)),
        ("hardware counters", counters(state)),
        ("tracing", tracing(state)),
    ];
    let finding = |(what, (grade, found, advice)): (&'static str, Graded)| Finding {
        what,
        found,
        grade,
        advice: advice.to_owned(),
    };
    graded.map(finding).into()
}

fn good(found: impl Into<String>, advice: &'static str) -> Graded {
    (Grade::Good, found.into(), advice)
}

fn warning(found: impl Into<String>, advice: &'static str) -> Graded {
    (Grade::Warning, found.into(), advice)
}

fn bad(found: impl Into<String>, advice: &'static str) -> Graded {
    (Grade::Bad, found.into(), advice)
}

fn cores(state: &MachineState) -> Graded {
    let Some(allowed) = state.allowed else {
        return warning("unknown", "The usable CPUs are unknown; is /proc mounted?");
    };
    let count = state.online.map_or_else(
        || allowed.to_string(),
        |online| format!("{allowed} of {online}"),
    );
    match allowed {
        1 => warning(
            count,
            "Allow a second CPU, so that other programs need not run on the measured one.",
        ),
        _ => good(
            count,
            "Enough for the measured core and one for other programs.",
        ),
    }
}

fn governor(state: &MachineState) -> Graded {
    match state.governors.as_slice() {
        [] => warning(
            "not visible",
            "The host chooses the clock rate, so trust only A/B timing.",
        ),
        [one] if one == "performance" => good(one, "The clock rate does not follow the load."),
        several => warning(
            several.join(", "),
            "Set `performance`, as `harness doctor --tune` does for one command: the rate follows the load.",
        ),
    }
}

fn turbo(state: &MachineState) -> Graded {
    match state.turbo {
        Some(false) => good(
            "off",
            "The clock rate does not depend on how warm the CPU is.",
        ),
        Some(true) => warning(
            "on",
            "Turn it off, as `harness doctor --tune` does for one command: heat and neighbours set the rate.",
        ),
        None => warning("not visible", "The host decides, so trust only A/B timing."),
    }
}

fn siblings(state: &MachineState) -> Graded {
    match state.siblings {
        Some(false) => good(
            "none in use",
            "Each CPU is a core of its own, as far as this system can see.",
        ),
        Some(true) => warning(
            "in use",
            "Keep the measured CPU's sibling idle, or turn SMT off: threads of a core slow each other down.",
        ),
        None => warning(
            "not visible",
            "Two CPUs may share a core; the system does not report it.",
        ),
    }
}

fn load(state: &MachineState, busy: &[Busy]) -> Graded {
    let Some(load) = state.load else {
        return warning("unknown", "The load is unknown; is /proc mounted?");
    };
    let cpus = f64::from(state.allowed.unwrap_or(1));
    let running: f64 = busy.iter().map(|busy| busy.cpus).sum();
    let names: Vec<String> = busy
        .iter()
        .take(3)
        .map(|busy| format!("{} {:.0} %", busy.name, 100.0 * busy.cpus))
        .collect();
    let who = if names.is_empty() {
        "nothing runs now".to_owned()
    } else {
        names.join(", ")
    };
    let found = format!("{:.2} on {cpus} CPUs, {who}", load.one);
    // One CPU must be free for the measurement.
    if running > cpus - 0.5 {
        bad(
            found,
            "End the running programs, or wait for them: no CPU is left to measure on.",
        )
    } else if running > 0.25 || load.one > 0.5 * cpus {
        warning(
            found,
            "End the running programs, or wait until the load is down: then fewer pairs suffice.",
        )
    } else {
        good(found, "No other program uses the CPUs.")
    }
}

fn stolen(disturbance: &Disturbance) -> Graded {
    let Some(share) = disturbance.stolen else {
        return warning("unknown", "The steal time is unknown; is /proc mounted?");
    };
    let advice = "Use a machine with dedicated CPUs: this host gives CPU time to others.";
    match share {
        _ if share > STOLEN[1] => bad(share_of(share), advice),
        _ if share > STOLEN[0] => warning(share_of(share), advice),
        _ => good(
            share_of(share),
            "The host took almost no CPU time during the measurement.",
        ),
    }
}

fn quota(state: &MachineState, disturbance: &Disturbance) -> Graded {
    let Some(quota) = state.quota else {
        return good("none", "No control group limits the CPU time.");
    };
    let found = disturbance.quota_line(quota);
    if quota < 1.0 || disturbance.is_throttled() {
        bad(
            found,
            "Raise or remove the limit: a process that has used it up sleeps in the middle of a slice.",
        )
    } else if quota < f64::from(state.allowed.unwrap_or(1)) {
        warning(
            found,
            "Measure with fewer threads than that many CPUs, so that the limit is never reached.",
        )
    } else {
        good(found, "The limit cannot be reached with the usable CPUs.")
    }
}

fn swap(state: &MachineState) -> Graded {
    let bytes = |bytes: u64| plain(Quantity::Bytes, bytes as f64);
    match state.swap {
        None => warning("unknown", "It is unknown if memory is swapped out."),
        Some((_, 0)) => good("none", "No memory can be swapped out."),
        Some((0, size)) => good(
            format!("{} unused", bytes(size)),
            "No memory is swapped out.",
        ),
        Some((used, size)) => warning(
            format!("{} of {} in use", bytes(used), bytes(size)),
            "Free memory, and run `swapoff -a` before measuring: swapped memory is a thousand times as slow.",
        ),
    }
}

fn huge_pages(state: &MachineState) -> Graded {
    match state.huge_pages.as_deref() {
        None => good("not there", "Pages are of one size."),
        Some("always") => warning(
            "always",
            "Set `madvise`, as `harness doctor --tune` does for one command: huge pages are given by chance.",
        ),
        Some(other) => good(other, "Huge pages are never given without a request."),
    }
}

/// Memory layout varies by chance and can change a time by percents (Mytkowicz et al. 2009, "Producing wrong data
/// without doing anything obviously wrong!"), so a gate draws a new layout for each pair of processes instead of
/// keeping one.
fn layout(state: &MachineState) -> Graded {
    match state.random_layout {
        Some(2..) => good(
            "full",
            "Each pair of processes gets a new layout, so that no single one decides.",
        ),
        Some(1) => warning(
            "all but the heap",
            "`sysctl kernel.randomize_va_space=2` randomizes the address of the heap, too.",
        ),
        Some(_) => warning(
            "off",
            "`sysctl kernel.randomize_va_space=2` gives each pair a new layout, so that no single one decides.",
        ),
        None => warning(
            "unknown",
            "It is unknown if each process gets a layout of its own.",
        ),
    }
}

fn clock_source(state: &MachineState) -> Graded {
    match state.clock_source.as_deref() {
        Some(fast @ ("tsc" | "kvm-clock" | "arch_sys_counter" | "hyperv_clocksource_tsc_page")) => {
            good(fast, "Reading it needs no system call.")
        }
        Some(slow) => warning(
            slow,
            "Boot with a faster one if the CPU has it (on x86 `tsc`): reading this one takes about a microsecond.",
        ),
        None => warning("unknown", "The clock source is not reported."),
    }
}

fn tool(valgrind: Option<&Valgrind>) -> Graded {
    let Some(Valgrind { version, works }) = valgrind else {
        let advice = "Install it (Debian, Ubuntu: apt-get install valgrind), so that instructions can be counted.";
        return warning("missing", advice);
    };
    let version = version.strip_prefix("valgrind ").unwrap_or(version);
    match works {
        Ok(()) => good(
            version,
            "Instructions can be counted, and the counts have no noise.",
        ),
        Err(reason) => warning(
            format!("{version} does not work: {reason}"),
            "No instructions are counted until it runs a program; install it again, with all its files.",
        ),
    }
}

fn counters(state: &MachineState) -> Graded {
    let found = match (state.counters, state.counters_paranoid) {
        (false, _) => "none".to_owned(),
        (true, Some(level)) => format!("available, perf_event_paranoid {level}"),
        (true, None) => "available".to_owned(),
    };
    let advice = match state.counters {
        true => "`run --metric counters` reads them; a gate counts instructions with valgrind.",
        false => "They are not needed: valgrind counts the instructions.",
    };
    good(found, advice)
}

fn tracing(state: &MachineState) -> Graded {
    match state.ptrace_scope {
        None | Some(0) => good(
            "not limited",
            "Profilers and debuggers can attach to a run.",
        ),
        Some(1) => good(
            "children only",
            "Profilers and debuggers must start the program that they examine.",
        ),
        Some(scope) => warning(
            format!("ptrace_scope {scope}"),
            "`sysctl kernel.yama.ptrace_scope=1` lets debuggers trace what they start; measuring does not need it.",
        ),
    }
}
