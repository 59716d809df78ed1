//! Commands as a user would type them, for records and hints: by the name that really started this program.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// The command line as a user would type it again.
pub(super) fn command_line() -> String {
    typed(std::env::args_os().skip(1))
}

/// A command of this program, for a hint: `call("baseline save")`.
pub(super) fn call(words: &str) -> String {
    format!("{} {words}", name())
}

/// A command of this program with these arguments, with quotes where a shell needs them.
pub(super) fn typed(arguments: impl IntoIterator<Item = OsString>) -> String {
    let arguments = arguments.into_iter().map(|argument| quoted(&argument));
    std::iter::once(name())
        .chain(arguments)
        .collect::<Vec<_>>()
        .join(" ")
}

/// A word as a shell reads it, with quotes if it needs them. Bytes that are not UTF-8 are written as bash reads them:
/// `$'caf\xe9'`.
fn quoted(word: &OsStr) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+#~".contains(c);
    match word.to_str() {
        // The shell expands a leading tilde.
        Some(word) if !word.is_empty() && !word.starts_with('~') && word.chars().all(plain) => {
            word.to_owned()
        }
        Some(word) => format!("'{}'", word.replace('\'', r"'\''")),
        None => {
            let bytes = word.as_encoded_bytes().iter();
            let escaped = bytes.map(|&byte| match byte {
                b'\\' | b'\'' => format!("\\{}", char::from(byte)),
                b' '..=b'~' => char::from(byte).to_string(),
                _ => format!("\\x{byte:02x}"),
            });
            format!("$'{}'", escaped.collect::<String>())
        }
    }
}

/// The words that start this program: `cargo harness` only if `cargo run` started it where that alias exists.
fn name() -> String {
    // `cargo run` sets this variable to the package that it starts. Other programs of cargo pass on their own.
    let package = std::env::var_os("CARGO_MANIFEST_DIR");
    let is_run_by_cargo = package.is_some_and(|folder| folder == env!("CARGO_MANIFEST_DIR"));
    let here = std::env::current_dir().unwrap_or_default();
    if is_run_by_cargo && has_alias(&here) {
        return "cargo harness".to_owned();
    }
    let name = std::env::args_os().next();
    name.map_or("harness".to_owned(), |name| quoted(&name))
}

/// True if cargo knows the alias `harness` in this folder.
fn has_alias(folder: &Path) -> bool {
    let alias = |file: &Path| {
        let text = std::fs::read_to_string(file).ok()?;
        let table: toml::Table = text.parse().ok()?;
        table.get("alias")?.get("harness").map(drop)
    };
    folder
        .ancestors()
        .flat_map(|folder| ["config.toml", "config"].map(|name| folder.join(".cargo").join(name)))
        .any(|file| alias(&file).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_argument_is_quoted_only_where_a_shell_needs_it() {
        use std::os::unix::ffi::OsStrExt;
        let of = |text: &str| quoted(OsStr::new(text));
        assert_eq!(of("--filter=a/b"), "--filter=a/b");
        assert_eq!(of("kernel/*"), "'kernel/*'");
        assert_eq!(of("~x"), "'~x'");
        assert_eq!(of("it's"), r"'it'\''s'");
        let bytes = OsStr::from_bytes(b"caf\xe9 'x'");
        assert_eq!(quoted(bytes), r"$'caf\xe9 \'x\''");
    }

    #[test]
    fn the_alias_is_found_in_any_folder_above() {
        let folder = tempfile::tempdir().expect("a folder");
        let inner = folder.path().join("a/b");
        std::fs::create_dir_all(&inner).expect("made");
        assert!(!has_alias(&inner));
        std::fs::create_dir(folder.path().join(".cargo")).expect("made");
        let file = folder.path().join(".cargo/config.toml");
        std::fs::write(&file, "[alias]\nharness = 'run --'\n").expect("written");
        assert!(has_alias(&inner));
    }
}
