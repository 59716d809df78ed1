//! What a machine's state means for whoever measures time on it.

use harness_record::machine::{Busy, Disturbance, MachineState, share_of};
use harness_record::metric::Quantity;
use harness_record::number::plain;

/// How well something is for measuring.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Grade {
    /// As it should be, or of no matter.
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

/// One thing that was looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What.
    pub what: &'static str,
    /// In what state it was found.
    pub found: String,
    /// What that is worth.
    pub grade: Grade,
    /// One sentence: what to do, or why nothing needs to be done.
    pub advice: String,
}

/// From this share of all CPU time on, a host that gives it to others is disturbing; from the second on, it is useless.
const STOLEN: [f64; 2] = [0.005, 0.1];

/// What was looked at, in order: the state, who kept CPUs busy, what happened meanwhile, and the version of valgrind.
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
    let told = |allowed: u32| match state.online {
        Some(online) => format!("{allowed} of {online}"),
        None => allowed.to_string(),
    };
    match state.allowed {
        None => finding(what, "unknown", Grade::Warning, "Nothing tells which CPUs may be used; is /proc mounted?"),
        Some(1) => finding(
            what,
            told(1),
            Grade::Warning,
            "Allow a second CPU, so that everything else has another place than the measured one.",
        ),
        Some(allowed) => {
            finding(what, told(allowed), Grade::Good, "Enough for a core that is measured on and one beside it.")
        }
    }
}

fn governor(state: &MachineState) -> Finding {
    let what = "frequency governor";
    match state.governors.as_slice() {
        [] => finding(
            what,
            "not visible",
            Grade::Warning,
            "The host chooses the clock rate, so trust only what is measured side by side.",
        ),
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
        None => {
            finding(what, "not visible", Grade::Warning, "The host decides; trust only what is measured side by side.")
        }
    }
}

fn siblings(state: &MachineState) -> Finding {
    let what = "SMT siblings";
    match state.siblings {
        Some(false) => {
            finding(what, "none in use", Grade::Good, "Each CPU is a core of its own, as far as this system is told.")
        }
        Some(true) => finding(
            what,
            "in use",
            Grade::Warning,
            "Keep the measured CPU's sibling idle, or turn SMT off: threads of a core slow each other down.",
        ),
        None => finding(what, "not visible", Grade::Warning, "Two CPUs may be one core; nothing says so here."),
    }
}

fn load(state: &MachineState, busy: &[Busy]) -> Finding {
    let what = "load";
    let Some(load) = state.load else {
        return finding(what, "unknown", Grade::Warning, "Nothing tells the load; is /proc mounted?");
    };
    let cpus = f64::from(state.allowed.unwrap_or(1));
    let running: f64 = busy.iter().map(|busy| busy.cpus).sum();
    let names: Vec<String> =
        busy.iter().take(3).map(|busy| format!("{} {:.0} %", busy.name, 100.0 * busy.cpus)).collect();
    let who = if names.is_empty() { "nothing runs now".to_owned() } else { names.join(", ") };
    let found = format!("{:.2} on {cpus} CPUs, {who}", load.one);
    // One CPU is to be left for what is measured.
    if running > cpus - 0.5 {
        finding(what, found, Grade::Bad, "End what runs, or wait for it: nothing is left for what is to be measured.")
    } else if running > 0.25 || load.one > 0.5 * cpus {
        finding(
            what,
            found,
            Grade::Warning,
            "End what runs, or wait until the load is down: fewer pairs are enough then.",
        )
    } else {
        finding(what, found, Grade::Good, "Nothing else wants the CPUs.")
    }
}

