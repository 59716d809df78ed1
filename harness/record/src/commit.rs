//! A commit, and the state of the working tree.

use std::fmt;

use jiff::Timestamp;

/// A commit of the repository.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// The complete object id.
    pub id: String,
    /// The first line of its message.
    pub subject: String,
    /// The committer's date.
    pub date: Timestamp,
    /// The author: a name and an address.
    pub author: String,
}

/// The commit of the working tree, and whether the tree has changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Target of the executable.
    pub commit: Commit,
    /// True if there are changes, or untracked files that are not ignored.
    pub dirty: bool,
}

/// The format in which git prints a commit for [`Commit::parse`].
pub const COMMIT_FORMAT: &str = "--format=%H %ct %an <%ae>%x09%s";

impl Commit {
    /// The first ten characters of the id.
    pub fn short(&self) -> &str {
        self.id.get(..10).unwrap_or(&self.id)
    }

    /// Reads a line that git printed in [`COMMIT_FORMAT`].
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.splitn(3, ' ');
        let (id, seconds) = (words.next()?, words.next()?);
        let date = Timestamp::from_second(seconds.parse().ok()?).ok()?;
        // A name has no tab; a subject may have one.
        let rest = words.next().unwrap_or_default();
        let (author, subject) = rest.split_once('\t').unwrap_or((rest, ""));
        let known = id.len() >= 40 && id.bytes().all(|byte| byte.is_ascii_hexdigit());
        known.then(|| Self {
            id: id.to_owned(),
            subject: subject.to_owned(),
            date,
            author: author.to_owned(),
        })
    }
}

impl fmt::Display for Commit {
    /// `0123456789 "subject"`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}", self.short(), self.subject)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_git_is_read_with_or_without_a_subject() {
        let id = "0123456789abcdef0123456789abcdef01234567";
        let commit = Commit::parse(&format!(
            "{id} 1773500966 N. N. <n@example.org>\tCount  twice"
        ))
        .expect("a commit");
        assert_eq!(commit.to_string(), "0123456789 \"Count  twice\"");
        assert_eq!(commit.author, "N. N. <n@example.org>");
        assert_eq!(commit.date.to_string(), "2026-03-14T15:09:26Z");
        assert_eq!(
            Commit::parse(&format!("{id} 0 N <>\t"))
                .expect("a commit")
                .subject,
            ""
        );
        assert_eq!(Commit::parse("fatal: not today"), None);
    }
}
