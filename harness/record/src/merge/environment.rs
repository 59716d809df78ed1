//! The environment of merged shards.

use crate::Environment;
use crate::distinct::distinct;
use crate::environment::SEVERAL;
use crate::merge::{MergeError, Named};

/// Refuses environments whose numbers do not belong in one record.
pub(super) fn compatible<T>(
    first: &Named<T>,
    other: &Named<T>,
    environment: impl Fn(&T) -> &Environment,
) -> Result<(), MergeError> {
    let (here, there) = (environment(&first.content), environment(&other.content));
    let both = [here, there];
    let differs = |what: &str, values| Err(first.differs(other, what, values));
    let revision = |one: &Environment| match &one.revision {
        Some(revision) => format!("{revision}{}", one.changes()),
        None => "no revision".to_owned(),
    };
    if (&here.revision, here.dirty) != (&there.revision, there.dirty) {
        return differs("the revisions", both.map(revision));
    }
    if here.isa != there.isa {
        let hint = "the instruction sets, of which --isa forces one,";
        return differs(hint, both.map(|one| one.isa.clone()));
    }
    let valgrind = |one: &Environment| one.valgrind.clone().unwrap_or_else(|| "none".to_owned());
    let parts = [
        ("the targets", both.map(|one| one.target.clone())),
        ("the compilers", both.map(|one| one.rustc.clone())),
        ("the C libraries", both.map(|one| one.libc.clone())),
        ("the versions of valgrind", both.map(valgrind)),
        (
            "the compiler flags",
            both.map(|one| format!("`{}`", one.rustflags)),
        ),
    ];
    for (what, values) in parts {
        if values[0] != values[1] {
            return differs(what, values);
        }
    }
    let settings = here.settings_differences(there);
    match settings.first() {
        Some(difference) => differs(
            "the settings of the build or of the processes",
            [difference.clone(), "the other".to_owned()],
        ),
        None => Ok(()),
    }
}

/// The environment of the whole: that of all shards if they are of one machine. Otherwise the machine is that of none: it
/// names all of them, and has the smallest number of CPUs and the least memory.
pub(super) fn merged<'a>(environments: impl IntoIterator<Item = &'a Environment>) -> Environment {
    let all: Vec<&Environment> = environments.into_iter().collect();
    let Some((&first, rest)) = all.split_first() else {
        unreachable!("there is no merge without a shard");
    };
    let machine = |one: &Environment| (one.machine(), one.memory_bytes);
    if rest.iter().all(|one| machine(one) == machine(first)) {
        return first.clone();
    }
    let common = |value: fn(&Environment) -> &String| {
        let values = distinct(all.iter().map(|one| value(one).as_str()));
        match values.as_slice() {
            [one] => (*one).to_owned(),
            _ => format!("{SEVERAL} ({})", values.join("; ")),
        }
    };
    let names = distinct(all.iter().map(|one| one.cpu.as_str())).join("; ");
    Environment {
        cpu: format!("{SEVERAL} machines ({names})"),
        cpus: all.iter().map(|one| one.cpus).min().unwrap_or(first.cpus),
        memory_bytes: all
            .iter()
            .map(|one| one.memory_bytes)
            .min()
            .unwrap_or(first.memory_bytes),
        os: common(|one| &one.os),
        kernel: common(|one| &one.kernel),
        ..first.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::environment;

    #[test]
    fn machines_of_several_kinds_are_no_machine() {
        let here = environment();
        assert_eq!(merged([&here, &here]), here);
        let there = Environment {
            cpu: "another".to_owned(),
            cpus: here.cpus + 2,
            ..environment()
        };
        let both = merged([&here, &there]);
        assert_eq!(
            both.cpu,
            format!("several machines ({}; another)", here.cpu)
        );
        assert_eq!(both.cpus, here.cpus);
        assert!(
            !both.same_machine(&both),
            "times of two merged records do not compare"
        );
        assert!(both.same_toolchain(&here), "counts do");
    }
}
