//! The limit of the memory of measured programs: a change under test must not take the machine down.

use serde::Deserialize;

/// Fewest megabytes of a limit. Programs with less do not start.
const FEWEST: u64 = 16;

/// The largest amount of memory that a process of a measured program may allocate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(try_from = "Value")]
pub enum MemoryLimit {
    /// Three quarters of the machine's memory.
    #[default]
    Share,
    /// This many megabytes.
    Megabytes(u64),
    /// No limit.
    None,
}

/// The limit as `harness.toml` has it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Number(u64),
    Word(String),
}

impl TryFrom<Value> for MemoryLimit {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match value {
            Value::Number(megabytes) if megabytes >= FEWEST => Ok(Self::Megabytes(megabytes)),
            Value::Word(word) if word == "none" => Ok(Self::None),
            _ => Err(format!(
                "`memory_limit` is a number of megabytes, at least {FEWEST}, or \"none\""
            )),
        }
    }
}

impl MemoryLimit {
    /// The limit in bytes; none without one, or if the machine's memory is unknown.
    pub fn bytes(self) -> Option<u64> {
        match self {
            Self::Share => memory().map(|bytes| bytes / 4 * 3),
            Self::Megabytes(megabytes) => Some(megabytes.saturating_mul(1_000_000)),
            Self::None => None,
        }
    }
}

/// The memory of the machine, in bytes.
fn memory() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Deserialize)]
    struct File {
        memory_limit: MemoryLimit,
    }

    #[test]
    fn a_limit_is_a_number_of_megabytes_or_none() {
        let read = |text: &str| toml::from_str::<File>(&format!("memory_limit = {text}"));
        let limit = |text: &str| read(text).expect("valid").memory_limit.bytes();
        assert_eq!(limit("2000"), Some(2_000_000_000));
        assert_eq!(limit("'none'"), None);
        for wrong in ["0", "15", "-1", "'all'", "1.5", "[]"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
