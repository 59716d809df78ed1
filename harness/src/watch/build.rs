//! Builds the programs that measure, with a digest that shows if they changed.

use std::fs;
use std::time::{Duration, Instant};

use harness_probe::Instrument;
use sha2::{Digest, Sha256};

use crate::collect::{MeasureError, needed};
use crate::command;
use crate::process;
use crate::programs::{ProgramError, Programs};
use crate::project::{Program, Project};

/// Programs that were just built.
#[derive(Debug)]
pub struct Built {
    /// The programs.
    pub programs: Programs,
    /// Duration of the build.
    pub took: Duration,
    /// Digest of the programs' bytes; none if one of them is a command, whose files are unknown.
    pub digest: Option<[u8; 32]>,
}

/// Builds, incrementally, the programs that these instruments need.
///
/// # Errors
/// If cargo is missing or the build fails.
pub fn build(
    project: &Project,
    instruments: &[Instrument],
    quiet: bool,
) -> Result<Built, MeasureError> {
    let wanted = needed(&project.config, instruments);
    let began = Instant::now();
    let programs = Programs::build_incrementally(project, &wanted, quiet).map_err(|error| {
        if process::stopped() {
            MeasureError::Interrupted
        } else {
            error.into()
        }
    })?;
    command::build(project.config.commands(), &project.root, &|_| ())?;
    let took = began.elapsed();
    let is_known = !wanted
        .iter()
        .any(|program| matches!(program, Program::Command(_) | Program::Commands { .. }));
    let digest = is_known.then(|| digest(&programs)).transpose()?;
    Ok(Built {
        programs,
        took,
        digest,
    })
}

fn digest(programs: &Programs) -> Result<[u8; 32], ProgramError> {
    let mut digest = Sha256::new();
    for path in programs.files() {
        let content =
            fs::read(path).map_err(|_| ProgramError::Missing(path.display().to_string()))?;
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    Ok(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// A workspace whose probe is one file.
    fn workspace(root: &Path) -> Project {
        let write = |name: &str, text: &str| {
            let path = root.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        };
        write(
            "Cargo.toml",
            "[workspace]\nmembers = ['suite']\nresolver = '3'\n",
        );
        let manifest = "[package]\nname = 'suite'\nversion = '0.1.0'\n[[bin]]\nname = 'probe'\npath = 'probe.rs'\n";
        write("suite/Cargo.toml", manifest);
        Project {
            root: root.to_owned(),
            config: toml::from_str("probe = { bin = { package = 'suite', name = 'probe' } }")
                .expect("valid"),
        }
    }

    #[test]
    fn programs_are_identified_by_their_bytes() {
        let folder = tempfile::tempdir().expect("a folder");
        let project = workspace(folder.path());
        let built = |source: &str| {
            fs::write(folder.path().join("suite/probe.rs"), source).expect("written");
            // Newer than the files of the previous build.
            let later = std::time::SystemTime::now() + Duration::from_secs(2);
            let file = fs::File::options()
                .append(true)
                .open(folder.path().join("suite/probe.rs"))
                .expect("there");
            file.set_modified(later).expect("set");
            build(&project, &[], true)
        };
        let digest = |source: &str| {
            built(source)
                .expect("it builds")
                .digest
                .expect("all of it is built")
        };
        let first = digest("fn main() { println!(\"one\") }\n");
        assert_eq!(
            digest("fn main() { println!(\"one\") }\n// And a word.\n"),
            first
        );
        assert!(matches!(
            built("fn main() {"),
            Err(MeasureError::Program(ProgramError::Build(_)))
        ));
        assert_ne!(digest("fn main() { println!(\"two\") }\n"), first);
    }

    #[test]
    fn a_command_has_no_digest() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut project = workspace(folder.path());
        project.config = toml::from_str("probe = { command = ['true'] }").expect("valid");
        assert_eq!(
            build(&project, &[], true).expect("nothing to build").digest,
            None
        );
    }
}
