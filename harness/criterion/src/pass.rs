//! One pass over the functions of a program. A function cannot be given anything but a `Criterion`, so the purpose of the
//! pass is a variable of the thread.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::{iter, mem};

use harness_probe::{Prepared, Unit};

use crate::Throughput;
use crate::bencher::Measure;
use crate::by_hand::ByHand;

/// The place of a benchmark in a program. Within a function, an id is unique or has a number: the order of benchmarks may
/// change from pass to pass if it comes from a hash map.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) scope: Scope,
    /// The id as criterion forms it.
    id: String,
    /// The number of earlier benchmarks with this id in the same scope.
    earlier: usize,
}

/// A target of a group; the target 0 is everything outside of targets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Scope {
    pub(crate) group: usize,
    target: usize,
}

/// A benchmark of the program.
#[derive(Debug, Clone)]
pub(crate) struct Found {
    /// Its id, unique in the program.
    pub(crate) id: String,
    pub(crate) unit: Unit,
    pub(crate) place: Place,
}

/// Lists the benchmarks that a function adds.
pub(crate) fn list(function: impl FnOnce()) -> Vec<Found> {
    match during(Purpose::List(Vec::new()), function) {
        Purpose::List(found) => found,
        _ => Vec::new(),
    }
}

/// Runs a function, and measures the benchmark at a place. Skips all other targets. Returns false if the benchmark was
/// not reached.
pub(crate) fn measure(place: &Place, measure: Measure<'_>, function: impl FnOnce()) -> bool {
    let wanted = Purpose::Measure {
        place: place.clone(),
        measure: Some(Borrowed::new(measure)),
    };
    let end = during(wanted, function);
    matches!(end, Purpose::Measure { measure: None, .. })
}

/// Runs a function whose benchmarks a person measures.
pub(crate) fn by_hand(by_hand: ByHand, function: impl FnOnce()) {
    during(Purpose::ByHand(Rc::new(by_hand)), function);
}

/// Enters a group of the program.
pub(crate) fn group(number: usize) {
    PASS.with_borrow_mut(|pass| {
        pass.targets = 0;
        pass.scope = Scope {
            group: number,
            target: 0,
        };
    });
}

/// Runs a target of a group, unless the pass is for a benchmark of another one.
pub fn target(run: impl FnOnce()) {
    let (outside, is_needed) = PASS.with_borrow_mut(|pass| {
        pass.targets += 1;
        let inside = Scope {
            target: pass.targets,
            ..pass.scope
        };
        let is_needed = match &pass.purpose {
            Purpose::Measure { place, .. } => place.scope == inside,
            _ => true,
        };
        (mem::replace(&mut pass.scope, inside), is_needed)
    });
    if is_needed {
        run();
    }
    PASS.with_borrow_mut(|pass| pass.scope = outside);
}

