//! The programs that the pairs of a comparison are started from.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use thiserror::Error;

use super::copies::{CopyError, Folder};
use super::identical::{Unreadable, identical};
use super::link::{LinkError, Linker};
use crate::gate::Layouts;
use crate::paired::{Side, Sides};
use crate::programs::Programs;
use crate::project::Program;
use crate::statistics::Random;

/// Layouts of each side. With so many the average over the layouts of a side is off by an eighth of what single layouts differ by
/// (standard deviations): on a Xeon (family 6, model 167) kernels of one program differ by 0.2 to 0.6 % from layout to layout,
/// so by 0.03 to 0.07 % on average over 64, where 0.5 % is the smallest effect that is reported.
pub const MOST_LAYOUTS: usize = 64;

/// Linking ends after this, if [`FEWEST_LAYOUTS`] are there.
const LINKING: Duration = Duration::from_secs(20);

/// A large program has at least so many layouts.
const FEWEST_LAYOUTS: usize = 16;

/// Copies of a program that cannot be linked again: each lies elsewhere in the page cache.
const COPIES: usize = 8;

/// Copies that cannot be made. Nothing can be compared then: a gate that fell back to one layout would be more lenient.
#[derive(Debug, Error)]
pub enum PoolError {
    /// A file cannot be written.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// A program that was linked again once cannot be linked in another order.
    #[error("the {side} cannot be linked in another order: {source}")]
    Shuffle {
        /// The side.
        side: &'static str,
        /// The linker's reason.
        source: LinkError,
    },
}

