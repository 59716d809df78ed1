//! The state of a machine, as far as it affects measurements of time.

use harness_record::machine::MachineState;

use crate::doctor::load::load;
use crate::doctor::{System, frequency, memory, processors, quota};

/// Devices that count instructions; their names depend on the architecture.
const COUNTERS: [&str; 4] = ["cpu", "cpu_core", "armv8_pmuv3_0", "armv8_pmuv3"];

/// Reads the current state of the machine.
pub fn state(system: &System) -> MachineState {
    MachineState {
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
        clock_source: system
            .word("sys/devices/system/clocksource/clocksource0/current_clocksource"),
        counters: COUNTERS
            .iter()
            .any(|device| system.has(&format!("sys/bus/event_source/devices/{device}"))),
        counters_paranoid: system.number("proc/sys/kernel/perf_event_paranoid"),
        ptrace_scope: system.number("proc/sys/kernel/yama/ptrace_scope"),
    }
}
