//! Evidence that the time gate does not lie: verdicts on code that did not change, or was slowed down by a known amount.
//!
//! A [`Trial`] is one verdict, reached as the gate reaches it: [`crate::gate::Terms::time`] measures, and
//! [`crate::gate::Ruling`] judges. What it measured is kept in the [`Evidence`], compressed, so that every verdict can be
//! replayed without measuring; the [findings](Finding) are counted from those files alone, each rate with the exact
//! interval of Clopper and Pearson. Evidence is gathered in pieces: whatever is measured is added to what is there.
//!
//! It is kept in `reports/selftest/`, beside the page and the chart that are made of it: `baselines/` holds what
//! changes are judged by, and this judges nothing.

mod condition;
mod criterion;
mod evidence;
mod finding;
mod hog;
mod layout;
mod page;
mod promise;
mod swap;
mod table;
pub(crate) mod trial;

pub use condition::{Change, ChangeError, Condition, Hogs, Scope};
pub use criterion::{BackToBack, Called, CriterionError};
pub use evidence::{Evidence, EvidenceError};
pub use finding::{Finding, findings};
pub use hog::{Hog, HogError};
pub use layout::{LayoutError, Layouts};
pub use page::{chart, page};
pub use promise::promises;
pub use swap::{Swapped, swapped};
pub use table::{by_workload, moved_by_isa, table};
pub use trial::Trial;