/// A reason why only one layout of each side is compared.
#[derive(Debug, Error)]
pub enum Unaveraged {
    /// The program is not built by cargo.
    #[error("the probe is a command, not a package of the workspace")]
    Command,
    /// The linker kept nothing.
    #[error("the inputs of the {0}'s link were not kept: its linker is not LLD, or RUSTC_WORKSPACE_WRAPPER is set")]
    NotKept(&'static str),
    /// The program cannot be linked again.
    #[error("the {0} cannot be linked again: {1}")]
    Link(&'static str, LinkError),
    /// Linking again makes another program.
    #[error("linking the {0} again makes another program")]
    Differs(&'static str),
    /// A program cannot be read.
    #[error(transparent)]
    Unreadable(#[from] Unreadable),
}

/// The copies of one side.
#[derive(Debug)]
pub struct Pool {
    command: Command,
    /// None where the program is started where it is.
    files: Vec<PathBuf>,
}

impl Pool {
    /// A command that starts a copy. Beyond the last one the numbers begin again.
    pub fn command(&self, number: usize) -> Command {
        let own = Path::new(self.command.get_program());
        let program = self.files.get(number % self.files.len().max(1)).map_or(own, PathBuf::as_path);
        let mut command = Command::new(program);
        command.args(self.command.get_args());
        for (name, value) in self.command.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        if let Some(folder) = self.command.get_current_dir() {
            command.current_dir(folder);
        }
        command
    }
}

/// A side whose probe is to be timed.
#[derive(Debug, Clone, Copy)]
pub struct Timed<'a> {
    /// Its programs.
    pub programs: &'a Programs,
    /// The probe among them.
    pub probe: &'a Program,
}

impl Timed<'_> {
    /// True if two probes are the same to the processor. Commands never are: they may start anything.
    ///
    /// # Errors
    /// If a program cannot be read.
    pub fn is_identical(&self, other: &Self) -> Result<bool, Unreadable> {
        match (self.file(), other.file()) {
            (Some(one), Some(other)) => identical(one, other),
            _ => Ok(false),
        }
    }

    fn file(&self) -> Option<&Path> {
        self.programs.file(self.probe)
    }
}

/// The copies of both sides, made and treated alike. They are removed with this.
#[derive(Debug)]
pub struct Pools {
    base: Pool,
    head: Pool,
    layouts: Layouts,
    _folder: Option<Folder>,
}

impl Pools {
    /// Makes the copies in a folder of their own among others. The random layouts are drawn from `seed`.
    ///
    /// # Errors
    /// If the copies cannot be written or linked.
    pub fn make(among: &Path, base: &Timed<'_>, head: &Timed<'_>, seed: u64) -> Result<Self, PoolError> {
        let pool = |side: &Timed<'_>, files| Pool { command: side.programs.command(side.probe), files };
        let (Some(base_file), Some(head_file)) = (base.file(), head.file()) else {
            let layouts = Layouts::Single(Unaveraged::Command.to_string());
            return Ok(Self { base: pool(base, Vec::new()), head: pool(head, Vec::new()), layouts, _folder: None });
        };
        let folder = Folder::make(among)?;
        let linked = link(&folder, base, Side::Base)
            .and_then(|base| Ok([(Side::Base, base), (Side::Head, link(&folder, head, Side::Head)?)]));
        let ([base_files, head_files], layouts) = match linked {
            Ok(linkers) => {
                let files = shuffle(&folder, &linkers, seed)?;
                let count = files[0].len();
                (files, Layouts::Averaged(count))
            }
            Err(why) => {
                let mut files = [Vec::new(), Vec::new()];
                // By turns, so that neither side is written before the other.
                for number in 0..COPIES {
                    files[0].push(folder.copy(base_file, &name(Side::Base, number))?);
                    files[1].push(folder.copy(head_file, &name(Side::Head, number))?);
                }
                (files, Layouts::Single(why.to_string()))
            }
        };
        Ok(Self { base: pool(base, base_files), head: pool(head, head_files), layouts, _folder: Some(folder) })
    }

    /// Treatment of the layouts.
    pub fn layouts(&self) -> &Layouts {
        &self.layouts
    }

    /// The copies of a side.
    pub fn side(&self, side: Side) -> &Pool {
        match side {
            Side::Base => &self.base,
            Side::Head => &self.head,
        }
    }

    /// Lets `measure` start copies of one side as the base and of another, or of the same, as the head.
    pub fn between<R>(&self, base: Side, head: Side, measure: impl FnOnce(&Sides<'_>) -> R) -> R {
        let (base, head) = (self.side(base), self.side(head));
        let copies = base.files.len().min(head.files.len()).max(1);
        measure(&Sides { base: &|number| base.command(number), head: &|number| head.command(number), copies })
    }
}

/// The file name of a copy. All are equally long, because the name of a program lies on its stack.
fn name(side: Side, number: usize) -> String {
    format!("{}-{number:03}", side.name())
}

/// Opens the link of a side, and makes sure that it makes the program that was built.
fn link(folder: &Folder, side: &Timed<'_>, which: Side) -> Result<Linker, Unaveraged> {
    let which = which.name();
    let archive = side.programs.link(side.probe).ok_or(Unaveraged::NotKept(which))?;
    let linker = Linker::open(archive, folder.path()).map_err(|error| Unaveraged::Link(which, error))?;
    let again = folder.path().join("again");
    linker.link(None, &again).map_err(|error| Unaveraged::Link(which, error))?;
    match side.file() {
        Some(program) if identical(program, &again)? => Ok(linker),
        _ => Err(Unaveraged::Differs(which)),
    }
}

/// Links both sides in random orders, each in its own, until there are enough or it takes too long.
fn shuffle(folder: &Folder, linkers: &[(Side, Linker); 2], seed: u64) -> Result<[Vec<PathBuf>; 2], PoolError> {
    let mut random = Random::new(seed);
    let orders: Vec<[u32; 2]> =
        (0..MOST_LAYOUTS).map(|_| [(); 2].map(|()| 1 + random.below(u32::MAX as usize - 1) as u32)).collect();
    let (began, next, failure) = (Instant::now(), AtomicUsize::new(0), Mutex::new(None));
    let made = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                loop {
                    // A number that was taken is linked, so that those that are there have no gap.
                    if next.load(Ordering::Relaxed) >= FEWEST_LAYOUTS && began.elapsed() > LINKING {
                        return;
                    }
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let Some(seeds) = orders.get(number) else { return };
                    for ((side, linker), &seed) in linkers.iter().zip(seeds) {
                        if let Err(error) = linker.link(Some(seed), &folder.path().join(name(*side, number))) {
                            // Nobody panics with the lock in hand; a poisoned one holds what it held.
                            let mut failure = failure.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                            failure.get_or_insert(PoolError::Shuffle { side: side.name(), source: error });
                            next.store(MOST_LAYOUTS, Ordering::Relaxed);
                            return;
                        }
                    }
                    made.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    if let Some(failure) = failure.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner) {
        return Err(failure);
    }
    let count = made.load(Ordering::Relaxed);
    Ok([Side::Base, Side::Head].map(|side| (0..count).map(|number| folder.path().join(name(side, number))).collect()))
}
