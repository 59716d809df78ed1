//! JSON: everything that the other formats are made of. The folder `schema` of this crate has the JSON Schema.

use super::{Exporter, Results};

/// The results as one object.
pub(super) struct Json;

impl Exporter for Json {
    fn name(&self) -> &'static str {
        "json"
    }

    fn help(&self) -> &'static str {
        "Everything, by a published JSON Schema"
    }

    fn export(&self, results: &Results) -> String {
        pretty(results)
    }
}

/// Indented JSON that ends in a line break.
pub(super) fn pretty(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("all keys are strings");
    text.push('\n');
    text
}
