//! Adopts the criterion benches of a package: the dependency comes from the drop-in, the benches stay as they are.

use std::fs;
use std::path::Path;

use cargo_metadata::{Metadata, Package};
use toml_edit::{DocumentMut, Item};

use super::{Changes, InitError, Source, manifest};

/// The tables of a manifest in which benches find their dependencies.
const TABLES: [&str; 2] = ["dev-dependencies", "dependencies"];

/// Redirects the dependency on criterion, and returns the names of the benches that use it.
pub(super) fn adopt(
    metadata: &Metadata,
    package: &Package,
    source: &Source,
    changes: &mut Changes<'_>,
) -> Result<Vec<String>, InitError> {
    let benches: Vec<String> = package
        .targets
        .iter()
        .filter(|target| target.is_bench() && uses_criterion(target.src_path.as_std_path()))
        .map(|target| target.name.clone())
        .collect();
    let missing = || InitError::NoCriterion(package.name.to_string());
    if benches.is_empty() {
        return Err(missing());
    }
    let own = package.manifest_path.as_std_path();
    let content = "criterion comes from the drop-in";
    let mut place = None;
    changes.edit(own, content, |document| {
        place = redirect(document, source);
        Ok(())
    })?;
    match place {
        Some(Place::Here) => Ok(benches),
        Some(Place::Workspace) => {
            let root = metadata.workspace_root.join("Cargo.toml");
            let mut found = false;
            changes.edit(root.as_std_path(), content, |document| {
                let dependency = document
                    .get_mut("workspace")
                    .and_then(|workspace| workspace.get_mut("dependencies"))
                    .and_then(|dependencies| dependencies.get_mut("criterion"));
                found = dependency.is_some();
                if let Some(dependency) = dependency {
                    redirect_once(dependency, source);
                }
                Ok(())
            })?;
            found.then_some(benches).ok_or_else(missing)
        }
        None => Err(missing()),
    }
}

/// Where the version of a dependency is.
enum Place {
    Here,
    Workspace,
}

fn redirect(document: &mut DocumentMut, source: &Source) -> Option<Place> {
    for table in TABLES {
        let Some(dependency) = document
            .get_mut(table)
            .and_then(|table| table.get_mut("criterion"))
        else {
            continue;
        };
        if dependency.get("workspace").and_then(Item::as_bool) == Some(true) {
            return Some(Place::Workspace);
        }
        redirect_once(dependency, source);
        return Some(Place::Here);
    }
    None
}

/// Redirects a dependency that comes from somewhere else.
fn redirect_once(dependency: &mut Item, source: &Source) {
    if manifest::package_of(dependency) != Some("harness-criterion") {
        manifest::redirect(dependency, source, "harness-criterion");
    }
}

fn uses_criterion(file: &Path) -> bool {
    fs::read_to_string(file).is_ok_and(|text| text.contains("criterion_main!"))
}
