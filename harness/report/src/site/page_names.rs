//! Names of the pages of workloads. A workload keeps the name of its page as long as no other one has a similar id.

use std::collections::HashMap;

use harness_probe::digest;

use super::Site;

/// Folder of the pages of workloads.
const FOLDER: &str = "workloads";
/// Longest name that is made from an id without a digest.
const LONGEST: usize = 80;

/// The path of the page of each workload, by id, relative to the index.
pub(super) fn page_names(site: &Site) -> HashMap<&str, String> {
    let ids = || site.workloads.iter().map(|workload| workload.id.as_str());
    let mut seen: HashMap<String, usize> = HashMap::new();
    // Some file systems ignore the case of names.
    ids().for_each(|id| *seen.entry(plain(id).to_lowercase()).or_default() += 1);
    let path = |id| {
        let name = plain(id);
        let is_unique = seen[&name.to_lowercase()] == 1 && name.len() <= LONGEST;
        let name = if is_unique {
            name
        } else {
            let start: String = name.chars().take(LONGEST).collect();
            format!("{start}-{}", digest(&id.into()))
        };
        (id, format!("{FOLDER}/{name}.html"))
    };
    ids().map(path).collect()
}

/// Replaces characters that are special in paths, in URLs or in a shell.
fn plain(id: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name: String = id
        .chars()
        .map(|c| if is_plain(c) { c } else { '-' })
        .collect();
    // A name that begins with a point is hidden by many hosts.
    match name.strip_prefix('.') {
        Some(rest) => format!("-{rest}"),
        None => name,
    }
}
