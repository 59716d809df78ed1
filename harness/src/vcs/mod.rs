//! Builds the programs of another revision: a comparison measures the base's programs, built from the base's own
//! sources.
//!
//! A revision is unpacked into a folder of its own, configured by its own `harness.toml`, and built with the toolchain,
//! flags and environment of the checkout that is judged. [`Repository`] looks up commits. [`Checkouts`] keeps their
//! sources and programs. A [`Checkout`] is one of them; no other harness removes it while the value lives.
//!
//! # Folder and files
//! Everything lies in `target/harness-bases/` of the project. The folder has a `.gitignore` of its own, and
//! `cargo clean` removes it. It is not in the user's cache folder because cargo reads configuration from the folders
//! above the sources: below the project it finds the same `.cargo/config.toml` files outside the repository as the head
//! does.
//!
//! ```text
//! target/harness-bases/
//!   build/source/       the files of the side that was built last: all sides are built here, one after the other
//!   build/target/       cargo's target folder: what two sides share is built once
//!   build/links/        inputs of the links of programs that are timed (see `links`)
//!   runners/            programs that benches start, one folder for each `Cargo.lock`
//!   copies/             programs that are being timed, removed afterwards
//!   time.lock           held while time is measured, and during a whole gate: two harnesses would disturb each other
//!   time.next.lock      held by the process that waits for `time.lock`
//!   build.lock          held while sources are unpacked and built; cargo inherits it as its standard input
//!   COMMIT-KEY/         one revision under one toolchain and one set of flags
//!     lock              shared by all users of the revision, exclusive for its removal
//!     source/           the revision's files
//!     ready             written once the source is complete; without it, the source is unpacked again
//!     programs/CALL/    stored programs of one call of cargo: a second gate needs no cargo
//!   tree-KEY/           the same for files of the working tree, without their source
//! ```
//!
//! # Both sides are built alike
//! Two builds compare only if nothing but the sources differs. So base and head are built by the same call of cargo, in
//! the same folder, from the files that git knows of. Programs of equal sources are then equal to the byte. The user's
//! own target folder is neither used nor touched. Two limitations follow:
//! - A program that reads one of its source files at run time, by an absolute path that was compiled in, finds the file
//!   of the side that was built last.
//! - Cargo's configuration in the checkout applies to all sides, because they are built below it. A commit with other
//!   settings is refused.
//!
//! `git read-tree` writes the sources, with an index file and a work tree of its own. `git worktree add` would run
//! hooks, and leave an entry in the user's `.git` whenever the harness is killed. `git archive` omits and rewrites
//! files according to `.gitattributes` (`export-ignore`, `export-subst`), so that the result may not build. This use of
//! `read-tree` reads and writes no branch, worktree, index, stash or reflog of the user. The price: the sources are no
//! git checkout. A build script that runs git there finds no repository, as in a tarball, and the base's revision is
//! recorded from [`Checkout::commit`].
//!
//! # No stale artefacts of the other side
//! Cargo considers an artefact fresh if no source is newer. Builds run one at a time, and a side's files are written
//! only where they differ from those of the previous side (`mirror`), so that they are newer than everything built
//! before. The lock is also cargo's standard input: if the harness is killed, cargo fails at its next message because
//! nobody reads it, and until then the next gate waits.
//!
//! # Programs of different calls are stored apart
//! Cargo unifies features within one call: a shared dependency gets all features that any program of the call requests.
//! So a probe that is built together with the benches differs from a probe that is built alone. A comparison builds
//! each side in one call. Stored programs are therefore reused only for the same list of programs. A revision has as
//! many such sets as there are kinds of comparisons, and they are removed with it.

mod bases_folder;
mod benches;
mod build;
mod build_cache;
mod changes;
mod checkout;
mod clone;
mod disk_quota;
mod error;
mod git;
mod key;
mod links;
mod lock;
mod mirror;
mod repository;
mod revision_of;
mod slot;
#[cfg(test)]
mod tests;

pub use bases_folder::copies_folder;
pub use build::CargoOutput;
pub(crate) use changes::changes;
pub use checkout::{Checkout, Checkouts, WorkingTree};
pub use clone::{CloneError, Edit, ProjectClone};
pub use error::{CheckoutError, RepositoryError};
pub use git::ELSEWHERE;
pub(crate) use git::files_in;
pub use lock::MeasuringLock;
pub use repository::Repository;
pub(crate) use revision_of::{FolderRevision, revision_of};
