//! Digests of definitions and answers.

use std::fmt::Write;

use serde_json::Value;
use sha2::{Digest, Sha256};

/// The first 64 bits of the SHA-256 of the value's JSON text, in hex. `serde_json` keeps the keys of an object sorted,
/// so the same value has the same text.
pub fn digest(value: &Value) -> String {
    let hash = Sha256::digest(value.to_string().as_bytes());
    hash.iter().take(8).fold(String::new(), |mut hex, byte| {
        write!(hex, "{byte:02x}").expect("a string takes all");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depends_on_the_value_and_not_on_the_order_of_keys() {
        assert_eq!(digest(&json!({"a": 1, "b": 2})), digest(&json!({"b": 2, "a": 1})));
        assert_ne!(digest(&json!({"a": 1, "b": 2})), digest(&json!({"a": 2, "b": 1})));
    }

    /// SHA-256 of `null`, as any sha256sum gives it.
    #[test]
    fn is_the_start_of_sha_256() {
        assert_eq!(digest(&Value::Null), "74234e98afe7498f");
    }
}
