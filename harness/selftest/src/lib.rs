//! Evidence of the error rates of the time gate: verdicts on code that did not change, or was slowed down by a known
//! amount.
//!
//! The module [`real`] tries the whole gate on commits. The rest tries its decision on one program: a [`Trial`] is one verdict, reached as the gate reaches it: [`harness_record::session::Terms::time`] measures, and
//! [`harness_judge::gate::GateVerdict`] judges. What it measured is kept in the [`Evidence`], compressed, so that every verdict can be
//! replayed without measuring; the [findings](Finding) are counted from those files alone, each rate with the exact
//! interval of Clopper and Pearson. Evidence is gathered in pieces: whatever is measured is added to what is there.
//!
//! The evidence is in the folder `selftest` of the records, beside its page `slices.md`. Git ignores it: the slices are
//! large, and each machine gathers its own.

mod background_load;
mod condition;
mod criterion;
mod evidence;
mod finding;
mod page;
mod promise;
pub mod real;
mod swap;
mod table;
pub(crate) mod trial;

pub use background_load::{LoadError, LoadProcesses};
pub use condition::{BackgroundLoad, Change, ChangeError, Condition, Scope};
pub use criterion::{BackToBack, Called, CriterionError};
pub use evidence::{Evidence, EvidenceError};
pub use finding::{Finding, findings};
pub use page::{chart, page};
pub use promise::promises;
pub use swap::{Swapped, swapped};
pub use table::{by_workload, table};
pub use trial::Trial;
