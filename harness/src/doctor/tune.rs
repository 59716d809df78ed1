//! Changes settings of the machine for a while, and restores them.
//!
//! Only settings that are reversible and affect nothing but speed are changed: the governor, turbo and huge pages. The
//! former values are written back when [`Tuned`] is dropped, also after an error or a panic. Only SIGKILL or a crash of
//! the machine leaves the settings changed.

use std::io;

use itertools::Itertools;

use crate::doctor::System;
use crate::doctor::frequency::{BOOST, NO_TURBO, governor_files};
use crate::doctor::memory::{HUGE_PAGES, chosen};

/// A setting that was changed.
#[derive(Debug)]
struct Change {
    /// Its name, the former value and the new value, as they are printed.
    what: &'static str,
    before: String,
    now: String,
    path: String,
    /// The file content that restores the former value.
    restoring: String,
}

/// A setting that was not changed, with the reason, in one sentence.
pub type Untouched = String;

/// A setting that could not be put back, in one sentence.
pub type NotPutBack = String;

/// Settings that are changed for as long as this lives.
#[derive(Debug)]
pub struct Tuned {
    system: System,
    changes: Vec<Change>,
}

/// Improves the settings that can be changed, and returns a reason for each of the others.
pub fn tune(system: &System) -> (Tuned, Vec<Untouched>) {
    let mut tuned = Tuned {
        system: system.clone(),
        changes: Vec::new(),
    };
    let mut untouched = Vec::new();

    let governors = governor_files(system);
    if governors.is_empty() {
        untouched.push(
            "The governor is left alone: this system does not choose the clock rate.".to_owned(),
        );
    }
    let values = governors
        .iter()
        .filter_map(|file| Some((file, system.word(file)?)));
    let set = |(file, before): (&String, String)| {
        tuned
            .set(
                "governor",
                file,
                (&before, &before),
                ("performance", "performance"),
            )
            .err()
    };
    let refused = values.filter_map(set).collect_vec();
    untouched.extend(
        refused
            .first()
            .map(|error| refusal("The governor is left alone", error)),
    );
    let is_set = governors
        .iter()
        .all(|file| system.word(file).as_deref() == Some("performance"));
    if !governors.is_empty() && is_set && tuned.changes.is_empty() {
        untouched.push("The governor is `performance` already.".to_owned());
    }

    let turbo = [(NO_TURBO, "1"), (BOOST, "0")]
        .into_iter()
        .find(|(file, _)| system.has(file));
    match turbo.and_then(|(file, off)| Some((file, off, system.word(file)?))) {
        None => untouched.push("Turbo is left alone: nothing here can turn it off.".to_owned()),
        Some((_, off, before)) if before == off => {
            untouched.push("Turbo is off already.".to_owned())
        }
        Some((file, off, before)) => {
            let refused = tuned
                .set("turbo", file, ("on", &before), ("off", off))
                .err();
            untouched.extend(refused.map(|error| refusal("Turbo is left alone", &error)));
        }
    }

    match system
        .text(HUGE_PAGES)
        .as_deref()
        .map(|text| chosen(text).unwrap_or_default().to_owned())
    {
        None => untouched.push("Huge pages are left alone: the kernel has none.".to_owned()),
        Some(before) if before != "always" => {
            untouched.push(format!(
                "Huge pages are left at `{before}`: they are never given without a request."
            ));
        }
        Some(before) => {
            let refused = tuned
                .set(
                    "huge pages",
                    HUGE_PAGES,
                    (&before, &before),
                    ("madvise", "madvise"),
                )
                .err();
            untouched.extend(refused.map(|error| refusal("Huge pages are left alone", &error)));
        }
    }
    (tuned, untouched)
}

/// One sentence about a setting that the system refused to change.
fn refusal(what: &str, error: &io::Error) -> Untouched {
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!("{what}: changing it needs the rights of root."),
        io::ErrorKind::ReadOnlyFilesystem => {
            format!("{what}: the system's files are read-only here, as in a container.")
        }
        _ => format!("{what}: the system reported {:?}.", error.to_string()),
    }
}

