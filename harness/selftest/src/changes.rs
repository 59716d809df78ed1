//! The changes to try: commits that slow workloads down by a known percentage, and commits that do not.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use glob::Pattern;
use harness::vcs::Edit;
use serde::Deserialize;
use thiserror::Error;

/// The kind of a change that slows something down.
pub const SLOWDOWN: &str = "slowdown";
/// The file of changes, in the folder of baselines.
pub const FILE: &str = "selftest.toml";
const KEYS: &str = "a change has the keys name, kind, percent, slows, touches, filter, force, edit (file, find, replace), base and head";

/// A change, as described in the file.
#[derive(Debug, Clone, PartialEq)]
pub struct CodeChange {
    /// Its name.
    pub name: String,
    /// Its kind, in any words; [`SLOWDOWN`] for a slowdown.
    pub kind: String,
    /// The percentages of a slowdown; empty for unchanged code.
    pub percent: Vec<f64>,
    /// The workloads that are slower by that percentage.
    pub slows: Vec<Pattern>,
    /// The workloads that are slower by an unknown percentage.
    pub touches: Vec<Pattern>,
    /// Globs for `--filter` of the gate.
    pub filter: Vec<String>,
    /// True if the gate times identical programs, too.
    pub force: bool,
    /// The two sides.
    pub source: Source,
}

/// The two sides of a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// The project, and the project with these edits.
    Edits(Vec<Edit>),
    /// Two revisions of the project.
    Revisions {
        /// The base.
        base: String,
        /// The head.
        head: String,
    },
}

/// One change with one percentage.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The change.
    pub change: CodeChange,
    /// The percentage; none for unchanged code.
    pub percent: Option<f64>,
}

/// Changes that cannot be used.
#[derive(Debug, Error)]
pub enum ChangesError {
    /// The file cannot be read.
    #[error("cannot read the changes {path}: {source}; write them there, or name another file with --changes")]
    Read {
        /// The file.
        path: PathBuf,
        /// The error of the system.
        source: io::Error,
    },
    /// The file is no list of changes.
    #[error("{path}, line {line}: {message}; {KEYS}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The line.
        line: usize,
        /// The error of the parser.
        message: String,
    },
    /// One change is invalid.
    #[error("{path}, change `{name}`: {message}")]
    Change {
        /// The file.
        path: PathBuf,
        /// The change.
        name: String,
        /// The error and its remedy.
        message: String,
    },
}

/// Reads the changes of a file.
///
/// # Errors
/// If the file cannot be read, or a change in it is invalid.
pub fn read(path: &Path) -> Result<Vec<CodeChange>, ChangesError> {
    let text = fs::read_to_string(path).map_err(|source| ChangesError::Read { path: path.to_owned(), source })?;
    parse(&text, path)
}

/// Reads changes from the text of a file; `path` is named in errors.
///
/// # Errors
/// If a change in it is invalid.
pub fn parse(text: &str, path: &Path) -> Result<Vec<CodeChange>, ChangesError> {
    let file: File = toml::from_str(text).map_err(|error| ChangesError::Format {
        path: path.to_owned(),
        line: 1 + text.bytes().take(error.span().map_or(0, |span| span.start)).filter(|&byte| byte == b'\n').count(),
        message: error.message().replace('\n', " "),
    })?;
    let mut names = BTreeSet::new();
    let mut changes = Vec::new();
    for written in file.change {
        let name = written.name.clone();
        let wrong = |message| ChangesError::Change { path: path.to_owned(), name: name.clone(), message };
        if !names.insert(name.clone()) {
            return Err(wrong("a second change of that name; rename one of them".to_owned()));
        }
        changes.push(written.checked().map_err(wrong)?);
    }
    Ok(changes)
}

impl CodeChange {
    /// One variant for each percentage; one for unchanged code.
    pub fn variants(&self) -> Vec<Variant> {
        let variant = |percent| Variant { change: self.clone(), percent };
        match self.percent.is_empty() {
            true => vec![variant(None)],
            false => self.percent.iter().map(|&percent| variant(Some(percent))).collect(),
        }
    }
}

