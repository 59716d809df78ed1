//! Validation of a probe's list of workloads. The rest of the harness relies on its names and units.

use std::collections::BTreeSet;

use harness_probe::protocol::Description;

/// Checks a list of workloads.
///
/// # Errors
/// One sentence that names the workload, the problem and the fix.
pub fn check(workloads: &[Description]) -> Result<(), String> {
    let mut ids = BTreeSet::new();
    for workload in workloads {
        let id = name("a workload's id", &workload.id)?;
        if !ids.insert(id) {
            return Err(format!(
                "the probe has two workloads `{id}`; give one of them another id"
            ));
        }
        name(&format!("the unit of workload `{id}`"), &workload.unit.name)?;
        if workload.unit.per_run == 0 {
            let unit = &workload.unit.name;
            return Err(format!(
                "the probe reports 0 {unit} per run of `{id}`; report at least 1"
            ));
        }
        if workload.phases.is_empty() {
            return Err(format!(
                "the probe names no phase for workload `{id}`; it needs at least one to be measured in"
            ));
        }
        let mut phases = BTreeSet::new();
        for phase in &workload.phases {
            if !phases.insert(name(&format!("a phase of workload `{id}`"), phase)?) {
                return Err(format!(
                    "the probe names phase `{phase}` of workload `{id}` twice; once is enough"
                ));
            }
        }
    }
    Ok(())
}

/// Checks that a name fits into a table and on a command line.
fn name<'a>(what: &str, name: &'a str) -> Result<&'a str, String> {
    if name.trim().is_empty() {
        return Err(format!("the probe leaves {what} empty; give it a name"));
    }
    if name.contains(char::is_control) {
        return Err(format!(
            "the probe reports {what} as {name:?}; leave out control characters"
        ));
    }
    Ok(name)
}

#[cfg(test)]
mod tests {
    use harness_probe::Unit;

    use super::*;

    fn workload(id: &str) -> Description {
        Description {
            id: id.to_owned(),
            about: String::new(),
            unit: Unit {
                name: "token".to_owned(),
                per_run: 1,
            },
            definition: "d".to_owned(),
            answer: "a".to_owned(),
            phases: vec!["naive".to_owned(), "optimized".to_owned()],
            instruments: Vec::new(),
            selection: harness_probe::Selection::Standard,
        }
    }

    #[test]
    fn a_valid_list_passes() {
        assert_eq!(check(&[]), Ok(()));
        assert_eq!(check(&[workload("a"), workload("b")]), Ok(()));
    }

    #[test]
    fn every_flaw_is_one_sentence_that_names_the_workload() {
        type Spoil = fn(&mut Description);
        let flaws: [(Spoil, &str); 7] = [
            (
                |w| w.id = "a".to_owned(),
                "the probe has two workloads `a`; give one of them another id",
            ),
            (
                |w| w.unit.per_run = 0,
                "the probe reports 0 token per run of `b`; report at least 1",
            ),
            (
                |w| w.phases.clear(),
                "the probe names no phase for workload `b`; it needs at least one to be measured in",
            ),
            (
                |w| w.phases[1] = "naive".to_owned(),
                "the probe names phase `naive` of workload `b` twice; once is enough",
            ),
            (
                |w| w.phases[1].clear(),
                "the probe leaves a phase of workload `b` empty; give it a name",
            ),
            (
                |w| w.id = " ".to_owned(),
                "the probe leaves a workload's id empty; give it a name",
            ),
            (
                |w| w.unit.name = "a\tb".to_owned(),
                "the probe reports the unit of workload `b` as \"a\\tb\"; leave out control characters",
            ),
        ];
        for (spoil, sentence) in flaws {
            let mut list = [workload("a"), workload("b")];
            spoil(&mut list[1]);
            assert_eq!(check(&list), Err(sentence.to_owned()));
        }
    }
}