impl Tuned {
    /// The changes, one sentence for each kind of setting and former value.
    pub fn told(&self) -> Vec<String> {
        let sentence = |Change {
                            what, before, now, ..
                        }: &Change| {
            format!(
                "The {what} setting is changed from `{before}` to `{now}`, and will be put back."
            )
        };
        self.changes.iter().map(sentence).unique().collect()
    }

    /// Restores all settings, the last change first, and returns those that could not be restored.
    pub fn put_back(mut self) -> Vec<NotPutBack> {
        self.restore()
    }

    /// Changes a setting from `before` to `now`. Both are pairs: the printed name, and the content of the file.
    fn set(
        &mut self,
        what: &'static str,
        path: &str,
        before: (&str, &str),
        now: (&str, &str),
    ) -> io::Result<()> {
        if before.1 == now.1 {
            return Ok(());
        }
        self.system.write(path, now.1)?;
        let restoring = before.1.to_owned();
        let (before, now) = (before.0.to_owned(), now.0.to_owned());
        self.changes.push(Change {
            what,
            before,
            now,
            path: path.to_owned(),
            restoring,
        });
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
        // A caller that needs the errors calls `put_back`.
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
        files
            .map(|file| machine.system.word(file).expect("it is there"))
            .collect()
    }

    #[test]
    fn everything_is_changed_and_put_back() {
        let machine = laptop();
        let (tuned, untouched) = tune(&machine.system);
        assert!(untouched.is_empty(), "{untouched:?}");
        assert_eq!(
            settings(&machine),
            ["performance", "performance", "1", "madvise"]
        );
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
    fn boost_of_other_drivers_is_turned_off_and_restored() {
        let machine = Fixture::of(&[(BOOST, "1\n")]);
        let (tuned, _) = tune(&machine.system);
        assert_eq!(machine.system.word(BOOST).as_deref(), Some("0"));
        drop(tuned);
        assert_eq!(machine.system.word(BOOST).as_deref(), Some("1"));
    }

    #[test]
    fn settings_that_are_ideal_or_missing_have_one_sentence_each() {
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
        let server = Fixture::of(&[
            (GOVERNORS[0], "performance\n"),
            (NO_TURBO, "1\n"),
            (HUGE_PAGES, "always [never]\n"),
        ]);
        let (tuned, untouched) = tune(&server.system);
        assert!(tuned.told().is_empty());
        assert_eq!(
            untouched,
            [
                "The governor is `performance` already.",
                "Turbo is off already.",
                "Huge pages are left at `never`: they are never given without a request.",
            ]
        );
    }

    #[test]
    fn a_refused_setting_is_left_alone_and_the_others_are_changed() {
        let machine = laptop();
        // Root may write to any file, so the test uses a file that nobody can write, and a folder.
        fs::remove_file(machine.path(NO_TURBO)).expect("it was there");
        symlink("/proc/version", machine.path(NO_TURBO)).expect("linked");
        fs::remove_file(machine.path(GOVERNORS[1])).expect("it was there");
        fs::create_dir(machine.path(GOVERNORS[1])).expect("made");
        let (tuned, untouched) = tune(&machine.system);
        assert_eq!(untouched.len(), 1, "{untouched:?}");
        assert!(
            untouched[0].starts_with("Turbo is left alone: "),
            "{untouched:?}"
        );
        assert_eq!(tuned.told().len(), 2);
        assert!(tuned.put_back().is_empty());
        assert_eq!(
            machine.system.word(GOVERNORS[0]).as_deref(),
            Some("powersave")
        );
    }

    #[test]
    fn a_setting_that_cannot_be_restored_is_reported_with_its_file() {
        let machine = laptop();
        let (tuned, _) = tune(&machine.system);
        fs::remove_file(machine.path(HUGE_PAGES)).expect("it was there");
        let failed = tuned.put_back();
        assert_eq!(failed.len(), 1, "{failed:?}");
        assert!(
            failed[0].starts_with("huge pages could not be put back to `always`: "),
            "{failed:?}"
        );
        assert!(
            failed[0].ends_with(&format!("write it to /{HUGE_PAGES}")),
            "{failed:?}"
        );
        assert_eq!(machine.system.word(NO_TURBO).as_deref(), Some("0"));
    }
}
