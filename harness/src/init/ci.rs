//! The files by which a CI system starts the harness: a gate for each change, and a nightly measurement. Both read one
//! configuration, `harness.toml`.

use std::path::Path;

use super::Source;

/// A CI system.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub enum Ci {
    /// Workflows of GitHub
    #[default]
    Github,
    /// A file for GitLab CI to include
    Gitlab,
    /// No file
    None,
}

/// A file of a CI system.
pub(super) struct File {
    /// Path below the root.
    pub(super) path: &'static str,
    /// The content, with gaps for the installation.
    template: &'static str,
    /// The content in a few words.
    pub(super) about: &'static str,
}

const GITHUB: &[File] = &[
    File {
        path: ".github/workflows/harness.yml",
        template: include_str!("templates/github/gate.yml"),
        about: "the gate for pull requests",
    },
    File {
        path: ".github/workflows/harness-nightly.yml",
        template: include_str!("templates/github/nightly.yml"),
        about: "the history of the default branch",
    },
];

const GITLAB: &[File] = &[
    File {
        path: ".gitlab/harness.yml",
        template: include_str!("templates/gitlab/harness.yml"),
        about: "the gate for merge requests, and the history on a schedule",
    },
    // Kept if it exists: then a line is to be added to it.
    File {
        path: ".gitlab-ci.yml",
        template: "include:\n  - local: .gitlab/harness.yml\n",
        about: "includes .gitlab/harness.yml",
    },
];

impl Ci {
    pub(super) fn files(self) -> &'static [File] {
        match self {
            Self::Github => GITHUB,
            Self::Gitlab => GITLAB,
            Self::None => &[],
        }
    }
}

impl File {
    /// The content for a harness of this origin.
    pub(super) fn content(&self, source: &Source) -> String {
        let install = match source {
            Source::Git(address) => format!("cargo install --locked --git {address} harness"),
            Source::Checkout(folder) => {
                let install = format!("cargo install --locked --path {}", folder.display());
                match cloned(folder) {
                    Some(root) => format!(
                        "git clone \"$HARNESS_REPOSITORY\" {} && {install}",
                        root.display()
                    ),
                    None => install,
                }
            }
            Source::OfThisHarness | Source::Registry => {
                format!(
                    "cargo install --locked harness@{}",
                    env!("CARGO_PKG_VERSION")
                )
            }
        };
        let lines = self.template.split_inclusive('\n');
        let line = |line: &str| match (line.trim(), source) {
            ("# ENVIRONMENT", Source::Checkout(folder)) if cloned(folder).is_some() => {
                self.environment(line)
            }
            ("# ENVIRONMENT", _) => String::new(),
            ("run: INSTALL" | "- INSTALL", _) => line.replace("INSTALL", &install),
            _ => line.to_owned(),
        };
        lines.map(line).collect()
    }

    /// The address of the repository that a checkout is cloned from, in place of a gap with its indentation.
    fn environment(&self, gap: &str) -> String {
        let indentation = &gap[..gap.len() - gap.trim_start().len()];
        let why = "address of the harness. Cargo.toml names a folder beside this checkout, in which it is cloned here.";
        match self.path.starts_with(".github") {
            true => format!(
                "{indentation}env:\n{indentation}  # The {why}\n{indentation}  HARNESS_REPOSITORY: ${{{{ vars.HARNESS_REPOSITORY }}}}\n"
            ),
            // Variables of a project are in the environment of every job.
            false => format!(
                "{indentation}# HARNESS_REPOSITORY, a variable of the project, is the {why}\n"
            ),
        }
    }
}

/// The folder into which the harness is cloned, given its folder `harness`; none if that is part of the project.
fn cloned(folder: &Path) -> Option<&Path> {
    let is_part = folder.is_relative() && !folder.starts_with("..");
    folder.parent().filter(|_| !is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_installs_from_every_origin() {
        for (name, source) in [
            ("git", Source::Git("https://example.org/h".to_owned())),
            ("checkout", Source::Checkout("../h/harness".into())),
            ("own_checkout", Source::Checkout("harness".into())),
            ("registry", Source::Registry),
        ] {
            let mut steps = String::new();
            for file in GITHUB.iter().chain(GITLAB) {
                let content = file.content(&source);
                assert!(
                    !content.contains("INSTALL\n") && !content.contains("ENVIRONMENT\n"),
                    "{content}"
                );
                let install = content.lines().skip_while(|line| {
                    !line.contains("Install the harness") && !line.contains("before_script")
                });
                let step: Vec<&str> = install.take(5).collect();
                steps += &format!("{}\n{}\n", file.path, step.join("\n"));
            }
            insta::assert_snapshot!(name, steps);
        }
    }
}