impl Variant {
    /// The name, with `@` and the percentage for a slowdown.
    pub fn name(&self) -> String {
        let name = &self.change.name;
        self.percent.map_or_else(|| name.clone(), |percent| format!("{name}@{percent}"))
    }

    /// The edits, with the percentage in place of `{share}` and `{percent}`.
    pub fn edits(&self, edits: &[Edit]) -> Vec<Edit> {
        let filled = |edit: &Edit| match self.percent {
            Some(percent) => {
                let replace = edit.replace.replace("{share}", &share(percent));
                Edit { replace: replace.replace("{percent}", &percent.to_string()), ..edit.clone() }
            }
            None => edit.clone(),
        };
        edits.iter().map(filled).collect()
    }
}

/// A percentage as a decimal share with a point, such as `0.005`.
fn share(percent: f64) -> String {
    let digits = format!("{:.9}", percent / 100.0);
    let digits = digits.trim_end_matches('0');
    if digits.ends_with('.') { format!("{digits}0") } else { digits.to_owned() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    change: Vec<Written>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    kind: String,
    #[serde(default)]
    percent: Vec<f64>,
    #[serde(default)]
    slows: Vec<String>,
    #[serde(default)]
    touches: Vec<String>,
    #[serde(default)]
    filter: Vec<String>,
    #[serde(default)]
    force: bool,
    #[serde(default)]
    edit: Vec<Edit>,
    base: Option<String>,
    head: Option<String>,
}

impl Written {
    fn checked(self) -> Result<CodeChange, String> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        if self.name.is_empty() || !self.name.chars().all(is_plain) {
            return Err("a name has small letters, digits, `.` and `-` only".to_owned());
        }
        if self.kind.trim().is_empty() || self.kind.trim() != self.kind || self.kind.contains(char::is_control) {
            return Err("`kind` is empty or has white space around it; write a word such as comment".to_owned());
        }
        match self.kind == SLOWDOWN {
            true if self.percent.is_empty() || self.slows.is_empty() => {
                return Err("a slowdown needs `percent` and `slows`; write both".to_owned());
            }
            false if !(self.percent.is_empty() && self.slows.is_empty() && self.touches.is_empty()) => {
                return Err(format!("only the kind {SLOWDOWN} has `percent`, `slows` and `touches`; remove them"));
            }
            _ => {}
        }
        for (place, &percent) in self.percent.iter().enumerate() {
            if !(percent > 0.0 && percent <= 100.0) || self.percent[..place].contains(&percent) {
                return Err(format!("`percent` has {percent}; write different numbers above 0 and at most 100"));
            }
        }
        let source = self.source()?;
        glob_list("filter", &self.filter)?;
        Ok(CodeChange {
            source,
            slows: glob_list("slows", &self.slows)?,
            touches: glob_list("touches", &self.touches)?,
            name: self.name,
            kind: self.kind,
            percent: self.percent,
            filter: self.filter,
            force: self.force,
        })
    }

    fn source(&self) -> Result<Source, String> {
        let has_placeholder = |edit: &Edit| ["{share}", "{percent}"].iter().any(|one| edit.replace.contains(one));
        match (&self.base, &self.head) {
            (Some(base), Some(head)) if self.edit.is_empty() && self.percent.len() < 2 => {
                return Ok(Source::Revisions { base: base.clone(), head: head.clone() });
            }
            (None, None) => {}
            _ => return Err("`base` and `head` go together, with at most one percentage and without edits".to_owned()),
        }
        for Edit { file, find, .. } in &self.edit {
            let mut parts = Path::new(file).components();
            if file.is_empty() || !parts.all(|part| matches!(part, Component::Normal(_))) {
                return Err(format!("`{file}` is no file of the project; write a path from its root, without `..`"));
            }
            if find.is_empty() {
                return Err(format!("`find` is empty in an edit of `{file}`; write text that is there once"));
            }
        }
        if self.percent.len() > 1 && !self.edit.iter().any(has_placeholder) {
            return Err("no edit has `{share}` or `{percent}`, so all percentages are one commit; write one".to_owned());
        }
        Ok(Source::Edits(self.edit.clone()))
    }
}

