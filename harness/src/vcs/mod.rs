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
//!   build/source/       the files of the side that was built last: all sides are built here, one after the other
//!   build/target/       cargo's target folder: what two sides share is built once
//!   build/links/        inputs of the links of programs that are timed (see `links`)
//!   runners/            programs that the benches of a lock file start
//!   copies/             programs that are being timed, removed afterwards
//!   time.lock           held while time is measured, and for a whole gate, so that two harnesses do not measure each other
//!   time.next.lock      held by the one that waits for it
//!   build.lock          held while sources are unpacked and built; cargo holds it too, as its standard input
//!   COMMIT-KEY/         one revision under one toolchain and one set of flags
//!     lock              shared by whoever uses the revision, exclusive for whoever removes it
//!     source/           the revision's files
//!     ready             written when they are complete; without it they are unpacked again
//!     programs/CALL/    programs of one call of cargo, set aside: a second gate needs no cargo
//!   tree-KEY/           the same for files of the working tree, without their source
//! ```
//!
//! # Both sides are built alike
//! Two builds compare only if nothing but the sources differs. So base and head are built by the same call of cargo, in the same
//! folder, from the files that git knows of; programs of equal sources are then equal to the byte. The user's own target folder is
//! neither used nor touched. A program that reads a file of its sources while it runs, by an absolute path that was compiled into it,
//! finds the file of the side that was built last. Cargo's configuration in the checkout applies to all sides, because they are built
//! below it; a commit with other settings there is refused.
//!
//! The sources are written by `git read-tree` with an index file and a work tree of its own. `git worktree add` would leave an entry in
//! the user's `.git` whenever the harness is killed, and run hooks; `git archive` leaves out and rewrites what
//! `.gitattributes` says (`export-ignore`, `export-subst`), so that it may not build. This one leaves nothing in the
//! repository at all: no branch, worktree, index, stash or reflog of the user is read or written. What it costs is that the sources are no
//! checkout of their own: a build script that asks git there hears that there is no repository, as in a tarball, and whoever
//! records the base's revision takes it from [`Checkout::commit`], not from git.
//!
//! # No stale artefact is taken for another side's
//! Cargo takes an artefact for fresh if no source is newer. All building is one at a time, and a side's files are written only where
//! they differ from those of the last one (`mirror`), so that they are newer than whatever was built of the others. The lock is
//! also cargo's standard input: if the harness is killed, cargo fails at its next message because nobody reads it, and until then
//! the next gate waits.
//!
//! # Why programs of two calls are kept apart
//! Cargo gives what several programs of a call share the features that all of them ask for, so a probe that is built beside
//! the benches is another program than one that is built alone. The other side of a comparison is built in one call. What
//! was set aside therefore serves the list of programs again that it was built for, and no other; a revision has as many
//! as there are kinds of comparisons, and they go when it goes.

mod bases_folder;
mod build;
mod build_cache;
mod checkout;
mod clone;
mod disk_quota;
mod error;
mod git;
mod key;
mod links;
mod lock;
mod locked_run;
mod measuring_lock;
mod mirror;
mod repository;
mod slot;
#[cfg(test)]
mod tests;

pub use bases_folder::copies_folder;
pub use build::CargoOutput;
pub use checkout::{Checkout, Checkouts, WorkingTree};
pub use clone::{CloneError, Edit, ProjectClone};
pub use disk_quota::DiskQuota;
pub use error::{CheckoutError, RepositoryError};
pub use git::ELSEWHERE;
pub use measuring_lock::MeasuringLock;
pub use repository::Repository;
