//! Whose turn it is to measure: two harnesses on one core would measure each other, and one that builds or counts is in the way of one
//! that reads time.

use std::cell::Cell;

use crate::project::Project;
use crate::vcs::bases_folder;
use crate::vcs::error::{CheckoutError, FileError, at};
use crate::vcs::lock::{Hold, Lock};

/// A project is measured by nobody else who takes turns for as long as this lives.
#[derive(Debug)]
pub struct MeasuringLock(#[expect(dead_code, reason = "it is held, not used")] Lock);

impl MeasuringLock {
    /// Waits until no other harness has its turn in this project; where it has to, it says so to `say` once.
    ///
    /// Whoever waits also holds the place in front of the door. So one that takes a turn after the other for hours lets
    /// those in between that came meanwhile.
    ///
    /// # Errors
    /// If the locks cannot be made, or the user ended the waiting.
    pub fn wait(project: &Project, say: &dyn Fn(&str)) -> Result<Self, CheckoutError> {
        let folder = bases_folder::of(project);
        let failed = |error: FileError| error.of("a measurement", &folder);
        let place = bases_folder::prepare(&folder).map_err(failed)?;
        let told = Cell::new(false);
        let waiting = || {
            if !told.replace(true) {
                say("waiting for another harness that measures here");
            }
        };
        let lock = |name: &str| {
            let path = place.join(name);
            Lock::wait(&path, Hold::Alone, &waiting).map_err(at("lock", &path)).map_err(failed)
        };
        let _next = lock("time.next.lock")?;
        lock("time.lock").map(Self)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::sync::mpsc;
    use std::thread;

    use super::*;
    use crate::project::Config;

    #[test]
    fn whoever_waits_goes_before_the_one_that_has_just_had_its_turn() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = Project { root: folder.path().to_owned(), config: Config::default() };
        let wait = |say: &dyn Fn(&str)| MeasuringLock::wait(&project, say).expect("it can be locked");
        let first = wait(&|told| panic!("nobody is there: {told}"));
        let (sender, order) = mpsc::channel();
        thread::scope(|scope| {
            let (name, other) = (sender.clone(), wait);
            scope.spawn(move || {
                let turn = other(&|_| ());
                name.send("who waited").expect("heard");
                drop(turn);
            });
            let next =
                File::options().write(true).open(bases_folder::of(&project).join("time.next.lock")).expect("made");
            while next.try_lock().is_ok() {
                next.unlock().expect("unlocked");
                thread::yield_now();
            }
            drop(first);
            let _again = wait(&|_| ());
            sender.send("who was there").expect("heard");
        });
        assert_eq!(order.try_iter().collect::<Vec<_>>(), ["who waited", "who was there"]);
    }
}
