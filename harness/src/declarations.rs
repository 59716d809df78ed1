//! The lines that declare workloads, for formats that attach a verdict to a line.
//!
//! No probe states them, so the benches of a project are read as text. A place is known only if one line alone can be
//! meant; no place is better than a wrong one.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// A file, relative to the root of the repository, and a line in it, from 1.
pub type Place = (String, u32);

/// Largest source file that is read.
const MOST_BYTES: u64 = 4 << 20;
/// Number of lines above a function in which its attributes are looked for.
const ATTRIBUTES: usize = 8;

/// The benches of a project.
#[derive(Debug)]
pub struct Declarations {
    /// The root of the project, relative to that of its repository.
    below: PathBuf,
    /// Path relative to the root of the project, and text.
    files: Vec<(PathBuf, String)>,
}

impl Declarations {
    /// Reads the benches below a root. Files that cannot be read declare nothing.
    pub fn read(root: &Path) -> Self {
        let repository = root.ancestors().find(|folder| folder.join(".git").exists());
        let below = repository.and_then(|repository| root.strip_prefix(repository).ok());
        let is_source = |entry: &DirEntry| {
            let name = entry.file_name().to_string_lossy();
            entry.depth() == 0 || !(name.starts_with('.') || name == "target")
        };
        let entries = WalkDir::new(root).into_iter().filter_entry(is_source);
        let files = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let path = entry.path().strip_prefix(root).ok()?.to_owned();
            let is_bench = path.components().any(|part| part.as_os_str() == "benches")
                && path.extension().is_some_and(|extension| extension == "rs")
                && entry.metadata().ok()?.len() <= MOST_BYTES;
            let text = is_bench.then(|| fs::read_to_string(entry.path()).ok())??;
            Some((path, text))
        });
        Self {
            below: below.unwrap_or(Path::new("")).to_owned(),
            files: files.collect(),
        }
    }

    /// A file of the project, relative to the root of the repository.
    pub fn in_repository(&self, file: &Path) -> String {
        self.below.join(file).to_string_lossy().into_owned()
    }

    /// The place of each of these workloads that has one.
    pub fn places<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> HashMap<&'a str, Place> {
        let place = |id| Some((id, self.place(id)?));
        ids.into_iter().filter_map(place).collect()
    }

    /// The only line with the id as a text; otherwise the only function with an attribute of a library for benches whose
    /// name is a part of the id.
    fn place(&self, id: &str) -> Option<Place> {
        let text = format!("\"{id}\"");
        self.only(|lines, at| lines[at].contains(&text) && !is_comment(lines[at]))
            .or_else(|| {
                let names: Vec<String> = id.split('/').map(|name| format!("fn {name}(")).collect();
                self.only(|lines, at| {
                    names.iter().any(|name| lines[at].contains(name)) && is_benchmark(lines, at)
                })
            })
    }

    /// The only line that is meant; none if there are several.
    fn only(&self, is_meant: impl Fn(&[&str], usize) -> bool) -> Option<Place> {
        let mut found = None;
        for (path, text) in &self.files {
            let lines: Vec<&str> = text.lines().collect();
            for at in (0..lines.len()).filter(|&at| is_meant(&lines, at)) {
                if found.is_some() {
                    return None;
                }
                found = Some((self.in_repository(path), at as u32 + 1));
            }
        }
        found
    }
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with("//")
}

/// Returns true if the attributes right above a line make it a benchmark.
fn is_benchmark(lines: &[&str], at: usize) -> bool {
    let above = lines[..at].iter().rev().take(ATTRIBUTES);
    let above = above.take_while(|line| !line.trim().is_empty() && !line.starts_with('}'));
    let mut attributes = above.filter(|line| line.trim_start().starts_with("#["));
    !is_comment(lines[at])
        && attributes.any(|line| line.contains("workload") || line.contains("bench"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BENCH: &str = "\
use harness::Bencher;

#[harness::workload(items = 2)]
fn parse(bencher: &mut Bencher) {}

fn render(bencher: &mut Bencher) {}

/// Not `fn sort(`.
#[divan::bench(
    args = [1, 2],
)]
fn sort(n: usize) {}

fn all(c: &mut Criterion) {
    // c.bench_function(\"fib 20\", run);
    c.bench_function(\"fib 20\", run);
    c.bench_function(\"twice\", run);
    c.bench_function(\"twice\", run);
}
";

    #[test]
    fn a_place_is_known_only_if_one_line_alone_can_be_meant() {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().join("crates/words");
        for (file, text) in [
            ("benches/harness.rs", BENCH),
            ("src/lib.rs", "#[harness::workload]\nfn parse() {}\n"),
            ("target/benches/copy.rs", BENCH),
        ] {
            let path = root.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, text).expect("written");
        }
        fs::create_dir(folder.path().join(".git")).expect("made");
        let declarations = Declarations::read(&root);
        let ids = [
            "parse",
            "render",
            "words/sort/2",
            "fib 20",
            "twice",
            "other",
        ];
        let places = declarations.places(ids);
        let line = |id| places.get(id).map(|(_, line)| *line);
        assert_eq!(
            ids.map(line),
            [Some(4), None, Some(12), Some(16), None, None]
        );
        assert_eq!(places["parse"].0, "crates/words/benches/harness.rs");
        assert_eq!(
            declarations.in_repository(Path::new("harness.toml")),
            "crates/words/harness.toml"
        );
    }
}
