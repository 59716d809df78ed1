//! What the machine is, whatever state it is in: its CPU, its memory and its system.

use super::System;

/// The CPU's name, with the numbers of its family and model where there are any.
pub fn cpu_model(system: &System) -> Option<String> {
    model_in(&system.text("proc/cpuinfo")?)
}

fn model_in(cpuinfo: &str) -> Option<String> {
    let value = |name: &str| {
        let line = cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let model = value("model name")?;
    // Virtual machines often hide the model's number; family and model tell generations apart all the same.
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
    let line = meminfo.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
}

/// The operating system and its version.
pub fn os_name(system: &System) -> Option<String> {
    name_in(&system.text("etc/os-release")?)
}

fn name_in(release: &str) -> Option<String> {
    let line = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    Some(line.trim_matches('"').to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_virtual_machine_is_told_by_family_and_model() {
        let cpuinfo = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n";
        assert_eq!(model_in(cpuinfo).as_deref(), Some("AMD EPYC (family 25, model 1)"));
        assert_eq!(model_in("model name : ARM\n").as_deref(), Some("ARM"));
        assert_eq!(model_in("processor : 0\n"), None);
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
        fn any_text_is_borne(text in any::<String>()) {
            let _ = (model_in(&text), name_in(&text));
            prop_assert!(memory_in(&text).is_none() || text.contains("MemTotal:"));
        }
    }
}
