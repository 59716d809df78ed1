//! Properties of the machine that do not depend on its state: its CPU, its memory and its system.

use itertools::Itertools;

use crate::doctor::{System, processors};

/// The CPU's name, with its family and model numbers if there are any.
pub fn cpu_model(system: &System) -> Option<String> {
    model_in(&system.text("proc/cpuinfo")?)
}

/// A name that is equal for machines that measure alike: CPU, widest vectors, hypervisor, and number of usable CPUs.
pub fn short_name(system: &System) -> String {
    let cpuinfo = system.text("proc/cpuinfo").unwrap_or_default();
    let model = model_in(&cpuinfo).unwrap_or_else(|| "unknown CPU".to_owned());
    let model = ["(R)", "(TM)", " Processor"]
        .into_iter()
        .fold(model, |model, noise| model.replace(noise, ""));
    let features = cpuinfo
        .lines()
        .find(|line| line.starts_with("flags") || line.starts_with("Features"));
    let has = |name: &str| {
        features.is_some_and(|line| line.split_whitespace().any(|feature| feature == name))
    };
    let widest = [
        ("avx512f", "avx512"),
        ("avx2", "avx2"),
        ("avx", "avx"),
        ("sve", "sve"),
        ("asimd", "neon"),
    ];
    let vectors = widest
        .into_iter()
        .find(|(feature, _)| has(feature))
        .map(|(_, name)| name.to_owned());
    let host = match (
        has("hypervisor"),
        system.word("sys/class/dmi/id/sys_vendor"),
    ) {
        (true, Some(vendor)) => Some(format!("virtual ({vendor})")),
        (true, None) => Some("virtual".to_owned()),
        (false, _) => None,
    };
    let cpus = processors::allowed(system).map(|cpus| format!("{cpus} CPUs"));
    [Some(model), vectors, host, cpus]
        .into_iter()
        .flatten()
        .join(", ")
        .replace(char::is_control, " ")
}

fn model_in(cpuinfo: &str) -> Option<String> {
    let value = |name: &str| {
        let line = cpuinfo
            .lines()
            .find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = value("model name")?;
    // Virtual machines often hide the model's name; family and model still distinguish generations.
    match (value("cpu family"), value("model")) {
        (Some(family), Some(number)) => Some(format!("{model} (family {family}, model {number})")),
        _ => Some(model),
    }
}

/// The memory in bytes.
pub fn memory_bytes(system: &System) -> Option<u64> {
    memory_in(&system.text("proc/meminfo")?)
}

fn memory_in(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

/// The operating system and its version.
pub fn os_name(system: &System) -> Option<String> {
    name_in(&system.text("etc/os-release")?)
}

fn name_in(release: &str) -> Option<String> {
    let line = release
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_name_of_a_cpu_contains_family_and_model() {
        let cpuinfo = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(
            model_in(cpuinfo).as_deref(),
            Some("AMD EPYC (family 25, model 1)")
        );
        assert_eq!(model_in("model name : ARM\n").as_deref(), Some("ARM"));
        assert_eq!(model_in("processor : 0\n"), None);
    }

    #[test]
    fn machines_that_measure_alike_share_a_short_name() {
        use crate::doctor::system::fixture::Fixture;

        let cpuinfo = "cpu family : 6\nmodel : 207\nmodel name : Intel(R) Xeon(R) Processor\nflags : fpu avx avx2 avx512f hypervisor\n";
        let files = [
            ("proc/cpuinfo", cpuinfo),
            ("proc/self/status", "Cpus_allowed_list:\t0-1\n"),
        ];
        let mut machine = Fixture::of(&files);
        assert_eq!(
            short_name(&machine.system),
            "Intel Xeon (family 6, model 207), avx512, virtual, 2 CPUs"
        );
        machine.put("sys/class/dmi/id/sys_vendor", "QEMU\n");
        assert_eq!(
            short_name(&machine.system),
            "Intel Xeon (family 6, model 207), avx512, virtual (QEMU), 2 CPUs"
        );
        machine = Fixture::of(&[]);
        assert_eq!(short_name(&machine.system), "unknown CPU");
    }

    proptest! {
        #[test]
        fn memory_is_read_in_bytes(kilobytes in 0..u64::MAX / 1024, before in "[a-z: \n]{0,40}") {
            let text = format!("{before}\nMemTotal:  {kilobytes} kB\nMemFree: 1 kB\n");
            prop_assert_eq!(memory_in(&text), Some(kilobytes * 1024));
        }

        #[test]
        fn a_name_is_read_with_and_without_quotes(name in "[A-Za-z0-9 ./()-]{1,30}") {
            prop_assert_eq!(name_in(&format!("ID=x\nPRETTY_NAME=\"{name}\"\n")), Some(name.clone()));
            prop_assert_eq!(name_in(&format!("PRETTY_NAME={name}\n")), Some(name));
        }

        #[test]
        fn no_text_panics(text in any::<String>()) {
            let _ = (model_in(&text), name_in(&text));
            prop_assert!(memory_in(&text).is_none() || text.contains("MemTotal:"));
        }
    }
}
