//! The origin of the crates that a measured package depends on.

use std::path::{Component, Path, PathBuf};

use thiserror::Error;
use toml_edit::{InlineTable, Value};

/// The origin of `harness-bench` and the drop-ins.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Source {
    /// That of the running harness.
    #[default]
    OfThisHarness,
    /// The folder `harness` of a checkout.
    Checkout(PathBuf),
    /// A git repository, by its address.
    Git(String),
    /// A registry, with the version of the running harness.
    Registry,
}

/// An origin that cannot be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SourceError {
    /// The checkout from which the harness was installed is gone.
    #[error(
        "the checkout that this harness was installed from is gone ({0}); name another checkout or a git address with \
         --harness-source"
    )]
    Gone(PathBuf),
    /// A folder is no checkout.
    #[error(
        "{0} is no checkout of the harness: it has no harness/bench/Cargo.toml; name the root of a checkout or a git \
         address"
    )]
    NoCheckout(PathBuf),
}

/// The folder of this package when it was compiled.
const COMPILED_IN: &str = env!("CARGO_MANIFEST_DIR");

impl Source {
    /// Parses the argument of `--harness-source`: a git address, or the root of a checkout.
    pub fn parse(text: &str) -> Self {
        let is_address = text.contains("://") || text.starts_with("git@") || text.ends_with(".git");
        match is_address {
            true => Self::Git(text.to_owned()),
            false => Self::Checkout(PathBuf::from(text)),
        }
    }

    /// Finds the folder of a checkout, or another origin that a manifest can name.
    ///
    /// # Errors
    /// If the folder is gone or no checkout.
    pub fn resolved(&self) -> Result<Self, SourceError> {
        match self {
            Self::OfThisHarness => of_this_harness(Path::new(COMPILED_IN)),
            Self::Checkout(root) => {
                let folder = [root.join("harness"), root.clone()]
                    .into_iter()
                    .find(|folder| is_harness(folder))
                    .ok_or_else(|| SourceError::NoCheckout(root.clone()))?;
                Ok(Self::Checkout(folder.canonicalize().unwrap_or(folder)))
            }
            other => Ok(other.clone()),
        }
    }

    /// The same origin as a manifest or a script in `folder` names it: a checkout by its path relative to that folder, so
    /// that the files also fit another machine on which both stand side by side. A checkout keeps its absolute path if a
    /// link leads to the folder, because cargo resolves `..` by the words of a path.
    pub(super) fn seen_from(&self, folder: &Path) -> Self {
        let Self::Checkout(checkout) = self else {
            return self.clone();
        };
        let real = (folder.canonicalize(), checkout.canonicalize());
        match real {
            (Ok(real), Ok(checkout)) if real == folder => {
                Self::Checkout(relative(&checkout, folder))
            }
            _ => self.clone(),
        }
    }

    /// The entry of a manifest for a package of the harness.
    pub(super) fn dependency(&self, package: &str) -> InlineTable {
        let mut table = InlineTable::new();
        table.insert("package", Value::from(package));
        match self {
            Self::Checkout(folder) => {
                let crate_folder = package.strip_prefix("harness-").unwrap_or(package);
                let path = folder.join(crate_folder);
                table.insert("path", Value::from(path.to_string_lossy().as_ref()));
            }
            Self::Git(address) => {
                table.insert("git", Value::from(address.as_str()));
            }
            Self::OfThisHarness | Self::Registry => {
                table.insert("version", Value::from(env!("CARGO_PKG_VERSION")));
            }
        }
        table
    }
}

/// The origin of a harness that was compiled in a folder: a checkout, or the sources of a registry.
fn of_this_harness(folder: &Path) -> Result<Source, SourceError> {
    let is_in_registry = folder
        .components()
        .any(|part| part.as_os_str() == "registry");
    match (is_harness(folder), is_in_registry) {
        (true, _) => Ok(Source::Checkout(folder.to_owned())),
        (false, true) => Ok(Source::Registry),
        (false, false) => Err(SourceError::Gone(folder.to_owned())),
    }
}

/// The path that leads from a folder to another, both absolute.
fn relative(to: &Path, from: &Path) -> PathBuf {
    let common = to.components().zip(from.components());
    let common = common.take_while(|(one, other)| one == other).count();
    let up = from.components().skip(common).map(|_| Component::ParentDir);
    up.chain(to.components().skip(common)).collect()
}

fn is_harness(folder: &Path) -> bool {
    folder.join("bench/Cargo.toml").is_file()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_git_and_everything_else_a_checkout() {
        for address in [
            "https://example.org/harness",
            "git@example.org:a/b",
            "x.git",
        ] {
            assert_eq!(Source::parse(address), Source::Git(address.to_owned()));
        }
        assert_eq!(Source::parse("../here"), Source::Checkout("../here".into()));
    }

    #[test]
    fn a_manifest_names_a_checkout_by_a_relative_path() {
        let folder = tempfile::tempdir().expect("a folder");
        let top = folder.path().canonicalize().expect("there");
        for name in ["h/harness", "crate/member"] {
            std::fs::create_dir_all(top.join(name)).expect("made");
        }
        let source = Source::Checkout(top.join("h/harness"));
        let seen = |folder: &str| source.seen_from(&top.join(folder));
        assert_eq!(seen("crate"), Source::Checkout("../h/harness".into()));
        assert_eq!(
            seen("crate/member"),
            Source::Checkout("../../h/harness".into())
        );
        assert_eq!(seen("h"), Source::Checkout("harness".into()));
        std::os::unix::fs::symlink(top.join("crate"), top.join("link")).expect("linked");
        assert_eq!(
            seen("link"),
            source,
            "cargo would resolve `..` to another folder"
        );
        let git = Source::Git("https://example.org/h".to_owned());
        assert_eq!(git.seen_from(&top), git);
    }

    #[test]
    fn a_checkout_is_named_by_its_root_or_its_folder_and_a_missing_one_is_an_error() {
        let checkout = tempfile::tempdir().expect("a folder");
        let bench = checkout.path().join("harness/bench");
        std::fs::create_dir_all(&bench).expect("made");
        std::fs::write(bench.join("Cargo.toml"), "").expect("written");
        let folder = checkout.path().join("harness");
        let folder = folder.canonicalize().expect("there");
        for named in [checkout.path(), folder.as_path()] {
            let source = Source::Checkout(named.to_owned()).resolved();
            assert_eq!(source, Ok(Source::Checkout(folder.clone())));
        }
        let nowhere = checkout.path().join("nowhere");
        assert!(Source::Checkout(nowhere.clone()).resolved().is_err());
        assert_eq!(
            of_this_harness(&nowhere),
            Err(SourceError::Gone(nowhere.clone()))
        );
        let packaged = nowhere.join("registry/src/harness-0.1.0");
        assert_eq!(of_this_harness(&packaged), Ok(Source::Registry));
    }
}
