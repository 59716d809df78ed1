//! The executables that cargo produced.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use cargo_metadata::Message;

use super::Target;

/// An executable that cargo produced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Executable {
    /// The target of cargo.
    pub(crate) target: Target,
    /// Path of the executable.
    pub(crate) file: PathBuf,
    /// The archive with its linker inputs, if there is one.
    pub(crate) link: Option<PathBuf>,
}

/// Extracts the executables from the JSON messages of a call of cargo for targets with these features.
pub(crate) fn executables(messages: &[u8], features: &[String]) -> Vec<Executable> {
    let artifact = |message| match message {
        Message::CompilerArtifact(artifact) => Some(artifact),
        _ => None,
    };
    let artifacts = Message::parse_stream(messages).filter_map(|message| artifact(message.ok()?));
    let made = artifacts.filter_map(|artifact| {
        let target = Target::found(package_name(&artifact.package_id.repr), &artifact.target)?;
        Some(Executable {
            target: Target {
                features: features.to_vec(),
                ..target
            },
            file: artifact.executable?.into(),
            link: None,
        })
    });
    made.collect()
}

/// Returns the file that cargo linked an executable from. Cargo places a binary beside the folder `deps` under its plain
/// name, as a hard link, where a build with other features replaces it. The file in `deps` has a name of its own for
/// each set of features.
pub(crate) fn linked_from(executable: &Path) -> Option<PathBuf> {
    let own = fs::metadata(executable).ok()?;
    let entries = fs::read_dir(executable.parent()?.join("deps")).ok()?;
    let is_same = |path: &PathBuf| {
        fs::metadata(path).is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino()))
    };
    entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(is_same)
}

/// Returns the package name in a package id: `path+file:///folder#name@1.0.0`, or `path+file:///folder/name#1.0.0` if
/// the folder has the name of the package.
fn package_name(id: &str) -> &str {
    let (source, fragment) = id.rsplit_once('#').unwrap_or(("", id));
    match fragment.split_once('@') {
        Some((name, _)) => name,
        None => source.rsplit('/').next().unwrap_or(source),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn finds_the_executables_among_cargos_messages() {
        let artifact = |package: &str, kind: &str, name: &str, executable: Option<&str>| {
            let target = json!({"kind": [kind], "crate_types": [kind], "name": name, "src_path": "/w/main.rs"});
            let profile = json!({"opt_level": "3", "debug_assertions": false, "overflow_checks": false, "test": false});
            json!({"reason": "compiler-artifact", "package_id": package, "manifest_path": "/w/Cargo.toml",
                "target": target, "profile": profile, "features": [], "filenames": [], "executable": executable,
                "fresh": false})
        };
        let messages = [
            artifact("path+file:///w/engine#0.1.0", "lib", "engine", None).to_string(),
            "not json".to_owned(),
            artifact(
                "path+file:///w/suite#my-suite@0.1.0",
                "bin",
                "probe",
                Some("/t/release/probe"),
            )
            .to_string(),
            artifact(
                "path+file:///w/other#0.1.0",
                "bench",
                "probe",
                Some("/t/release/deps/probe-1"),
            )
            .to_string(),
            r#"{"reason":"build-finished","success":true}"#.to_owned(),
        ];
        let made = |package: &str, kind: &str, path: &str| Executable {
            target: Target {
                package: package.to_owned(),
                kind: kind.to_owned(),
                name: "probe".to_owned(),
                features: vec!["fast".to_owned()],
            },
            file: path.into(),
            link: None,
        };
        assert_eq!(
            executables(messages.join("\n").as_bytes(), &["fast".to_owned()]),
            [
                made("my-suite", "bin", "/t/release/probe"),
                made("other", "bench", "/t/release/deps/probe-1")
            ]
        );
    }

    #[test]
    fn a_binary_is_found_under_the_name_that_no_other_build_takes() {
        let folder = tempfile::tempdir().expect("a folder");
        let [deps, plain] = ["deps", "probe"].map(|name| folder.path().join(name));
        fs::create_dir(&deps).expect("made");
        fs::write(deps.join("probe-1"), "").expect("written");
        fs::write(deps.join("probe-2"), "").expect("written");
        fs::hard_link(deps.join("probe-2"), &plain).expect("linked");
        assert_eq!(linked_from(&plain), Some(deps.join("probe-2")));
        assert_eq!(linked_from(&deps.join("probe-1")), None);
    }
}
