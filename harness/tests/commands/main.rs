//! Commands as workloads, as a user types them: `harness run -- COMMAND`, `harness compare -- A B`, and `[[command]]`.

mod ad_hoc;
mod compare;
mod failures;
mod folder;
#[path = "../processes/mod.rs"]
mod processes;
mod project;
