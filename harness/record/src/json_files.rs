//! Listing of the JSON files in a folder, such as records and sessions.

use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// Returns the JSON files of a folder, sorted by name. Default names begin with the time. The list is empty if the
/// folder is missing or cannot be read.
pub fn json_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten();
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut files: Vec<PathBuf> = paths
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "json")
        })
        .collect();
    // By the stem: a second record of one second has a number after its time, `TIME.2.json`.
    files.sort_by(|a, b| a.file_stem().cmp(&b.file_stem()));
    files
}

/// Number of bytes at the start of a record that contain its command.
const HEAD: u64 = 4096;

/// The JSON files of a folder without the counts that a gate kept there. Those are the head of a comparison and no run, so
/// nothing may be mixed with them.
pub fn run_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = json_files(folder);
    files.retain(|path| !is_of_gate(path));
    files
}

/// Size of the files that are read at once. A record in memory takes up to three times the size of its file.
const MOST_BYTES: u64 = 64 << 20;

/// Splits files into batches that fit into memory on any number of CPUs.
pub fn batches(paths: Vec<PathBuf>) -> Vec<Vec<PathBuf>> {
    batches_of(paths, MOST_BYTES)
}

/// Splits files into batches of at most this size together, or of one file.
fn batches_of(paths: Vec<PathBuf>, most: u64) -> Vec<Vec<PathBuf>> {
    let mut batches: Vec<Vec<PathBuf>> = Vec::new();
    let mut size = 0;
    for path in paths {
        let bytes = fs::metadata(&path).map_or(0, |file| file.len());
        size += bytes;
        match batches.last_mut().filter(|_| size <= most) {
            Some(batch) => batch.push(path),
            None => {
                size = bytes;
                batches.push(vec![path]);
            }
        }
    }
    batches
}

/// True if the file is a record of the command `gate`.
fn is_of_gate(path: &Path) -> bool {
    command(path).is_some_and(|command| {
        // Options may have any value, so only the words before them count.
        let mut words = command.split(' ').take_while(|word| !word.starts_with('-'));
        words.any(|word| word == "gate")
    })
}

/// The command in a record; none if the file cannot be read or has none at its start.
fn command(path: &Path) -> Option<String> {
    let mut start = Vec::new();
    File::open(path)
        .ok()?
        .take(HEAD)
        .read_to_end(&mut start)
        .ok()?;
    let start = String::from_utf8_lossy(&start);
    let (_, rest) = start.split_once("\"command\":")?;
    let mut values = serde_json::Deserializer::from_str(rest).into_iter::<String>();
    values.next()?.ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_that_a_gate_kept_are_no_run() {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, command) in [
            ("a.json", "harness run --filter gate"),
            ("b.json", "cargo harness gate --quick"),
            ("c.json", "/bin/harness gate"),
        ] {
            let text = format!("{{\"schema\":3, \"command\": \"{command}\"}}");
            fs::write(folder.path().join(name), text).expect("written");
        }
        fs::write(folder.path().join("d.json"), "no record").expect("written");
        assert_eq!(
            run_files(folder.path()),
            ["a.json", "d.json"].map(|name| folder.path().join(name))
        );
    }

    #[test]
    fn the_size_of_a_batch_is_limited() {
        let folder = tempfile::tempdir().expect("a folder");
        let sizes = [3, 3, 4, 20, 1, 9, 2];
        let paths = sizes.iter().enumerate().map(|(number, &size)| {
            let path = folder.path().join(number.to_string());
            fs::write(&path, "x".repeat(size)).expect("written");
            path
        });
        let batches = batches_of(paths.collect(), 10);
        let sizes: Vec<usize> = batches.iter().map(Vec::len).collect();
        assert_eq!(sizes, [3, 1, 2, 1]);
        assert!(batches_of(Vec::new(), 10).is_empty());
    }

    #[test]
    fn only_json_files_are_listed_and_by_their_names() {
        let folder = tempfile::tempdir().expect("a folder");
        for name in ["b.json", "a.json", "c.csv", "json"] {
            fs::write(folder.path().join(name), "").expect("written");
        }
        assert_eq!(
            json_files(folder.path()),
            ["a.json", "b.json"].map(|name| folder.path().join(name))
        );
        assert_eq!(
            json_files(&folder.path().join("nowhere")),
            Vec::<PathBuf>::new()
        );
    }
}