fn stolen(disturbance: &Disturbance) -> Finding {
    let what = "steal time";
    let advice = "Ask for a machine with CPUs of its own: the host gives time of these to others.";
    match disturbance.stolen {
        None => finding(what, "unknown", Grade::Warning, "Nothing tells what the host takes; is /proc mounted?"),
        Some(share) => {
            let found = share_of(share);
            match share {
                _ if share > STOLEN[1] => finding(what, found, Grade::Bad, advice),
                _ if share > STOLEN[0] => finding(what, found, Grade::Warning, advice),
                _ => finding(what, found, Grade::Good, "The host took next to nothing while this was measured."),
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
        let advice = "Raise or remove the limit: whoever has used it up sleeps in the middle of a slice.";
        finding(what, found, Grade::Bad, advice)
    } else if quota < f64::from(state.allowed.unwrap_or(1)) {
        finding(
            what,
            found,
            Grade::Warning,
            "Measure with fewer threads than that many CPUs, so that the limit is never met.",
        )
    } else {
        finding(what, found, Grade::Good, "The limit cannot be met with the CPUs there are.")
    }
}

fn swap(state: &MachineState) -> Finding {
    let what = "swap";
    match state.swap {
        None => finding(what, "unknown", Grade::Warning, "Nothing tells whether memory is swapped out."),
        Some((_, 0)) => finding(what, "none", Grade::Good, "No page can be away on a disk."),
        Some((0, size)) => finding(what, format!("{} unused", bytes(size)), Grade::Good, "No page is away on a disk."),
        Some((used, size)) => finding(
            what,
            format!("{} of {} in use", bytes(used), bytes(size)),
            Grade::Warning,
            "Free memory, and `swapoff -a` while measuring: fetching a page takes a thousand times as long.",
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
            "Set `madvise`, as `harness doctor --tune` does for one command: who gets huge pages is luck.",
        ),
        Some(other) => finding(what, other, Grade::Good, "Only who asks for huge pages gets them."),
    }
}

/// Layout is a matter of luck that can move a time by percents (Mytkowicz and others 2009, "Producing wrong data without
/// doing anything obviously wrong!"), so a gate draws it anew for each pair of processes instead of keeping one.
fn layout(state: &MachineState) -> Finding {
    let what = "random layout";
    match state.random_layout {
        Some(2..) => finding(
            what,
            "full",
            Grade::Good,
            "Each pair of processes draws a new layout, so that none is the verdict.",
        ),
        Some(1) => finding(
            what,
            "all but the heap",
            Grade::Warning,
            "`sysctl kernel.randomize_va_space=2` lets each pair draw its heap's place, too.",
        ),
        Some(_) => finding(
            what,
            "off",
            Grade::Warning,
            "`sysctl kernel.randomize_va_space=2` lets each pair draw a layout, so that no unlucky one decides.",
        ),
        None => {
            finding(what, "unknown", Grade::Warning, "Nothing tells whether each process draws a layout of its own.")
        }
    }
}

fn clock_source(state: &MachineState) -> Finding {
    let what = "clock source";
    match state.clock_source.as_deref() {
        Some(fast @ ("tsc" | "kvm-clock" | "arch_sys_counter" | "hyperv_clocksource_tsc_page")) => {
            finding(what, fast, Grade::Good, "It is read without a call of the kernel.")
        }
        Some(slow) => finding(
            what,
            slow,
            Grade::Warning,
            "Boot with a faster one if the CPU has it (on x86 `tsc`): reading this takes a microsecond or so.",
        ),
        None => finding(what, "unknown", Grade::Warning, "Nothing tells what the clock is read from."),
    }
}

fn tool(valgrind: Option<&str>) -> Finding {
    match valgrind {
        Some(version) => {
            let version = version.strip_prefix("valgrind ").unwrap_or(version);
            finding("valgrind", version, Grade::Good, "Instructions can be counted, which no noise touches.")
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
    let advice = "Nothing needs them here: instructions are counted by valgrind.";
    let found = match (state.counters, state.counters_paranoid) {
        (false, _) => "none".to_owned(),
        (true, Some(level)) => format!("there, perf_event_paranoid {level}"),
        (true, None) => "there".to_owned(),
    };
    finding("hardware counters", found, Grade::Good, advice)
}

fn tracing(state: &MachineState) -> Finding {
    let what = "tracing";
    match state.ptrace_scope {
        None | Some(0) => finding(what, "not limited", Grade::Good, "Profilers and debuggers can look into a run."),
        Some(1) => {
            finding(what, "children only", Grade::Good, "Profilers and debuggers must start what they look into.")
        }
        Some(scope) => finding(
            what,
            format!("ptrace_scope {scope}"),
            Grade::Warning,
            "`sysctl kernel.yama.ptrace_scope=1` lets debuggers look into a run; measuring does not need it.",
        ),
    }
}

fn bytes(bytes: u64) -> String {
    plain(Quantity::Bytes, bytes as f64)
}
