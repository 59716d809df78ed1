//! Changes settings of the machine for a while, and puts them back.
//!
//! Only what is reversible and touches nothing but speed is changed: the governor, turbo and huge pages. What was there
//! before is remembered and written back when [`Tuned`] goes, however that comes about; only an end by SIGKILL or of the
//! machine leaves the settings as they are.

use std::io;

use harness_record::distinct::distinct;

use crate::doctor::System;
use crate::doctor::frequency::{BOOST, NO_TURBO, governor_files};
use crate::doctor::memory::{HUGE_PAGES, chosen};

/// A setting that was changed.
#[derive(Debug)]
struct Change {
    /// What people call it, what it was, and what it is now.
    what: &'static str,
    before: String,
    now: String,
    path: String,
    /// What is written to have it as it was.
    restoring: String,
}

/// Something that was not changed, and why, in one sentence.
pub type Untouched = String;

/// A setting that could not be put back, in one sentence.
pub type NotPutBack = String;

/// Settings that are changed for as long as this lives.
#[derive(Debug)]
pub struct Tuned {
    system: System,
    changes: Vec<Change>,
}

/// Changes what can be changed for the better, and says of the rest why it was not.
pub fn tune(system: &System) -> (Tuned, Vec<Untouched>) {
    let mut tuned = Tuned { system: system.clone(), changes: Vec::new() };
    let mut untouched = Vec::new();

    let governors = governor_files(system);
    if governors.is_empty() {
        untouched.push("The governor is left alone: this system does not choose the clock rate.".to_owned());
    }
    let mut refusals = Vec::new();
    for file in &governors {
        let Some(before) = system.word(file) else { continue };
        refusals.extend(tuned.set("governor", file, (&before, &before), ("performance", "performance")).err());
    }
    untouched.extend(refusal("The governor is left alone", refusals));
    let is_set = governors.iter().all(|file| system.word(file).as_deref() == Some("performance"));
    if !governors.is_empty() && is_set && tuned.changes.is_empty() {
        untouched.push("The governor is `performance` already.".to_owned());
    }

    let turbo = [(NO_TURBO, "1"), (BOOST, "0")].into_iter().find(|(file, _)| system.has(file));
    match turbo.and_then(|(file, off)| Some((file, off, system.word(file)?))) {
        None => untouched.push("Turbo is left alone: nothing here can turn it off.".to_owned()),
        Some((_, off, before)) if before == off => untouched.push("Turbo is off already.".to_owned()),
        Some((file, off, before)) => {
            let refused = tuned.set("turbo", file, ("on", &before), ("off", off));
            untouched.extend(refusal("Turbo is left alone", refused.err().into_iter().collect()));
        }
    }

    match system.text(HUGE_PAGES).as_deref().map(|text| chosen(text).unwrap_or_default().to_owned()) {
        None => untouched.push("Huge pages are left alone: the kernel has none.".to_owned()),
        Some(before) if before != "always" => {
            untouched.push(format!("Huge pages are left at `{before}`: only who asks for them gets them."));
        }
        Some(before) => {
            let refused = tuned.set("huge pages", HUGE_PAGES, (&before, &before), ("madvise", "madvise"));
            untouched.extend(refusal("Huge pages are left alone", refused.err().into_iter().collect()));
        }
    }
    (tuned, untouched)
}

/// One sentence for the refusals of one kind of setting.
fn refusal(what: &str, refusals: Vec<io::Error>) -> Option<Untouched> {
    let first = refusals.first()?;
    Some(match first.kind() {
        io::ErrorKind::PermissionDenied => format!("{what}: changing it needs the rights of root."),
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("{what}: the system's files are read-only here, as in a container.")
        }
        _ => format!("{what}: the system said {:?}.", first.to_string()),
    })
}

impl Tuned {
    /// What was changed, one sentence for each kind of setting and what it was before.
    pub fn told(&self) -> Vec<String> {
        let told = self.changes.iter().map(|change| {
            let Change { what, before, now, .. } = change;
            format!("The {what} setting is changed from `{before}` to `{now}`, and will be put back.")
        });
        distinct(told.collect::<Vec<_>>())
    }

    /// Puts everything back, the last change first, and says what could not be.
    pub fn put_back(mut self) -> Vec<NotPutBack> {
        self.restore()
    }

    /// Writes `now` in the place of `before`; of each, what people call it and what the file holds.
    fn set(&mut self, what: &'static str, path: &str, before: (&str, &str), now: (&str, &str)) -> io::Result<()> {
        if before.1 == now.1 {
            return Ok(());
        }
        self.system.write(path, now.1)?;
        let restoring = before.1.to_owned();
        let (before, now) = (before.0.to_owned(), now.0.to_owned());
        self.changes.push(Change { what, before, now, path: path.to_owned(), restoring });
        Ok(())
    }

    fn restore(&mut self) -> Vec<NotPutBack> {
        let mut failed = Vec::new();
        while let Some(change) = self.changes.pop() {
            if let Err(error) = self.system.write(&change.path, &change.restoring) {
                failed.push(format!(
                    "{} could not be put back to `{}`: {error}; write it to /{}",
                    change.what, change.restoring, change.path
                ));
            }
        }
        failed
    }
}

