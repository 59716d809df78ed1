//! Clock rate of the cores: governor and turbo.

use itertools::Itertools;

use crate::doctor::System;

/// The kernel's folder of all CPUs.
pub(super) const CPUS: &str = "sys/devices/system/cpu";
/// Intel's driver: 1 if turbo is off.
pub(super) const NO_TURBO: &str = "sys/devices/system/cpu/intel_pstate/no_turbo";
/// Other drivers: 1 if turbo is on.
pub(super) const BOOST: &str = "sys/devices/system/cpu/cpufreq/boost";

/// The governor file of every CPU.
pub(super) fn governor_files(system: &System) -> Vec<String> {
    let is_cpu = |name: &String| {
        name.strip_prefix("cpu")
            .is_some_and(|n| !n.is_empty() && n.bytes().all(|byte| byte.is_ascii_digit()))
    };
    let files = system.names(CPUS).into_iter().filter(is_cpu);
    let files = files.map(|cpu| format!("{CPUS}/{cpu}/cpufreq/scaling_governor"));
    files.filter(|file| system.has(file)).collect()
}

/// The governors in use, without repetition; empty if the kernel does not choose the clock rate.
pub(super) fn governors(system: &System) -> Vec<String> {
    governor_files(system)
        .iter()
        .filter_map(|file| system.word(file))
        .sorted()
        .dedup()
        .collect()
}

/// True if cores may run faster than their base clock; none if unknown.
pub(super) fn turbo(system: &System) -> Option<bool> {
    match system.word(NO_TURBO) {
        Some(off) => switch(&off).map(|off| !off),
        None => switch(&system.word(BOOST)?),
    }
}

/// The lowest and the highest clock rate of a core at this moment, in MHz; none if the kernel does not show it.
pub(super) fn megahertz(system: &System) -> Option<(f64, f64)> {
    let text = system.text("proc/cpuinfo")?;
    let rates = text.lines().filter_map(|line| {
        let (name, value) = line.split_once(':')?;
        let rate: f64 = value.trim().parse().ok()?;
        (name.trim() == "cpu MHz" && rate.is_finite()).then_some(rate)
    });
    rates.minmax().into_option()
}

fn switch(word: &str) -> Option<bool> {
    match word {
        "0" => Some(false),
        "1" => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    #[test]
    fn each_governor_is_listed_once_and_other_folders_are_skipped() {
        let machine = Fixture::of(&[
            (
                "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
                "powersave\n",
            ),
            (
                "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
                "performance\n",
            ),
            (
                "sys/devices/system/cpu/cpu10/cpufreq/scaling_governor",
                "powersave\n",
            ),
            (
                "sys/devices/system/cpu/cpufreq/scaling_governor",
                "no cpu\n",
            ),
            ("sys/devices/system/cpu/cpu2/online", "1\n"),
        ]);
        assert_eq!(governors(&machine.system), ["performance", "powersave"]);
        assert_eq!(governor_files(&machine.system).len(), 3);
        assert!(governors(&Fixture::of(&[]).system).is_empty());
    }

    #[test]
    fn intel_reports_turbo_off_and_others_report_it_on() {
        let intel = |text| turbo(&Fixture::of(&[(NO_TURBO, text)]).system);
        let other = |text| turbo(&Fixture::of(&[(BOOST, text)]).system);
        assert_eq!(
            (intel("0\n"), intel("1\n"), intel("maybe\n")),
            (Some(true), Some(false), None)
        );
        assert_eq!(
            (other("0\n"), other("1\n"), other("")),
            (Some(false), Some(true), None)
        );
        assert_eq!(turbo(&Fixture::of(&[]).system), None);
    }

    proptest! {
        #[test]
        fn only_0_and_1_are_switches(word in any::<String>()) {
            prop_assert_eq!(switch(&word).is_some(), word == "0" || word == "1");
        }
    }
}
