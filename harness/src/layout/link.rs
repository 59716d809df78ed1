//! Links a program again with its functions in another order. Nothing is compiled.
//!
//! LLD can keep all inputs of a link in an archive (see `revision::links`), from which the program can be linked
//! again. `--shuffle-sections` then puts the sections in a random order (<https://lld.llvm.org/>); the compiler makes
//! one section for each function and each static. The contents of a section stay the same, so every function keeps
//! its instructions.

use std::fs::{self, File};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use flate2::read::GzDecoder;
use thiserror::Error;

use crate::file_error::{FileError, at};
use crate::process;

/// Time limit of one link.
const LIMIT: Duration = Duration::from_secs(120);

/// The file of the archive that contains the linker's arguments.
const ARGUMENTS: &str = "response.txt";

/// Name prefixes of the sections that are shuffled: code, constants and data. The order of other sections may matter,
/// such as those of functions that run before `main`.
const SHUFFLED: [&str; 4] = [".text", ".rodata", ".data", ".bss"];

/// A program that cannot be linked again.
#[derive(Debug, Error)]
pub enum LinkError {
    /// LLD is not installed.
    #[error("LLD is missing: the toolchain has no rust-lld, and PATH has no ld.lld")]
    NoLinker,
    /// The archive cannot be unpacked.
    #[error(transparent)]
    Archive(#[from] FileError),
    /// The archive does not contain a link.
    #[error("{0} contains no arguments of a linker")]
    Empty(PathBuf),
    /// The linker failed.
    #[error("the linker failed: {0}")]
    Failed(String),
}

/// The inputs of a program's link.
#[derive(Debug)]
pub struct Linker {
    /// The unpacked archive; removed when this is dropped.
    _folder: tempfile::TempDir,
    /// The folder of the archive that contains the arguments. Paths in them are relative to it.
    root: PathBuf,
    program: PathBuf,
}

impl Linker {
    /// Unpacks the archive of a link below a folder.
    ///
    /// # Errors
    /// If there is no LLD, or the archive is not a complete archive of a link.
    pub fn open(archive: &Path, below: &Path) -> Result<Self, LinkError> {
        let program = lld().ok_or(LinkError::NoLinker)?.to_owned();
        let folder = tempfile::Builder::new()
            .prefix("link-")
            .tempdir_in(below)
            .map_err(at("unpack", archive))?;
        let file = File::open(archive).map_err(at("unpack", archive))?;
        tar::Archive::new(GzDecoder::new(BufReader::new(file)))
            .unpack(folder.path())
            .map_err(at("unpack", archive))?;
        let roots = fs::read_dir(folder.path()).map_err(at("unpack", archive))?;
        let root = roots
            .filter_map(|entry| Some(entry.ok()?.path()))
            .find(|path| path.join(ARGUMENTS).is_file());
        let root = root.ok_or_else(|| LinkError::Empty(archive.to_owned()))?;
        Ok(Self {
            _folder: folder,
            root,
            program,
        })
    }

    /// Links the program to a file, with its functions in the random order of a seed, or in the linker's own order.
    /// Symbols and debug information are omitted, because they are not loaded.
    ///
    /// # Errors
    /// If the linker fails.
    pub fn link(&self, order: Option<u32>, to: &Path) -> Result<(), LinkError> {
        let mut command = Command::new(&self.program);
        command.args([
            "-flavor",
            "gnu",
            &format!("@{ARGUMENTS}"),
            "--strip-all",
            "--threads=1",
        ]);
        if let Some(seed) = order {
            command.args(SHUFFLED.map(|section| format!("--shuffle-sections={section}*={seed}")));
        }
        command
            .arg("-o")
            .arg(to)
            .current_dir(&self.root)
            .stdin(Stdio::null())
            .stdout(Stdio::null());
        let output = process::output(command.env_remove("LLD_REPRODUCE"), LIMIT);
        let output = output.map_err(|error| LinkError::Failed(error.to_string()))?;
        match output.status.success() && to.is_file() {
            true => Ok(()),
            false => {
                let errors = String::from_utf8_lossy(&output.stderr);
                let line = errors
                    .lines()
                    .find(|line| line.contains("error"))
                    .unwrap_or("it wrote no program");
                Err(LinkError::Failed(line.trim().to_owned()))
            }
        }
    }
}

/// Returns LLD: the one of the Rust toolchain, or else that of the system.
fn lld() -> Option<&'static Path> {
    static FOUND: OnceLock<Option<PathBuf>> = OnceLock::new();
    FOUND.get_or_init(find).as_deref()
}

fn find() -> Option<PathBuf> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let query = |argument| process::text(Command::new(&rustc).arg(argument), LIMIT).ok();
    let of_toolchain = || {
        let version = query("-vV")?;
        let host = version
            .lines()
            .find_map(|line| line.strip_prefix("host: "))?;
        let path = Path::new(query("--print=sysroot")?.trim_end())
            .join("lib/rustlib")
            .join(host)
            .join("bin/rust-lld");
        path.is_file().then_some(path)
    };
    let of_system = || {
        let folders = std::env::var_os("PATH")?;
        std::env::split_paths(&folders)
            .map(|folder| folder.join("ld.lld"))
            .find(|path| path.is_file())
    };
    of_toolchain().or_else(of_system)
}
