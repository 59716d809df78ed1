//! Links a program again with its functions in another order. Nothing is compiled.
//!
//! LLD keeps everything that a link reads in an archive (see `revision::links`) and can be given that again. `--shuffle-sections`
//! then puts the sections, which the compiler makes one of for each function and each static, in a random order
//! (<https://lld.llvm.org/>). What a section holds stays the same, so every function keeps its instructions.

use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use flate2::read::GzDecoder;
use thiserror::Error;

use crate::process;

/// A link may take so long.
const LIMIT: Duration = Duration::from_secs(120);

/// The file of an archive that holds the linker's arguments.
const ARGUMENTS: &str = "response.txt";

/// Sections that are shuffled, by the beginnings of their names: code, constants and data. Others may be in an order that matters,
/// such as functions that run before `main`.
const SHUFFLED: [&str; 4] = [".text", ".rodata", ".data", ".bss"];

/// A program that cannot be linked again.
#[derive(Debug, Error)]
pub enum LinkError {
    /// There is no LLD.
    #[error("the toolchain has no rust-lld, and there is no ld.lld")]
    NoLinker,
    /// The archive cannot be unpacked.
    #[error("cannot unpack {path}: {source}")]
    Archive {
        /// The archive.
        path: PathBuf,
        /// The system's reason.
        source: io::Error,
    },
    /// The archive holds no link.
    #[error("{0} holds no arguments of a linker")]
    Empty(PathBuf),
    /// The linker fails.
    #[error("the linker failed: {0}")]
    Failed(String),
}

/// The inputs of a program's link.
#[derive(Debug)]
pub struct Linker {
    /// Holds the unpacked archive; removed with this.
    _folder: tempfile::TempDir,
    /// The folder in it that holds the arguments. Paths in them are relative to it.
    root: PathBuf,
    program: PathBuf,
}

impl Linker {
    /// Unpacks the archive of a link below a folder.
    ///
    /// # Errors
    /// If there is no linker, or the archive is no whole archive of a link.
    pub fn open(archive: &Path, below: &Path) -> Result<Self, LinkError> {
        let program = lld().ok_or(LinkError::NoLinker)?.to_owned();
        let failed = |source| LinkError::Archive { path: archive.to_owned(), source };
        let folder = tempfile::Builder::new().prefix("link-").tempdir_in(below).map_err(failed)?;
        let file = File::open(archive).map_err(failed)?;
        tar::Archive::new(GzDecoder::new(BufReader::new(file))).unpack(folder.path()).map_err(failed)?;
        let roots = fs::read_dir(folder.path()).map_err(failed)?;
        let root = roots.filter_map(|entry| Some(entry.ok()?.path())).find(|path| path.join(ARGUMENTS).is_file());
        let root = root.ok_or_else(|| LinkError::Empty(archive.to_owned()))?;
        Ok(Self { _folder: folder, root, program })
    }

    /// Writes the program to a file, with its functions in the order of a seed, or in the linker's own. Without symbols and debug
    /// information: they are not loaded.
    ///
    /// # Errors
    /// If the linker fails.
    pub fn link(&self, order: Option<u32>, to: &Path) -> Result<(), LinkError> {
        let mut command = Command::new(&self.program);
        command.args(["-flavor", "gnu", &format!("@{ARGUMENTS}"), "--strip-all", "--threads=1"]);
        if let Some(seed) = order {
            command.args(SHUFFLED.map(|section| format!("--shuffle-sections={section}*={seed}")));
        }
        command.arg("-o").arg(to).current_dir(&self.root).stdin(Stdio::null()).stdout(Stdio::null());
        let output = process::output(command.env_remove("LLD_REPRODUCE"), LIMIT);
        let output = output.map_err(|error| LinkError::Failed(error.to_string()))?;
        match output.status.success() && to.is_file() {
            true => Ok(()),
            false => {
                let said = String::from_utf8_lossy(&output.stderr);
                let line = said.lines().find(|line| line.contains("error")).unwrap_or("it wrote no program");
                Err(LinkError::Failed(line.trim().to_owned()))
            }
        }
    }
}

/// The linker that rustc brings, or that of the system.
fn lld() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find).as_deref()
}

fn find() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let ask = |arguments: &[&str]| {
        let output = process::output(Command::new(&rustc).args(arguments), LIMIT).ok()?;
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
    };
    let brought = || {
        let version = ask(&["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: "))?;
        let path = Path::new(&ask(&["--print=sysroot"])?).join("lib/rustlib").join(host).join("bin/rust-lld");
        path.is_file().then_some(path)
    };
    let of_system = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders).map(|folder| folder.join("ld.lld")).find(|path| path.is_file())
    };
    brought().or_else(of_system)
}