impl Drop for Tuned {
    fn drop(&mut self) {
        // Who wants to hear what could not be put back asks before.
        let _ = self.restore();
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::doctor::system::fixture::Fixture;

    const GOVERNORS: [&str; 2] = [
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor",
        "sys/devices/system/cpu/cpu1/cpufreq/scaling_governor",
    ];

    fn laptop() -> Fixture {
        Fixture::of(&[
            (GOVERNORS[0], "powersave\n"),
            (GOVERNORS[1], "ondemand\n"),
            (NO_TURBO, "0\n"),
            (HUGE_PAGES, "[always] madvise never\n"),
        ])
    }

    fn settings(machine: &Fixture) -> Vec<String> {
        let files = GOVERNORS.into_iter().chain([NO_TURBO, HUGE_PAGES]);
        files.map(|file| machine.system.word(file).expect("it is there")).collect()
    }

    #[test]
    fn everything_is_changed_and_put_back() {
        let machine = laptop();
        let (tuned, untouched) = tune(&machine.system);
        assert!(untouched.is_empty(), "{untouched:?}");
        assert_eq!(settings(&machine), ["performance", "performance", "1", "madvise"]);
        assert_eq!(
            tuned.told(),
            [
                "The governor setting is changed from `powersave` to `performance`, and will be put back.",
                "The governor setting is changed from `ondemand` to `performance`, and will be put back.",
                "The turbo setting is changed from `on` to `off`, and will be put back.",
                "The huge pages setting is changed from `always` to `madvise`, and will be put back.",
            ]
        );
        assert!(tuned.put_back().is_empty());
        assert_eq!(settings(&machine), ["powersave", "ondemand", "0", "always"]);
    }

    #[test]
    fn a_failure_in_between_puts_everything_back() {
        let machine = laptop();
        let fails = || -> Result<(), ()> {
            let _tuned = tune(&machine.system);
            Err(())
        };
        assert!(fails().is_err());
        assert_eq!(settings(&machine), ["powersave", "ondemand", "0", "always"]);
    }

    #[test]
    fn other_drivers_say_whether_boost_is_on() {
        let machine = Fixture::of(&[(BOOST, "1\n")]);
        let (tuned, _) = tune(&machine.system);
        assert_eq!(machine.system.word(BOOST).as_deref(), Some("0"));
        drop(tuned);
        assert_eq!(machine.system.word(BOOST).as_deref(), Some("1"));
    }

    #[test]
    fn what_is_as_it_should_be_or_not_there_is_said_in_a_sentence_each() {
        let (tuned, untouched) = tune(&Fixture::of(&[]).system);
        assert!(tuned.told().is_empty());
        assert_eq!(
            untouched,
            [
                "The governor is left alone: this system does not choose the clock rate.",
                "Turbo is left alone: nothing here can turn it off.",
                "Huge pages are left alone: the kernel has none.",
            ]
        );
        let server =
            Fixture::of(&[(GOVERNORS[0], "performance\n"), (NO_TURBO, "1\n"), (HUGE_PAGES, "always [never]\n")]);
        let (tuned, untouched) = tune(&server.system);
        assert!(tuned.told().is_empty());
        assert_eq!(
            untouched,
            [
                "The governor is `performance` already.",
                "Turbo is off already.",
                "Huge pages are left at `never`: only who asks for them gets them.",
            ]
        );
    }

    #[test]
    fn what_the_system_refuses_is_left_alone_and_the_rest_is_changed() {
        let machine = laptop();
        // Root may write anything; nobody can write into what is no file.
        fs::remove_file(machine.path(NO_TURBO)).expect("it was there");
        symlink("/proc/version", machine.path(NO_TURBO)).expect("linked");
        fs::remove_file(machine.path(GOVERNORS[1])).expect("it was there");
        fs::create_dir(machine.path(GOVERNORS[1])).expect("made");
        let (tuned, untouched) = tune(&machine.system);
        assert_eq!(untouched.len(), 1, "{untouched:?}");
        assert!(untouched[0].starts_with("Turbo is left alone: "), "{untouched:?}");
        assert_eq!(tuned.told().len(), 2);
        assert!(tuned.put_back().is_empty());
        assert_eq!(machine.system.word(GOVERNORS[0]).as_deref(), Some("powersave"));
    }

    #[test]
    fn what_cannot_be_put_back_is_told_with_what_to_do() {
        let machine = laptop();
        let (tuned, _) = tune(&machine.system);
        fs::remove_file(machine.path(HUGE_PAGES)).expect("it was there");
        let failed = tuned.put_back();
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert!(failed[0].starts_with("huge pages could not be put back to `always`: "), "{failed:?}");
        assert!(failed[0].ends_with(&format!("write it to /{HUGE_PAGES}")), "{failed:?}");
        assert_eq!(machine.system.word(NO_TURBO).as_deref(), Some("0"));
    }
}
