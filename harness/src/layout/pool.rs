//! The programs of both sides that the pairs of a comparison start.

use std::panic::resume_unwind;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use harness_abtest::{Random, Side};
use harness_record::session::Layouts;
use itertools::Itertools;
use thiserror::Error;

use crate::file_error::FileError;
use crate::layout::copies::Folder;
use crate::layout::identical::identical;
use crate::layout::link::{LinkError, Linker};
use crate::programs::{Programs, with_program};
use crate::project::Program;

/// Number of layouts of each side. The average over 64 layouts has an eighth of the standard deviation of single
/// layouts. On a Xeon (family 6, model 167), the layouts of one program differ by 0.2 to 0.6 % in kernels, so the
/// average of a side is off by 0.03 to 0.07 %. The smallest effect that is reported is 0.5 %.
pub const MOST_LAYOUTS: usize = 64;

/// Time limit of linking, once there are [`FEWEST_LAYOUTS`].
const LINKING: Duration = Duration::from_secs(20);

/// Smallest number of layouts, for programs that take long to link.
const FEWEST_LAYOUTS: usize = 16;

/// Number of copies of a program that cannot be linked again. Each copy has another place in the page cache.
const COPIES: usize = 8;

/// Error of making the copies. It ends the comparison: a fallback to one layout would make a gate more lenient.
#[derive(Debug, Error)]
pub enum PoolError {
    /// A file cannot be written.
    #[error(transparent)]
    Copy(#[from] FileError),
    /// A program was linked again once and cannot be linked in another order: the side, and the linker's reason.
    #[error("the {0} cannot be linked in another order: {1}")]
    Shuffle(&'static str, #[source] LinkError),
}

/// A reason why only one layout of each side is compared.
#[derive(Debug, Error)]
pub enum Unaveraged {
    /// The program is not built by cargo.
    #[error("the probe is a command, not a package of the workspace")]
    Command,
    /// The inputs of the link were not kept.
    #[error(
        "the inputs of the {0}'s link were not kept: its linker is not LLD, or RUSTC_WORKSPACE_WRAPPER is set"
    )]
    NotKept(&'static str),
    /// The program cannot be linked again.
    #[error("the {0} cannot be linked again: {1}")]
    Link(&'static str, LinkError),
    /// Linking again gives a different program.
    #[error("linking the {0} again gives a different program")]
    Differs(&'static str),
    /// A program cannot be read.
    #[error(transparent)]
    Unreadable(#[from] FileError),
}

/// The copies of one side.
#[derive(Debug)]
pub struct Pool {
    command: Command,
    /// Empty if the program is started from its original place.
    files: Vec<PathBuf>,
}

impl Pool {
    /// Returns a command that starts the copy of this number, modulo the number of copies.
    pub fn command(&self, number: usize) -> Command {
        let own = Path::new(self.command.get_program());
        let program = self
            .files
            .get(number % self.files.len().max(1))
            .map_or(own, PathBuf::as_path);
        with_program(&self.command, program)
    }
}

/// A probe of one side that is timed.
#[derive(Debug, Clone, Copy)]
pub struct Timed<'a> {
    /// The programs of the side.
    pub programs: &'a Programs,
    /// The probe among them.
    pub probe: &'a Program,
}

impl Timed<'_> {
    /// True if two probes are [identical programs](identical). Commands never are: they may start anything.
    ///
    /// # Errors
    /// If a program cannot be read.
    pub fn is_identical(&self, other: &Self) -> Result<bool, FileError> {
        match (self.file(), other.file()) {
            (Some(one), Some(other)) => identical(one, other),
            _ => Ok(false),
        }
    }

    fn file(&self) -> Option<&Path> {
        self.programs.file(self.probe)
    }
}

/// The copies of one probe of both sides, made in the same way. They are removed when this is dropped.
#[derive(Debug)]
pub struct Pools {
    /// Of the base and of the head.
    pools: [Pool; 2],
    layouts: Layouts,
    _folder: Option<Folder>,
}

impl Pools {
    /// Makes the copies in a new folder within `among`. The random layouts are drawn from `seed`.
    ///
    /// # Errors
    /// If the copies cannot be written or linked.
    pub fn make(
        among: &Path,
        base: &Timed<'_>,
        head: &Timed<'_>,
        seed: u64,
    ) -> Result<Self, PoolError> {
        let pool = |side: &Timed<'_>, files| Pool {
            command: side.programs.command(side.probe),
            files,
        };
        let (Some(base_file), Some(head_file)) = (base.file(), head.file()) else {
            let layouts = Layouts::Single(Unaveraged::Command.to_string());
            return Ok(Self {
                pools: [pool(base, Vec::new()), pool(head, Vec::new())],
                layouts,
                _folder: None,
            });
        };
        let folder = Folder::make(among)?;
        let linked = link(&folder, base, Side::Base).and_then(|base| {
            Ok([
                (Side::Base, base),
                (Side::Head, link(&folder, head, Side::Head)?),
            ])
        });
        let ([base_files, head_files], layouts) = match linked {
            Ok(linkers) => {
                let files = shuffle(&folder, &linkers, seed)?;
                let count = files[0].len();
                (files, Layouts::Averaged(count))
            }
            Err(why) => {
                let mut files = [Vec::new(), Vec::new()];
                // In turn, so that neither side is written before the other.
                for number in 0..COPIES {
                    files[0].push(folder.copy(base_file, &name(Side::Base, number))?);
                    files[1].push(folder.copy(head_file, &name(Side::Head, number))?);
                }
                (files, Layouts::Single(why.to_string()))
            }
        };
        Ok(Self {
            pools: [pool(base, base_files), pool(head, head_files)],
            layouts,
            _folder: Some(folder),
        })
    }

    /// The treatment of layouts in this comparison.
    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    /// Returns the copies of a side.
    pub fn side(&self, side: Side) -> &Pool {
        &self.pools[side as usize]
    }

    /// Returns the number of copies that the smaller of two sides has.
    pub(super) fn copies(&self, base: Side, head: Side) -> usize {
        let count = |side| self.side(side).files.len();
        count(base).min(count(head)).max(1)
    }
}

/// Returns the file name of a copy. All names have equal length, because the name of a program is on its stack and so
/// shifts it.
fn name(side: Side, number: usize) -> String {
    format!("{}-{number:03}", side.name())
}

/// Opens the link of a side, and verifies that linking again gives the program that was built.
fn link(folder: &Folder, side: &Timed<'_>, which: Side) -> Result<Linker, Unaveraged> {
    let which = which.name();
    let archive = side
        .programs
        .link(side.probe)
        .ok_or(Unaveraged::NotKept(which))?;
    let linker =
        Linker::open(archive, folder.path()).map_err(|error| Unaveraged::Link(which, error))?;
    let again = folder.path().join("again");
    linker
        .link(None, &again)
        .map_err(|error| Unaveraged::Link(which, error))?;
    match side.file() {
        Some(program) if identical(program, &again)? => Ok(linker),
        _ => Err(Unaveraged::Differs(which)),
    }
}

/// Links both sides in random orders, each in its own, until there are [`MOST_LAYOUTS`] or the time limit is reached.
fn shuffle(
    folder: &Folder,
    linkers: &[(Side, Linker); 2],
    seed: u64,
) -> Result<[Vec<PathBuf>; 2], PoolError> {
    let mut random = Random::new(seed);
    let mut order = || 1 + random.below(u32::MAX as usize - 1) as u32;
    let orders = (0..MOST_LAYOUTS).map(|_| [order(), order()]).collect_vec();
    let link = &|number: usize| {
        let files = [Side::Base, Side::Head].map(|side| folder.path().join(name(side, number)));
        for (((side, linker), order), file) in linkers.iter().zip(orders[number]).zip(&files) {
            let failed = |source| PoolError::Shuffle(side.name(), source);
            linker.link(Some(order), file).map_err(failed)?;
        }
        Ok(files)
    };
    let (began, mut made) = (Instant::now(), Vec::new());
    let processors = thread::available_parallelism().map_or(1, usize::from);
    while made.len() < MOST_LAYOUTS && (made.len() < FEWEST_LAYOUTS || began.elapsed() <= LINKING) {
        let numbers = made.len()..MOST_LAYOUTS.min(made.len() + processors);
        let linked: Result<Vec<_>, PoolError> = thread::scope(|scope| {
            let threads = numbers
                .map(|number| scope.spawn(move || link(number)))
                .collect_vec();
            threads
                .into_iter()
                .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)))
                .collect()
        });
        made.extend(linked?);
    }
    let (base, head) = made.into_iter().map(|[base, head]| (base, head)).unzip();
    Ok([base, head])
}
