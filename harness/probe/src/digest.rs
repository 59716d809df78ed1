//! Digests of definitions and answers.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use hmac_sha256::Hash;
use serde_json::Value;

/// Returns the first 64 bits of the SHA-256 of the value's JSON text, in hex. `serde_json` sorts the keys of an object, so
/// equal values have equal texts.
pub fn digest(value: &Value) -> String {
    first_bits(Hash::hash(value.to_string().as_bytes()))
}

/// Returns the first 64 bits of the SHA-256 of the lengths and contents of files, in hex. It defines a workload that
/// reads files.
///
/// # Errors
/// If one of them cannot be read.
pub fn digest_of_files<P: AsRef<Path>>(paths: &[P]) -> io::Result<String> {
    let mut hash = Hash::new();
    for path in paths {
        let file = File::open(path)?;
        // The length makes a digest depend on the file that each byte belongs to.
        hash.update(file.metadata()?.len().to_le_bytes());
        let mut file = BufReader::with_capacity(1 << 16, file);
        loop {
            let part = file.fill_buf()?;
            if part.is_empty() {
                break;
            }
            hash.update(part);
            let length = part.len();
            file.consume(length);
        }
    }
    Ok(first_bits(hash.finalize()))
}

fn first_bits(hash: impl IntoIterator<Item = u8>) -> String {
    hash.into_iter()
        .take(8)
        .fold(String::new(), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("writing to a string cannot fail");
            hex
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn depends_on_the_value_and_not_on_the_order_of_keys() {
        assert_eq!(
            digest(&json!({"a": 1, "b": 2})),
            digest(&json!({"b": 2, "a": 1}))
        );
        assert_ne!(
            digest(&json!({"a": 1, "b": 2})),
            digest(&json!({"a": 2, "b": 1}))
        );
    }

    /// The expected value is the output of `printf null | sha256sum`.
    #[test]
    fn is_the_start_of_sha_256() {
        assert_eq!(digest(&Value::Null), "74234e98afe7498f");
    }

    #[test]
    fn of_files_depends_on_their_bytes_and_their_ends() {
        let folder = std::env::temp_dir().join(format!("harness-digest-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder");
        let digest_of = |contents: [&str; 2]| {
            let paths = [folder.join("a"), folder.join("b")];
            for (path, content) in paths.iter().zip(contents) {
                std::fs::write(path, content).expect("written");
            }
            digest_of_files(&paths).expect("readable")
        };
        let one = digest_of(["ab", "c"]);
        assert_eq!(one, digest_of(["ab", "c"]));
        assert_ne!(one, digest_of(["a", "bc"]));
        assert_ne!(one, digest_of(["ab", "d"]));
        assert!(digest_of_files(&[folder.join("missing")]).is_err());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