/// Reaches a benchmark. Calls it with something that measures its routine, if the pass is for it.
pub(crate) fn reach(id: &str, throughput: Option<&Throughput>, call: &mut dyn FnMut(Measure<'_>)) {
    // The variable is not borrowed while a benchmark runs: its closure may do anything.
    match PASS.with_borrow_mut(|pass| pass.reach(id, throughput)) {
        Next::Nothing => {}
        Next::Measure(measure) => measure.lend(call),
        Next::ByHand(by_hand) => by_hand.measure(id, &Throughput::unit(throughput), call),
    }
}

/// Ends the program that a person started.
pub(crate) fn end() {
    let by_hand = PASS.with_borrow(|pass| match &pass.purpose {
        Purpose::ByHand(by_hand) => Some(Rc::clone(by_hand)),
        _ => None,
    });
    if let Some(by_hand) = by_hand {
        by_hand.end();
    }
}

thread_local! {
    static PASS: RefCell<Pass> = RefCell::new(Pass::default());
}

/// The state of a pass.
#[derive(Default)]
struct Pass {
    purpose: Purpose,
    scope: Scope,
    /// Number of targets that the current group has entered.
    targets: usize,
    /// The ids of each scope, with their number.
    reached: BTreeMap<(Scope, String), usize>,
}

#[derive(Default)]
enum Purpose {
    /// A program with a function `main` of its own.
    #[default]
    Unknown,
    List(Vec<Found>),
    Measure {
        place: Place,
        /// None as soon as the benchmark has been reached.
        measure: Option<Borrowed>,
    },
    ByHand(Rc<ByHand>),
}

/// The treatment of a benchmark that was reached.
enum Next {
    Nothing,
    Measure(Borrowed),
    ByHand(Rc<ByHand>),
}

impl Pass {
    fn reach(&mut self, id: &str, throughput: Option<&Throughput>) -> Next {
        let count = self.reached.entry((self.scope, id.to_owned())).or_default();
        let reached = Place {
            scope: self.scope,
            id: id.to_owned(),
            earlier: *count,
        };
        *count += 1;
        if matches!(self.purpose, Purpose::Unknown) {
            self.purpose = Purpose::ByHand(Rc::new(ByHand::of_own_main()));
        }
        match &mut self.purpose {
            Purpose::List(found) => {
                found.push(Found {
                    id: unique(id, found),
                    unit: Throughput::unit(throughput),
                    place: reached,
                });
                Next::Nothing
            }
            Purpose::Measure { place, measure } if *place == reached => {
                measure.take().map_or(Next::Nothing, Next::Measure)
            }
            Purpose::ByHand(by_hand) => Next::ByHand(Rc::clone(by_hand)),
            Purpose::Measure { .. } | Purpose::Unknown => Next::Nothing,
        }
    }
}

/// Makes an id unique by a number, as criterion does with the folders of its results.
fn unique(id: &str, found: &[Found]) -> String {
    let numbered = (2..).map(|number| format!("{id}_{number}"));
    iter::once(id.to_owned())
        .chain(numbered)
        .find(|id| found.iter().all(|one| one.id != *id))
        .unwrap_or_default()
}

/// Runs a function in a pass with a purpose, and returns the purpose at its end.
fn during(purpose: Purpose, function: impl FnOnce()) -> Purpose {
    /// Ends the pass, even if the function panics, so that nothing borrowed stays in the variable.
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            PASS.set(Pass::default());
        }
    }
    let _end = End;
    PASS.set(Pass {
        purpose,
        ..Pass::default()
    });
    function();
    PASS.with_borrow_mut(|pass| mem::take(&mut pass.purpose))
}

/// A borrowed function in a variable, which cannot state the lifetime.
struct Borrowed(&'static mut dyn FnMut(&mut dyn Prepared));

impl Borrowed {
    /// Forgets the lifetime. The value must not be used after it: [`measure`] puts it into the variable, and [`during`]
    /// removes it before `measure` returns.
    fn new<'a>(measure: Measure<'a>) -> Self {
        // SAFETY: both types are references to the same trait object; only lifetimes differ. `measure` holds the borrow
        // until the pass has ended. Until then the value is in the variable or in `reach`, which it calls; after that
        // nobody has it.
        Self(unsafe {
            mem::transmute::<Measure<'a>, &'static mut dyn FnMut(&mut dyn Prepared)>(measure)
        })
    }

    /// Passes the function to a benchmark, for the time of a call.
    fn lend(self, call: &mut dyn FnMut(Measure<'_>)) {
        call(self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two groups. The first has two targets, and a benchmark outside of them; two benchmarks have the same id.
    fn program() {
        group(0);
        target(|| {
            reach_with("a", 1);
            reach_with("b", 2);
            reach_with("a", 3);
        });
        reach_with("a", 4);
        target(|| reach_with("a", 5));
        group(1);
        target(|| reach_with("d", 6));
    }

    thread_local! {
        static MEASURED: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
    }

    fn reach_with(id: &str, number: u32) {
        reach(id, None, &mut |_| {
            MEASURED.with_borrow_mut(|measured| measured.push(number));
        });
    }

    #[test]
    fn a_list_has_every_benchmark_under_its_own_id_and_measures_none() {
        let found = list(program);
        let ids: Vec<&str> = found.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["a", "b", "a_2", "a_3", "a_4", "d"]);
        assert!(MEASURED.take().is_empty());
    }

    #[test]
    fn a_selected_benchmark_is_the_only_one_that_is_measured() {
        for (number, found) in (1..).zip(list(program)) {
            assert!(measure(&found.place, &mut |_| {}, program), "{}", found.id);
            assert_eq!(MEASURED.take(), [number], "{}", found.id);
        }
    }

    #[test]
    fn a_benchmark_that_does_not_come_again_is_not_measured() {
        let found = list(program);
        assert!(!measure(&found[0].place, &mut |_| {}, || group(0)));
        assert!(MEASURED.take().is_empty());
    }

    #[test]
    fn other_targets_are_skipped() {
        let found = list(program);
        let mut entered = Vec::new();
        let reached = measure(&found[4].place, &mut |_| {}, || {
            group(0);
            target(|| entered.push(1));
            target(|| {
                entered.push(2);
                reach_with("a", 5);
            });
        });
        assert!(reached);
        assert_eq!((entered, MEASURED.take()), (vec![2], vec![5]));
    }
}