fn glob_list(key: &str, globs: &[String]) -> Result<Vec<Pattern>, String> {
    let compile = |glob: &String| {
        Pattern::new(glob).map_err(|error| format!("`{key}` has `{glob}`: {}; write a glob such as 'a/*'", error.msg))
    };
    globs.iter().map(compile).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "[[change]]\nname = \"gelu\"\nkind = \"slowdown\"\npercent = [0.5, 1, 7]\nslows = [\"kernel/*\"]\n\
                        [[change.edit]]\nfile = \"a/b.rs\"\nfind = \"x\"\nreplace = \"x * {share} or {percent}\"\n";

    fn wrong(text: &str) -> String {
        parse(text, Path::new("selftest.toml")).expect_err(text).to_string()
    }

    #[test]
    fn a_slowdown_has_a_variant_for_each_percentage() {
        let changes = parse(GOOD, Path::new("selftest.toml")).expect("good");
        let variants = changes[0].variants();
        let names: Vec<String> = variants.iter().map(Variant::name).collect();
        assert_eq!(names, ["gelu@0.5", "gelu@1", "gelu@7"]);
        let Source::Edits(edits) = &changes[0].source else { panic!("{changes:?}") };
        let replaced: Vec<String> = variants.iter().map(|one| one.edits(edits)[0].replace.clone()).collect();
        assert_eq!(replaced, ["x * 0.005 or 0.5", "x * 0.01 or 1", "x * 0.07 or 7"]);
        assert_eq!(share(100.0), "1.0");
    }

    #[test]
    fn unchanged_code_keeps_its_text_and_may_be_two_revisions() {
        let text = "[[change]]\nname = \"a\"\nkind = \"empty\"\nforce = true\n[[change]]\nname = \"b\"\nkind = \"refactoring\"\n\
                    base = \"v1\"\nhead = \"v2\"\n";
        let changes = parse(text, Path::new("selftest.toml")).expect("good");
        assert_eq!((changes[0].variants()[0].name().as_str(), changes[0].force), ("a", true));
        assert_eq!(changes[1].source, Source::Revisions { base: "v1".to_owned(), head: "v2".to_owned() });
    }

    #[test]
    fn every_wrong_change_is_named_with_its_remedy() {
        let cases = [
            GOOD.replace("percent", "percents"),
            format!("{GOOD}{GOOD}"),
            GOOD.replace("\"gelu\"", "\"Gelu\""),
            GOOD.replace("\"slowdown\"", "\" \""),
            GOOD.replace("\"slowdown\"", "\"comment\""),
            GOOD.replace("[0.5, 1, 7]", "[]"),
            GOOD.replace("[0.5, 1, 7]", "[1, 1]"),
            GOOD.replace("[0.5, 1, 7]", "[-1]"),
            GOOD.replace("kernel/*", "kernel/***"),
            GOOD.replace("a/b.rs", "../b.rs"),
            GOOD.replace("a/b.rs", "/b.rs"),
            GOOD.replace("\"x\"", "\"\""),
            GOOD.replace("{share} or {percent}", "2"),
            GOOD.replace("slows", "base = \"v1\"\nslows"),
        ];
        let sentences: Vec<String> = cases.iter().map(|text| wrong(text)).collect();
        assert!(sentences.iter().all(|sentence| !sentence.contains('\n')), "{sentences:#?}");
        insta::assert_snapshot!(sentences.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in "[\\[\\]a-z=\"{}.\n é]{0,80}") {
            let _ = parse(&text, Path::new("selftest.toml"));
        }
    }
}
