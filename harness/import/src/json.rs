//! JSON as other tools write it: with `NaN` and `Infinity`, as Python does, and with a refusal of what `serde_json` accepts
//! silently: keys that occur twice.

use std::collections::HashSet;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value. An object keeps the order of its keys.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Whole(u64),
    Number(f64),
    Text(String),
    List(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// The words for numbers that JSON does not have. Each becomes a text, which is no number.
const NOT_JSON: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Parses all documents of a text, one after another.
pub(crate) fn documents(text: &str) -> Result<Vec<Json>, String> {
    let text = quoted(text);
    let documents = serde_json::Deserializer::from_str(&text).into_iter::<Json>();
    let documents: Vec<Json> = documents
        .collect::<Result<_, _>>()
        .map_err(|error| match error.is_eof() {
            true => format!("is cut: {error}"),
            false => format!("is no JSON: {error}"),
        })?;
    match documents.is_empty() {
        true => Err("is empty".to_owned()),
        false => Ok(documents),
    }
}

/// Puts the words for numbers that JSON does not have in quotes.
fn quoted(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    let (mut rest, mut in_text) = (text, false);
    while let Some(next) = rest.chars().next() {
        let word = NOT_JSON
            .iter()
            .find(|word| !in_text && rest.starts_with(**word));
        if let Some(word) = word {
            result.push('"');
            result.push_str(word);
            result.push('"');
            rest = &rest[word.len()..];
            continue;
        }
        let mut taken = next.len_utf8();
        match next {
            '"' => in_text = !in_text,
            '\\' if in_text => {
                taken += rest[taken..].chars().next().map_or(0, char::len_utf8);
            }
            _ => {}
        }
        result.push_str(&rest[..taken]);
        rest = &rest[taken..];
    }
    result
}

impl Json {
    /// The value of a key; none if it is missing or null.
    pub(crate) fn optional(&self, key: &str) -> Option<&Json> {
        let Self::Object(fields) = self else {
            return None;
        };
        let (_, value) = fields.iter().find(|(name, _)| name == key)?;
        (*value != Self::Null).then_some(value)
    }

    /// The value of a key.
    pub(crate) fn at(&self, key: &str) -> Result<&Json, String> {
        self.optional(key).ok_or_else(|| format!("has no `{key}`"))
    }

    /// The number of a key.
    pub(crate) fn number_at(&self, key: &str) -> Result<f64, String> {
        self.at(key)?.number().map_err(|problem| at(key, &problem))
    }

    /// The number of a key; none if it is missing or null.
    pub(crate) fn optional_number(&self, key: &str) -> Result<Option<f64>, String> {
        let value = self.optional(key).map(Self::number).transpose();
        value.map_err(|problem| at(key, &problem))
    }

    /// The whole number of a key.
    pub(crate) fn whole_at(&self, key: &str) -> Result<u64, String> {
        self.at(key)?.whole().map_err(|problem| at(key, &problem))
    }

    /// The text of a key.
    pub(crate) fn text_at(&self, key: &str) -> Result<&str, String> {
        self.at(key)?.text().map_err(|problem| at(key, &problem))
    }

    /// The text of a key; none if it is missing or no text, or empty.
    pub(crate) fn optional_text(&self, key: &str) -> Option<&str> {
        let text = self.optional(key)?.text().ok()?;
        (!text.is_empty()).then_some(text)
    }

    /// The list of a key.
    pub(crate) fn list_at(&self, key: &str) -> Result<&[Json], String> {
        self.at(key)?.list().map_err(|problem| at(key, &problem))
    }

    /// The numbers of a list.
    pub(crate) fn numbers(&self) -> Result<Vec<f64>, String> {
        self.list()?.iter().map(Self::number).collect()
    }

    /// A finite number.
    pub(crate) fn number(&self) -> Result<f64, String> {
        match self {
            Self::Whole(value) => Ok(*value as f64),
            Self::Number(value) if value.is_finite() => Ok(*value),
            Self::Text(word) if NOT_JSON.contains(&word.as_str()) => Err(format!("is {word}")),
            other => Err(format!("is {} where a number is expected", other.kind())),
        }
    }

    /// A whole number. Tools that write every number as a fraction write `3.0`.
    pub(crate) fn whole(&self) -> Result<u64, String> {
        match self {
            Self::Whole(value) => Ok(*value),
            Self::Number(value) if value.fract() == 0.0 && (0.0..9e15).contains(value) => {
                Ok(*value as u64)
            }
            Self::Number(value) => Err(format!("is {value} where a whole number is expected")),
            other => Err(format!(
                "is {} where a whole number is expected",
                other.kind()
            )),
        }
    }

    pub(crate) fn text(&self) -> Result<&str, String> {
        match self {
            Self::Text(text) => Ok(text),
            other => Err(format!("is {} where a text is expected", other.kind())),
        }
    }

    pub(crate) fn list(&self) -> Result<&[Json], String> {
        match self {
            Self::List(list) => Ok(list),
            other => Err(format!("is {} where a list is expected", other.kind())),
        }
    }

    /// The keys and values of an object.
    pub(crate) fn fields(&self) -> Result<&[(String, Json)], String> {
        match self {
            Self::Object(fields) => Ok(fields),
            other => Err(format!("is {} where an object is expected", other.kind())),
        }
    }

    /// True for the word that Python writes for a value that is no number.
    pub(crate) fn is_nan(&self) -> bool {
        matches!(self, Self::Text(word) if word == "NaN")
    }

    /// True for the words that Python writes for infinite values.
    pub(crate) fn is_infinite(&self) -> bool {
        matches!(self, Self::Text(word) if word == "Infinity" || word == "-Infinity")
    }

    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a truth value",
            Self::Whole(_) | Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

/// Puts the place before a problem, which is a predicate.
pub(crate) fn at(key: &str, problem: &str) -> String {
    format!("has a `{key}` that {problem}")
}

impl<'de> Deserialize<'de> for Json {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Values)
    }
}

struct Values;

impl<'de> Visitor<'de> for Values {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
        Ok(Json::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
        Ok(Json::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Json, E> {
        Ok(Json::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element()? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let (mut fields, mut seen) = (Vec::new(), HashSet::new());
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            if !seen.insert(key.clone()) {
                return Err(de::Error::custom(format!("the key {key:?} occurs twice")));
            }
            fields.push((key, value));
        }
        Ok(Json::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_python_are_no_numbers_and_texts_stay() {
        let found = documents(r#"{"a": [NaN, -Infinity, 1.5], "NaN": "\"Infinity\\"}"#);
        let found = found.expect("readable");
        let list = found[0].list_at("a").expect("a list");
        assert!(list[0].is_nan() && !list[2].is_nan());
        assert_eq!(list[1].number(), Err("is -Infinity".to_owned()));
        assert_eq!(found[0].text_at("NaN"), Ok("\"Infinity\\"));
    }

    #[test]
    fn a_key_that_occurs_twice_is_refused() {
        let problem = documents(r#"{"a": {"b": 1, "b": 2}}"#).expect_err("twice");
        assert!(problem.contains("\"b\" occurs twice"), "{problem}");
    }

    #[test]
    fn a_cut_text_is_called_cut() {
        assert!(
            documents(r#"{"a": [1, "#)
                .expect_err("cut")
                .starts_with("is cut")
        );
        assert!(
            documents("Benchmark")
                .expect_err("text")
                .starts_with("is no JSON")
        );
        assert_eq!(documents(" \n"), Err("is empty".to_owned()));
        assert_eq!(documents("1\n2").expect("two").len(), 2);
    }
}
