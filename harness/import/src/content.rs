//! The files of a source, and their JSON documents.

use harness_record::digest;

use crate::json::{self, Json};

/// The files of one run of a tool: a single file, or the files of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Name of the file or folder, without the folders above it.
    pub name: String,
    /// The files; one with an empty path if the source is a single file.
    pub files: Vec<SourceFile>,
}

/// A file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path within the folder, with `/` between its parts.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl Source {
    /// A single file.
    pub fn file(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            files: vec![SourceFile {
                path: String::new(),
                bytes: bytes.into(),
            }],
        }
    }
}

/// The content of a source, parsed once for all formats.
pub(crate) struct Content<'a> {
    source: &'a Source,
    /// The text of a single file, or the reason why it is none.
    text: Result<String, String>,
    /// The JSON documents of a single file, or the reason why it has none.
    documents: Result<Vec<Json>, String>,
}

impl<'a> Content<'a> {
    /// Parses the source.
    pub(crate) fn of(source: &'a Source) -> Self {
        let text = match source.files.as_slice() {
            [only] if only.path.is_empty() => text(&only.bytes),
            _ => Err("is a folder".to_owned()),
        };
        let documents = text.clone().and_then(|text| json::documents(&text));
        Self {
            source,
            text,
            documents,
        }
    }

    /// The files of a folder; empty for a single file.
    pub(crate) fn files(&self) -> impl Iterator<Item = &'a SourceFile> {
        self.source
            .files
            .iter()
            .filter(|file| !file.path.is_empty())
    }

    /// The text of a single file.
    pub(crate) fn text(&self) -> Result<&str, String> {
        self.text.as_deref().map_err(Clone::clone)
    }

    /// The JSON documents of a single file.
    pub(crate) fn documents(&self) -> Result<&[Json], String> {
        self.documents.as_deref().map_err(Clone::clone)
    }

    /// The only JSON document of a single file.
    pub(crate) fn document(&self) -> Result<&Json, String> {
        match self.documents()? {
            [only] => Ok(only),
            several => Err(format!(
                "has {} JSON documents where one is expected",
                several.len()
            )),
        }
    }

    /// The first document, to recognize a format by.
    pub(crate) fn first(&self) -> Option<&Json> {
        self.documents.as_ref().ok()?.first()
    }

    /// A digest of the content.
    pub(crate) fn digest(&self) -> String {
        let files = self.source.files.iter();
        let files = files.map(|file| {
            serde_json::Value::from(vec![
                file.path.clone(),
                String::from_utf8_lossy(&file.bytes).into_owned(),
            ])
        });
        digest(&files.collect())
    }

    /// The problem of a file that looks like JSON and is none, for the message about an unknown format.
    pub(crate) fn hint(&self) -> String {
        let looks_like_json = |text: &str| text.trim_start().starts_with(['{', '[']);
        match (&self.text, &self.documents) {
            (Err(problem), _) if self.source.files.len() == 1 => format!(" (it {problem})"),
            (Ok(text), Err(problem)) if looks_like_json(text) => format!(" (it {problem})"),
            _ => String::new(),
        }
    }
}

/// The text of a file.
pub(crate) fn text(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    Ok(text.trim_start_matches('\u{feff}').to_owned())
}
