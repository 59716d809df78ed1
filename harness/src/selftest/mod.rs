//! Evidence of the error rates of the time gate: verdicts on code that did not change, or was slowed down by a known
//! amount.
//!
//! The module [`real`] tries the whole gate on commits. The other modules try its decision on one program: a [`Trial`]
//! is one verdict, reached as the gate reaches it. [`crate::gate::Terms::time`] measures, and
//! [`crate::gate::GateVerdict`] judges. The slices are kept in the [`Evidence`], compressed, so that every verdict can
//! be replayed without measuring. The [findings](Finding) are counted from those files alone, each rate with the exact
//! interval of Clopper and Pearson (1934). New trials are added to the existing ones.
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
