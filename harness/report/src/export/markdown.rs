//! Markdown: the document that `--format markdown` prints, as a file.

use super::{Exporter, Results};

/// A comment on a pull request: at most 65,000 characters for a gate.
pub(super) struct Markdown;

impl Exporter for Markdown {
    fn name(&self) -> &'static str {
        "markdown"
    }

    fn help(&self) -> &'static str {
        "A comment for a pull request, as --format markdown prints it"
    }

    fn export(&self, results: &Results) -> String {
        results.document.clone()
    }
}
