//! The table `[defaults]` of `harness.toml`: values for options that the command line does not give.
//!
//! It is read apart from the rest of the file, because the command line is parsed before a project is opened, and because
//! `harness config` names the line of each value.

use toml_edit::{Document, Item, TableLike, Value};

/// Name of the table.
const TABLE: &str = "defaults";

/// One value of `[defaults]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DefaultValue {
    /// Keys from the top of the table, such as `gate` and `budget`.
    pub keys: Vec<String>,
    /// The value as it would be written on the command line; several for a list.
    pub values: Vec<String>,
    /// True if the value is `true` or `false`.
    pub is_switch: bool,
    /// Line of the file, counted from 1.
    pub line: usize,
}

/// Reads the table. A file that is no TOML has none: whoever opens the project reports it.
///
/// # Errors
/// If a value is of a type that no option has: one sentence, with the line.
pub fn defaults(text: &str) -> Result<Vec<DefaultValue>, String> {
    let mut found = Vec::new();
    let Ok(document) = Document::parse(text) else {
        return Ok(found);
    };
    if let Some(table) = document.as_table().get(TABLE).and_then(Item::as_table_like) {
        collect(text, table, &mut Vec::new(), &mut found)?;
    }
    Ok(found)
}

/// The line of a key at the top of the file, counted from 1.
pub fn line_of(text: &str, key: &str) -> Option<usize> {
    let document = Document::parse(text).ok()?;
    let (key, item) = document.as_table().get_key_value(key)?;
    let span = key.span().or_else(|| item.span())?;
    Some(line(text, span.start))
}

fn collect(
    text: &str,
    table: &dyn TableLike,
    keys: &mut Vec<String>,
    found: &mut Vec<DefaultValue>,
) -> Result<(), String> {
    for (name, item) in table.iter() {
        keys.push(name.to_owned());
        let span = table.get_key_value(name).and_then(|(key, _)| key.span());
        let line = line(
            text,
            span.or_else(|| item.span()).map_or(0, |span| span.start),
        );
        if let Some(inner) = item.as_table_like() {
            collect(text, inner, keys, found)?;
        } else {
            let values = match item.as_value() {
                Some(Value::Array(list)) => list.iter().map(word).collect(),
                Some(value) => word(value).map(|word| vec![word]),
                None => None,
            };
            let Some(values) = values else {
                let key = keys.join(".");
                return Err(format!(
                    "line {line}: `{TABLE}.{key}` is no text, number, true, false, or list of texts or numbers"
                ));
            };
            found.push(DefaultValue {
                keys: keys.clone(),
                values,
                is_switch: item.as_bool().is_some(),
                line,
            });
        }
        keys.pop();
    }
    Ok(())
}

/// A value as it would be written on the command line.
fn word(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.value().clone()),
        Value::Integer(number) => Some(number.value().to_string()),
        Value::Float(number) => Some(number.value().to_string()),
        Value::Boolean(is_on) => Some(is_on.value().to_string()),
        Value::Datetime(_) | Value::Array(_) | Value::InlineTable(_) => None,
    }
}

fn line(text: &str, offset: usize) -> usize {
    text.bytes()
        .take(offset)
        .filter(|&byte| byte == b'\n')
        .count()
        + 1
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILE: &str = "# a project\nrecords = 'here'\n\n[defaults.gate]\nbudget = '2m'\nminimum-effect = 1.5\nstrict = true\n\n\
                        [defaults]\nrun = { threads = 2, metric = ['time', 'heap'] }\nbaseline.list.format = 'json'\n";

    #[test]
    fn every_value_has_its_keys_and_its_line() {
        let found = defaults(FILE).expect("valid");
        let lines: Vec<String> = found
            .iter()
            .map(|one| {
                format!(
                    "{}: {} = {}",
                    one.line,
                    one.keys.join(" "),
                    one.values.join(",")
                )
            })
            .collect();
        assert_eq!(
            lines,
            [
                "5: gate budget = 2m",
                "6: gate minimum-effect = 1.5",
                "7: gate strict = true",
                "10: run threads = 2",
                "10: run metric = time,heap",
                "11: baseline list format = json",
            ]
        );
        assert_eq!(line_of(FILE, "records"), Some(2));
        assert_eq!(line_of(FILE, "reports"), None);
    }

    #[test]
    fn a_value_of_another_type_is_refused_with_its_line() {
        let error = defaults("[defaults.gate]\nbudget = 2026-01-01\n").expect_err("refused");
        assert!(
            error.starts_with("line 2: `defaults.gate.budget` is no text"),
            "{error}"
        );
        assert_eq!(defaults("no toml [").expect("left to others"), []);
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in r"(\[defaults\]\n)?[a-z.=\[\]{}'0-9\n -]{0,60}") {
            let _ = defaults(&text);
            let _ = line_of(&text, "records");
        }
    }
}
