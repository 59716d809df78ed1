//! The changes to try: commits that slow workloads down by a known percentage, and commits that do not.

use std::fs;
use std::path::{Component, Path};

use anyhow::{Context, Result, anyhow, ensure};
use glob::Pattern;
use harness::vcs::Edit;
use serde::Deserialize;

/// The kind of a change that slows something down.
pub const SLOWDOWN: &str = "slowdown";
/// The file of changes, in the folder of baselines.
pub const FILE: &str = "selftest.toml";
const KEYS: &str = "a change has the keys name, kind, percent, slows, touches, filter, force, edit (file, find, replace), base and head";

/// A change, as described in the file: the head is the project with some edits, or both sides are revisions of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CodeChange {
    /// Its name.
    pub name: String,
    /// Its kind, in any words; [`SLOWDOWN`] for a slowdown.
    pub kind: String,
    /// The percentages of a slowdown; empty for unchanged code.
    #[serde(default)]
    pub percent: Vec<f64>,
    /// Globs of the workloads that are slower by that percentage.
    #[serde(default)]
    pub slows: Vec<String>,
    /// Globs of the workloads that are slower by an unknown percentage.
    #[serde(default)]
    pub touches: Vec<String>,
    /// Globs for `--filter` of the gate.
    #[serde(default)]
    pub filter: Vec<String>,
    /// True if the gate times identical programs, too.
    #[serde(default)]
    pub force: bool,
    /// The edits of the project; empty if there are two revisions.
    #[serde(default)]
    pub edit: Vec<Edit>,
    /// The base, if both sides are revisions.
    pub base: Option<String>,
    /// The head, if both sides are revisions.
    pub head: Option<String>,
}

/// One change with one percentage.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// The change.
    pub change: CodeChange,
    /// The percentage; none for unchanged code.
    pub percent: Option<f64>,
}

/// Reads the changes of a file.
///
/// # Errors
/// If the file cannot be read, or a change in it is invalid.
pub fn read(path: &Path) -> Result<Vec<CodeChange>> {
    let text = fs::read_to_string(path).map_err(|error| {
        let path = path.display();
        anyhow!("cannot read the changes {path}: {error}; write them there, or name another file with --changes")
    })?;
    parse(&text, path)
}

/// Reads changes from the text of a file; `path` is named in errors.
///
/// # Errors
/// If a change in it is invalid.
pub fn parse(text: &str, path: &Path) -> Result<Vec<CodeChange>> {
    let file: File = toml::from_str(text).map_err(|error| {
        let before = text.bytes().take(error.span().map_or(0, |span| span.start));
        let line = 1 + before.filter(|&byte| byte == b'\n').count();
        anyhow!(
            "{}, line {line}: {}; {KEYS}",
            path.display(),
            error.message().replace('\n', " ")
        )
    })?;
    for (place, change) in file.change.iter().enumerate() {
        let checked = match file.change[..place]
            .iter()
            .any(|other| other.name == change.name)
        {
            true => Err(anyhow!("a second change of that name; rename one of them")),
            false => change.check(),
        };
        checked.with_context(|| format!("{}, change `{}`", path.display(), change.name))?;
    }
    Ok(file.change)
}

impl CodeChange {
    /// One variant for each percentage; one for unchanged code.
    pub fn variants(&self) -> Vec<Variant> {
        let variant = |percent| Variant {
            change: self.clone(),
            percent,
        };
        match self.percent.is_empty() {
            true => vec![variant(None)],
            false => self
                .percent
                .iter()
                .map(|&percent| variant(Some(percent)))
                .collect(),
        }
    }

