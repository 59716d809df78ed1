//! Adopts the existing benches of a package: a dependency comes from its drop-in, the benches stay as they are.

use std::fs;

use cargo_metadata::{Metadata, Package};
use toml_edit::{DocumentMut, Item, TableLike};

use super::files::Suite;
use super::{Changes, InitError, Source, manifest};

/// The tables of a manifest in which benches find their dependencies.
const TABLES: [&str; 2] = ["dev-dependencies", "dependencies"];

/// A library for benches that has a drop-in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum DropIn {
    /// `harness-criterion` replaces criterion.
    Criterion,
    /// `harness-divan` replaces divan.
    Divan,
}

impl DropIn {
    /// The package that replaces it.
    fn package(self) -> &'static str {
        match self {
            Self::Criterion => "harness-criterion",
            Self::Divan => "harness-divan",
        }
    }

    /// The feature of the heap build of a bench, or none if the bench is for something else.
    fn heap_feature(self, bench: &str) -> Option<&'static str> {
        match self {
            Self::Criterion => bench
                .contains("criterion_main!")
                .then_some("criterion/heap"),
            Self::Divan if !bench.contains("divan::") => None,
            // A program has one allocator, and this bench declares it.
            Self::Divan if bench.contains("AllocProfiler") => Some("divan/heap-in-profiler"),
            Self::Divan => Some("divan/heap"),
        }
    }
}

/// Redirects the dependency on a library, and returns the benches that use it.
pub(super) fn adopt(
    drop_in: DropIn,
    metadata: &Metadata,
    package: &Package,
    source: &Source,
    changes: &mut Changes<'_>,
) -> Result<Vec<Suite>, InitError> {
    let suite = |target: &cargo_metadata::Target| {
        let text = fs::read_to_string(&target.src_path).ok()?;
        Some(Suite {
            bench: target.name.clone(),
            heap_feature: drop_in.heap_feature(&text)?,
        })
    };
    let benches = package.targets.iter().filter(|target| target.is_bench());
    let benches: Vec<Suite> = benches.filter_map(suite).collect();
    let missing = || InitError::NoBench(package.name.to_string(), drop_in);
    if benches.is_empty() {
        return Err(missing());
    }
    let own = package.manifest_path.as_std_path();
    let content = format!("{drop_in} comes from the drop-in");
    let mut place = None;
    changes.edit(own, &content, |document| {
        let folder = own.parent().unwrap_or(own);
        place = redirect(drop_in, document, &source.seen_from(folder));
        Ok(())
    })?;
    match place {
        Some(Place::Here) => Ok(benches),
        Some(Place::Workspace) => {
            let source = source.seen_from(metadata.workspace_root.as_std_path());
            let root = metadata.workspace_root.join("Cargo.toml");
            let mut found = false;
            changes.edit(root.as_std_path(), &content, |document| {
                let dependencies = document
                    .get_mut("workspace")
                    .and_then(|workspace| table_in(workspace, "dependencies"));
                let name = drop_in.to_string();
                if let Some(dependencies) = dependencies {
                    found = redirect_in(drop_in, &name, dependencies, &source).is_some();
                }
                Ok(())
            })?;
            found.then_some(benches).ok_or_else(missing)
        }
        None => Err(missing()),
    }
}

/// Where the version of a dependency is.
#[derive(Debug, PartialEq, Eq)]
enum Place {
    Here,
    Workspace,
}

/// Redirects the dependency in all tables that have it: a manifest may have one more for each kind of target.
fn redirect(drop_in: DropIn, document: &mut DocumentMut, source: &Source) -> Option<Place> {
    let name = drop_in.to_string();
    let mut place = redirect_below(drop_in, &name, document.as_table_mut(), source);
    let targets = document.get_mut("target").and_then(Item::as_table_like_mut);
    for (_, target) in targets.into_iter().flat_map(|targets| targets.iter_mut()) {
        if let Some(target) = target.as_table_like_mut() {
            place = place.or(redirect_below(drop_in, &name, target, source));
        }
    }
    place
}

fn redirect_below(
    drop_in: DropIn,
    name: &str,
    parent: &mut dyn TableLike,
    source: &Source,
) -> Option<Place> {
    let mut place = None;
    for table in TABLES {
        let dependencies = parent.get_mut(table).and_then(Item::as_table_like_mut);
        if let Some(dependencies) = dependencies {
            place = place.or(redirect_in(drop_in, name, dependencies, source));
        }
    }
    place
}

/// Redirects the dependency in a table of dependencies that has it.
fn redirect_in(
    drop_in: DropIn,
    name: &str,
    dependencies: &mut dyn TableLike,
    source: &Source,
) -> Option<Place> {
    let dependency = dependencies.get_mut(name)?;
    if dependency.get("workspace").and_then(Item::as_bool) == Some(true) {
        return Some(Place::Workspace);
    }
    let had_a_header = dependency.is_table();
    // A dependency that the drop-in replaces already stays as it is.
    if manifest::package_of(dependency) != Some(drop_in.package()) {
        manifest::redirect(dependency, source, drop_in.package());
        if let (true, Some(mut key)) = (had_a_header, dependencies.key_mut(name)) {
            // A key of a header has no space before the equals sign.
            key.fmt();
        }
    }
    Some(Place::Here)
}

fn table_in<'a>(item: &'a mut Item, name: &str) -> Option<&'a mut dyn TableLike> {
    item.as_table_like_mut()?.get_mut(name)?.as_table_like_mut()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(drop_in: DropIn, text: &str) -> (String, Option<Place>) {
        let mut document: DocumentMut = text.parse().expect("valid");
        let source = Source::Git("https://example.org/h".to_owned());
        let place = redirect(drop_in, &mut document, &source);
        (document.to_string(), place)
    }

    #[test]
    fn a_dependency_is_found_in_the_tables_of_a_published_manifest() {
        let text = "[dev-dependencies.divan]\nversion = \"0.1\"\n\n\
                    [target.\"cfg(not(miri))\".dev-dependencies.criterion]\nversion = \"0.8\"\ndefault-features = false\n";
        let (once, place) = redirected(DropIn::Criterion, text);
        assert_eq!(place, Some(Place::Here));
        let (twice, place) = redirected(DropIn::Divan, &once);
        assert_eq!(place, Some(Place::Here));
        insta::assert_snapshot!(twice);
        assert_eq!(redirected(DropIn::Divan, &twice).0, twice);
    }

    #[test]
    fn a_dependency_of_the_workspace_stays_and_a_missing_one_is_none() {
        let text = "[dev-dependencies]\ndivan = { workspace = true }\n";
        let (same, place) = redirected(DropIn::Divan, text);
        assert_eq!((same.as_str(), place), (text, Some(Place::Workspace)));
        assert_eq!(redirected(DropIn::Criterion, text).1, None);
    }

    #[test]
    fn the_heap_build_depends_on_the_allocator_that_a_bench_declares() {
        let of = DropIn::heap_feature;
        assert_eq!(
            of(DropIn::Criterion, "criterion_main!(a);"),
            Some("criterion/heap")
        );
        assert_eq!(of(DropIn::Criterion, "divan::main()"), None);
        assert_eq!(of(DropIn::Divan, "divan::main()"), Some("divan/heap"));
        let profiled = "static A: divan::AllocProfiler = AllocProfiler::system();";
        assert_eq!(of(DropIn::Divan, profiled), Some("divan/heap-in-profiler"));
    }
}
