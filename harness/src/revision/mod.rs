//! Programs of another revision: what a change is measured against is built beside it, from its own sources.
//!
//! A comparison needs the base's probe as the base had it, so a revision is unpacked into a folder of its own, read by its
//! own `harness.toml`, and built with the toolchain, the flags and the environment of the checkout that is judged.
//! [`Repository`] answers which commits there are, [`Checkouts`] keeps their sources and programs, and a [`Checkout`] is
//! one of them, held for as long as it lives.
//!
//! # Where it is kept, and what is left behind
//! Everything lies in `target/harness-bases/` of the project, which git ignores by a `.gitignore` of its own and
//! `cargo clean` removes. It is there and not in the user's cache folder because cargo reads configuration from the folders above
//! the sources: below the project it finds the same `.cargo/config.toml` files outside the repository as the head does.
//!
//! ```text
//! target/harness-bases/
//!   build/              cargo's target folder, shared: only what differs between two revisions is built again
//!   time.lock           held while time is measured, and for a whole gate, so that two harnesses do not measure each other
//!   time.next.lock      held by the one that waits for it
//!   build.lock          held while sources are unpacked and built; cargo holds it too, as its standard input
//!   COMMIT-KEY/         one revision under one toolchain and one set of flags
//!     lock              shared by whoever uses the revision, exclusive for whoever removes it
//!     source/           the revision's files
//!     ready             written when they are complete; without it they are unpacked again
//!     programs/CALL/    what one call of cargo built, set aside: a second gate needs no cargo
//! ```
//!
//! The sources are written by `git read-tree` with an index file and a work tree of its own. `git worktree add` would leave an entry in
//! the user's `.git` whenever the harness is killed, and run hooks; `git archive` leaves out and rewrites what
//! `.gitattributes` says (`export-ignore`, `export-subst`), so that it may not build. This one leaves nothing in the
//! repository at all: no branch, worktree, index, stash or reflog of the user is read or written. What it costs is that the sources are no
//! checkout of their own: a build script that asks git there hears that there is no repository, as in a tarball, and whoever
//! records the base's revision takes it from [`Checkout::commit`], not from git.
//!
//! # Why no stale artefact is taken for another revision's
//! Cargo names the artefacts of a workspace by paths relative to its root, and takes them for fresh if no source is newer
//! than they are: two revisions in one target folder would be mistaken for each other wherever the sources of one were
//! unpacked before the other was built. So all building is one at a time, and sources are made newer than whatever was
//! built for another revision before them. The lock is also cargo's standard input: if the harness is killed, cargo fails at
//! its next message because nobody reads it, and until then the next gate waits.
//!
//! # Why programs of two calls are kept apart
//! Cargo gives what several programs of a call share the features that all of them ask for, so a probe that is built beside
//! the benches is another program than one that is built alone. The other side of a comparison is built in one call. What
//! was set aside therefore serves the list of programs again that it was built for, and no other; a revision has as many
//! as there are kinds of comparisons, and they go when it goes.

mod build;
mod checkout;
mod commit;
mod error;
mod git;
mod held;
mod home;
mod key;
mod lock;
mod repository;
mod room;
mod shelf;
mod slot;
#[cfg(test)]
mod tests;
mod turn;

pub use build::CargoOutput;
pub use checkout::{Checkout, Checkouts};
pub use commit::{Commit, Head};
pub use error::{CheckoutError, RepositoryError};
pub use repository::Repository;
pub use room::Room;
pub use turn::Turn;
