//! The measured limits of a machine: read bandwidth and rate of floating-point operations. They bound every program, so a
//! figure can be compared with the best possible one.

use std::path::Path;

use serde::Deserialize;

use crate::FileError;
use crate::stored_file::FileKind;

/// Version of the file format.
const SCHEMA_VERSION: u32 = 1;

static KIND: FileKind = FileKind {
    mismatch: "has no limits of a machine",
    ..FileKind::new("the limits of the machine ", SCHEMA_VERSION)
};

/// Path of the file in the folder of records. It is in a folder of its own, because a report takes every file beside it for a
/// record.
pub const FILE: &str = "machine/roofline.json";

/// The measured limits of a machine.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MachineLimits {
    /// CPU model, as the system names it.
    pub cpu: String,
    /// Number of threads that measured.
    pub threads: u32,
    /// Instruction set that measured.
    pub isa: String,
    /// Bytes that all threads together read per second.
    pub read_bytes_per_second: f64,
    /// Floating-point operations that all threads together execute per second.
    pub flops_per_second: f64,
}

impl MachineLimits {
    /// Reads the limits from a file; none if the file does not exist.
    ///
    /// # Errors
    /// If the file cannot be read or is invalid.
    pub fn read(path: &Path) -> Result<Option<Self>, FileError> {
        let Some(text) = KIND.read_if_there(path)? else {
            return Ok(None);
        };
        let limits: Self = KIND.parse_json(&text, path)?;
        let rates = [limits.read_bytes_per_second, limits.flops_per_second];
        if rates.iter().any(|rate| !rate.is_finite() || *rate <= 0.0) {
            return Err(KIND.content(path, None, "both rates must be above zero".to_owned()));
        }
        Ok(Some(limits))
    }

    /// The least time for work that reads some bytes and executes some floating-point operations, in seconds. Method: the
    /// roofline model (Williams, Waterman and Patterson, 2009): reading and computing overlap at best.
    pub fn least_seconds(&self, bytes: f64, flops: f64) -> f64 {
        (bytes / self.read_bytes_per_second).max(flops / self.flops_per_second)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    const TEXT: &str = r#"{"schema":1,"cpu":"c","threads":2,"isa":"avx2","read_bytes_per_second":2e10,"flops_per_second":1e11}"#;

    fn read(text: &str) -> Result<Option<MachineLimits>, String> {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("roofline.json");
        fs::write(&path, text).expect("written");
        MachineLimits::read(&path).map_err(|error| error.to_string())
    }

    #[test]
    fn the_slower_resource_sets_the_least_time() {
        let limits = read(TEXT).expect("valid").expect("there");
        assert_eq!(limits.least_seconds(2e10, 1e9), 1.0);
        assert_eq!(limits.least_seconds(2e9, 3e11), 3.0);
    }

    #[test]
    fn invalid_limits_are_refused() {
        assert_eq!(
            MachineLimits::read(Path::new("/nowhere")).expect("none"),
            None
        );
        for (from, to) in [
            ("2e10", "0"),
            ("1e11", "-1"),
            ("\"schema\":1", "\"schema\":2"),
            ("\"cpu\"", "\"gpu\""),
        ] {
            assert!(read(&TEXT.replace(from, to)).is_err(), "{to}");
        }
    }
}
