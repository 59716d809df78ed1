//! Builds what measures, and tells whether it is what was built before.

use std::fs;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::child;
use crate::measure::{MeasureError, needed};
use crate::programs::{ProgramError, Programs};
use crate::project::{Program, Project};
use crate::record::Instrument;

/// Programs that were just built.
#[derive(Debug)]
pub struct Built {
    /// The programs.
    pub programs: Programs,
    /// How long it took.
    pub took: Duration,
    /// What the programs are made of, to the byte; none where it cannot be known, because one of them is a command.
    pub digest: Option<[u8; 32]>,
}

/// Builds, incrementally, the programs that these instruments need.
///
/// # Errors
/// If cargo is missing or the build fails.
pub fn build(project: &Project, instruments: &[Instrument], quiet: bool) -> Result<Built, MeasureError> {
    let wanted = needed(&project.config, instruments);
    let began = Instant::now();
    let programs = Programs::build_incrementally(project, &wanted, quiet)
        .map_err(|error| if child::stopped() { MeasureError::Interrupted } else { error.into() })?;
    let took = began.elapsed();
    let is_known = !wanted.iter().any(|program| matches!(program, Program::Command(_)));
    let digest = is_known.then(|| digest(&programs)).transpose()?;
    Ok(Built { programs, took, digest })
}

fn digest(programs: &Programs) -> Result<[u8; 32], ProgramError> {
    let mut digest = Sha256::new();
    for path in programs.files() {
        let content = fs::read(path).map_err(|_| ProgramError::Missing(path.display().to_string()))?;
        digest.update(content.len().to_le_bytes());
        digest.update(content);
    }
    Ok(digest.finalize().into())
}
