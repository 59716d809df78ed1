//! Sessions: the state of one sequence or of a batch between steps.

mod batch;
mod divided;
mod forward;
mod projected;
mod sequence;
mod single;
mod state;

pub use batch::BatchSession;
pub use single::Session;
