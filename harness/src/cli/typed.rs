//! Commands as a user would type them, for records and hints: by the name that really started this program.

use std::path::Path;

/// The command line as a user would type it again.
pub(super) fn command_line() -> String {
    typed(
        std::env::args_os()
            .skip(1)
            .map(|one| one.to_string_lossy().into_owned()),
    )
}

/// A command of this program, for a hint: `call("baseline save")`.
pub(super) fn call(words: &str) -> String {
    format!("{} {words}", name())
}

/// A command of this program with these arguments, with quotes where a shell needs them.
pub(super) fn typed(arguments: impl IntoIterator<Item = String>) -> String {
    std::iter::once(name())
        .chain(arguments.into_iter().map(quoted))
        .collect::<Vec<_>>()
        .join(" ")
}

fn quoted(argument: String) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./,:=@%+#~".contains(c);
    // The shell expands a leading tilde.
    let is_plain =
        argument.chars().all(plain) && !argument.is_empty() && !argument.starts_with('~');
    match is_plain {
        true => argument,
        false => format!("'{}'", argument.replace('\'', r"'\''")),
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
    name.map_or("harness".to_owned(), |name| {
        quoted(name.to_string_lossy().into_owned())
    })
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
        let of = |text: &str| quoted(text.to_owned());
        assert_eq!(of("--filter=a/b"), "--filter=a/b");
        assert_eq!(of("kernel/*"), "'kernel/*'");
        assert_eq!(of("~x"), "'~x'");
        assert_eq!(of("it's"), r"'it'\''s'");
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
