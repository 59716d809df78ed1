//! The files of a project before and after a fault, read by the harness's own readers.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use harness_record::Record;
use harness_record::acceptance::Acceptances;
use harness_record::baseline::Store;
use harness_record::journal::JOURNAL;
use harness_record::limits::Limits;
use harness_record::session::Session;

use crate::small_project::{SmallProject, names};

/// Files that must stay: their contents by path.
pub(crate) struct Files(BTreeMap<PathBuf, Vec<u8>>);

impl Files {
    /// Reads the records, sessions, baselines and reports of a project.
    pub(crate) fn of(project: &SmallProject) -> Self {
        let files = ["records", "baselines", "reports"].map(|name| below(&project.path(name)));
        let read = |path: PathBuf| Some((path.clone(), fs::read(&path).ok()?));
        Self(files.into_iter().flatten().filter_map(read).collect())
    }
}

/// Files in a folder and its folders, but no temporary ones.
fn below(folder: &Path) -> Vec<PathBuf> {
    let (mut files, mut folders) = (Vec::new(), vec![folder.to_owned()]);
    while let Some(folder) = folders.pop() {
        for path in names(&folder) {
            let name = path
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned();
            // A journal is checked apart: its last line may be incomplete.
            if name.starts_with(JOURNAL) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if !name.starts_with(".unfinished-") {
                files.push(path);
            }
        }
    }
    files
}

/// Checks that each earlier file is as before or whole, and each new one whole. Returns the first loss.
pub(crate) fn left_whole(before: &Files, project: &SmallProject) -> Result<(), String> {
    let now = Files::of(project);
    // A report is drawn anew from a record. Without a folder for temporary files it has no instructions, and no chart of
    // them.
    let reports = project.path("reports");
    let kept = before.0.keys().filter(|path| !path.starts_with(&reports));
    for path in kept {
        if !now.0.contains_key(path) {
            return Err(format!("{} is gone", path.display()));
        }
    }
    for (path, content) in &now.0 {
        if before.0.get(path) != Some(content) {
            whole(path, content)
                .map_err(|error| format!("{} is not whole: {error}", path.display()))?;
        }
    }
    rules(&project.path("baselines"))
}

/// Reads the files that only make sense together.
pub(crate) fn rules(baselines: &Path) -> Result<(), String> {
    let store = Store::new(baselines);
    for key in store.keys().map_err(|error| error.to_string())? {
        store.read(&key).map_err(|error| error.to_string())?;
    }
    Limits::in_folder(baselines).map_err(|error| error.to_string())?;
    Acceptances::read(baselines)
        .map(drop)
        .map_err(|error| error.to_string())
}

fn whole(path: &Path, content: &[u8]) -> Result<(), String> {
    let text = std::str::from_utf8(content);
    let is_in = |name: &str| path.parent().is_some_and(|folder| folder.ends_with(name));
    let extension = path
        .extension()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    match extension.as_str() {
        "json" if is_in("records") || is_in("history") => Record::read(path)
            .map(drop)
            .map_err(|error| error.to_string()),
        "json" if is_in("gates") => Session::read(path)
            .map(drop)
            .map_err(|error| error.to_string()),
        "json" => serde_json::from_slice::<serde_json::Value>(content)
            .map(drop)
            .map_err(|error| error.to_string()),
        "html" | "svg" | "xml" => {
            let end = if extension == "html" { "</html>" } else { ">" };
            let text = text.map_err(|error| error.to_string())?;
            text.trim_end()
                .ends_with(end)
                .then_some(())
                .ok_or("it has no end".to_owned())
        }
        "png" => content
            .ends_with(b"IEND\xaeB`\x82")
            .then_some(())
            .ok_or("it has no end".to_owned()),
        // Text: complete lines. Baselines are read together.
        _ => content
            .ends_with(b"\n")
            .then_some(())
            .ok_or("its last line has no end".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_torn_file_is_not_whole() {
        let torn = [
            ("records/a.json", "{\"schema\": 3, \"rows\": ["),
            ("other/a.json", "{"),
            ("reports/index.html", "<html><body>"),
            ("reports/summary.md", "# Titl"),
        ];
        for (path, text) in torn {
            assert!(whole(Path::new(path), text.as_bytes()).is_err(), "{path}");
        }
        assert!(whole(Path::new("reports/summary.md"), b"# Title\n").is_ok());
        assert!(whole(Path::new("reports/index.html"), b"<html></html>\n").is_ok());
    }
}