    /// Refuses a change that cannot be tried; the message holds the remedy.
    fn check(&self) -> Result<()> {
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c);
        let has_name = !self.name.is_empty() && self.name.chars().all(is_plain);
        ensure!(
            has_name,
            "a name has small letters, digits, `.` and `-` only"
        );
        let kind = self.kind.trim();
        let has_kind = !kind.is_empty() && kind == self.kind && !kind.contains(char::is_control);
        ensure!(
            has_kind,
            "`kind` is empty or has white space around it; write a word such as comment"
        );
        if self.kind == SLOWDOWN {
            let is_whole = !self.percent.is_empty() && !self.slows.is_empty();
            ensure!(
                is_whole,
                "a slowdown needs `percent` and `slows`; write both"
            );
        } else {
            let is_bare =
                self.percent.is_empty() && self.slows.is_empty() && self.touches.is_empty();
            ensure!(
                is_bare,
                "only the kind {SLOWDOWN} has `percent`, `slows` and `touches`; remove them"
            );
        }
        for (place, &percent) in self.percent.iter().enumerate() {
            let is_good =
                percent > 0.0 && percent <= 100.0 && !self.percent[..place].contains(&percent);
            ensure!(
                is_good,
                "`percent` has {percent}; write different numbers above 0 and at most 100"
            );
        }
        self.check_sides()?;
        for (key, globs) in [
            ("filter", &self.filter),
            ("slows", &self.slows),
            ("touches", &self.touches),
        ] {
            for glob in globs {
                Pattern::new(glob).map_err(|error| {
                    anyhow!(
                        "`{key}` has `{glob}`: {}; write a glob such as 'a/*'",
                        error.msg
                    )
                })?;
            }
        }
        Ok(())
    }

    fn check_sides(&self) -> Result<()> {
        if self.base.is_some() || self.head.is_some() {
            let are_both = self.base.is_some() && self.head.is_some();
            let is_alone = are_both && self.edit.is_empty() && self.percent.len() < 2;
            ensure!(
                is_alone,
                "`base` and `head` go together, with at most one percentage and without edits"
            );
            return Ok(());
        }
        for Edit { file, find, .. } in &self.edit {
            let mut parts = Path::new(file).components();
            let is_inside =
                !file.is_empty() && parts.all(|part| matches!(part, Component::Normal(_)));
            ensure!(
                is_inside,
                "`{file}` is no file of the project; write a path from its root, without `..`"
            );
            ensure!(
                !find.is_empty(),
                "`find` is empty in an edit of `{file}`; write text that is there once"
            );
        }
        let has_placeholder =
            |edit: &Edit| edit.replace.contains("{share}") || edit.replace.contains("{percent}");
        let are_different = self.percent.len() < 2 || self.edit.iter().any(has_placeholder);
        ensure!(
            are_different,
            "no edit has `{{share}}` or `{{percent}}`, so all percentages are one commit; write one"
        );
        Ok(())
    }
}

impl Variant {
    /// The name, with `@` and the percentage for a slowdown.
    pub fn name(&self) -> String {
        let name = &self.change.name;
        self.percent
            .map_or_else(|| name.clone(), |percent| format!("{name}@{percent}"))
    }

    /// The edits, with the percentage in place of `{share}` and `{percent}`.
    pub fn edits(&self) -> Vec<Edit> {
        let mut edits = self.change.edit.clone();
        if let Some(percent) = self.percent {
            for edit in &mut edits {
                edit.replace = edit.replace.replace("{share}", &share(percent));
                edit.replace = edit.replace.replace("{percent}", &percent.to_string());
            }
        }
        edits
    }
}

/// A percentage as a decimal share with a point, such as `0.005`.
fn share(percent: f64) -> String {
    // Rounded to nine decimals, without the noise of the division.
    format!("{:?}", (percent * 1e7).round() / 1e9)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    change: Vec<CodeChange>,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const GOOD: &str = "[[change]]\nname = \"gelu\"\nkind = \"slowdown\"\npercent = [0.5, 1, 7]\nslows = [\"kernel/*\"]\n\
                        [[change.edit]]\nfile = \"a/b.rs\"\nfind = \"x\"\nreplace = \"x * {share} or {percent}\"\n";

    fn wrong(text: &str) -> String {
        format!(
            "{:#}",
            parse(text, Path::new("selftest.toml")).expect_err(text)
        )
    }

    #[test]
    fn a_slowdown_has_a_variant_for_each_percentage() {
        let changes = parse(GOOD, Path::new("selftest.toml")).expect("good");
        let variants = changes[0].variants();
        let names: Vec<String> = variants.iter().map(Variant::name).collect();
        assert_eq!(names, ["gelu@0.5", "gelu@1", "gelu@7"]);
        let replaced: Vec<String> = variants
            .iter()
            .map(|one| one.edits()[0].replace.clone())
            .collect();
        assert_eq!(
            replaced,
            ["x * 0.005 or 0.5", "x * 0.01 or 1", "x * 0.07 or 7"]
        );
        assert_eq!([0.7, 2.3, 100.0].map(share), ["0.007", "0.023", "1.0"]);
    }

    #[test]
    fn unchanged_code_keeps_its_text_and_may_be_two_revisions() {
        let text = "[[change]]\nname = \"a\"\nkind = \"empty\"\nforce = true\n[[change]]\nname = \"b\"\nkind = \"refactoring\"\n\
                    base = \"v1\"\nhead = \"v2\"\n";
        let changes = parse(text, Path::new("selftest.toml")).expect("good");
        assert_eq!(
            (changes[0].variants()[0].name().as_str(), changes[0].force),
            ("a", true)
        );
        assert_eq!(
            (changes[1].base.as_deref(), changes[1].head.as_deref()),
            (Some("v1"), Some("v2"))
        );
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
        assert!(
            sentences.iter().all(|sentence| !sentence.contains('\n')),
            "{sentences:#?}"
        );
        insta::assert_snapshot!(sentences.join("\n"));
    }

    proptest! {
        #[test]
        fn any_text_is_borne(text in "[\\[\\]a-z=\"{}.\n é]{0,80}") {
            let _ = parse(&text, Path::new("selftest.toml"));
        }
    }
}
