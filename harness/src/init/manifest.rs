//! Changes of a `Cargo.toml`.

use std::path::Path;

use toml_edit::{ArrayOfTables, DocumentMut, Item, Table, Value, value};

use super::{InitError, NAME, Source};

/// The oldest edition in which the macros of `harness-bench` work without further declarations.
const EDITION: &str = "2018";

/// Adds the bench and its dependency, unless the manifest has them.
pub(super) fn add_bench(
    document: &mut DocumentMut,
    manifest: &Path,
    source: &Source,
    edition: &str,
) -> Result<(), InitError> {
    let taken = |what| InitError::Taken {
        file: manifest.to_owned(),
        what,
    };
    let dependencies = table(document, "dev-dependencies").ok_or_else(|| taken("dependency"))?;
    match dependencies.get(NAME) {
        None => {
            let dependency = source.dependency("harness-bench");
            dependencies.insert(NAME, value(Value::InlineTable(dependency)));
        }
        Some(existing) if package_of(existing) == Some("harness-bench") => {
            // Another origin was chosen; features and other keys stay.
            set_origin(&mut dependencies[NAME], source, "harness-bench");
        }
        Some(_) => return Err(taken("dependency")),
    }
    let benches = document
        .entry("bench")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()))
        .as_array_of_tables_mut()
        .ok_or_else(|| taken("bench"))?;
    let named = |bench: &&Table| bench.get("name").and_then(Item::as_str) == Some(NAME);
    let runs_itself = benches
        .iter()
        .find(named)
        .map(|bench| bench.get("harness").and_then(Item::as_bool) == Some(false));
    match runs_itself {
        Some(false) => Err(taken("bench")),
        Some(true) => Ok(()),
        None => {
            let mut bench = Table::new();
            bench.insert("name", value(NAME));
            bench.insert("harness", value(false));
            if edition < EDITION {
                bench.insert("edition", value(EDITION));
            }
            benches.push(bench);
            Ok(())
        }
    }
}

/// Makes a dependency come from a package of the harness. Keeps its features.
pub(super) fn redirect(dependency: &mut Item, source: &Source, package: &str) {
    let features = dependency.get("features").cloned();
    let default = dependency.get("default-features").cloned();
    let optional = dependency.get("optional").cloned();
    let mut table = source.dependency(package);
    for (name, kept) in [
        ("features", features),
        ("default-features", default),
        ("optional", optional),
    ] {
        if let Some(kept) = kept.and_then(|kept| kept.into_value().ok()) {
            table.insert(name, kept);
        }
    }
    *dependency = value(Value::InlineTable(table));
}

/// The name of the package that a dependency comes from, if it is renamed.
pub(super) fn package_of(dependency: &Item) -> Option<&str> {
    dependency.get("package").and_then(Item::as_str)
}

fn set_origin(dependency: &mut Item, source: &Source, package: &str) {
    let origin = source.dependency(package);
    let same = origin
        .iter()
        .all(|(key, wanted)| dependency.get(key).and_then(Item::as_str) == wanted.as_str());
    if !same {
        redirect(dependency, source, package);
    }
}

/// A table of the document, made if there is none; `None` if the name is something else.
fn table<'a>(document: &'a mut DocumentMut, name: &str) -> Option<&'a mut Table> {
    document
        .entry(name)
        .or_insert(Item::Table(Table::new()))
        .as_table_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn changed(text: &str) -> Result<String, InitError> {
        let mut document: DocumentMut = text.parse().expect("valid");
        let source = Source::Git("https://example.org/h".to_owned());
        add_bench(&mut document, Path::new("Cargo.toml"), &source, "2015")?;
        Ok(document.to_string())
    }

    #[test]
    fn comments_and_order_stay_and_a_second_change_does_nothing() {
        let text = "# mine\n[package]\nname = \"a\" # yes\n\n[dev-dependencies]\nserde = \"1\"\n";
        let once = changed(text).expect("changed");
        insta::assert_snapshot!(once);
        assert_eq!(changed(&once).expect("changed"), once);
    }

    #[test]
    fn another_meaning_of_the_name_is_refused() {
        for text in [
            "[dev-dependencies]\nharness = \"1\"\n",
            "[[bench]]\nname = \"harness\"\n",
        ] {
            assert!(
                matches!(changed(text), Err(InitError::Taken { .. })),
                "{text}"
            );
        }
    }

    #[test]
    fn a_redirected_dependency_keeps_its_features() {
        let text = "[dev-dependencies]\ncriterion = { version = \"0.5\", default-features = false, features = [\"x\"] }\n";
        let mut document: DocumentMut = text.parse().expect("valid");
        let source = Source::Checkout("/h".into());
        redirect(
            &mut document["dev-dependencies"]["criterion"],
            &source,
            "harness-criterion",
        );
        insta::assert_snapshot!(document.to_string());
    }
}
