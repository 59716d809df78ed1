//! Ids of workloads from the names of benchmarks.

use serde_json::Value;

/// Length above which a name is shortened: an argument may be a whole text.
const LONGEST: usize = 64;
/// Number of characters that are kept of such a name.
const KEPT: usize = 40;
/// Number of digits of the digest that keeps shortened names different.
const DIGITS: usize = 8;

/// Joins names to an id.
pub(crate) fn id<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let short: Vec<String> = names.map(|name| shortened(name)).collect();
    short.join("/")
}

/// Keeps a short name. Of a long one, it keeps the start and adds a digest.
fn shortened(name: &str) -> String {
    let plain: String = name
        .chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect();
    if plain.chars().count() <= LONGEST && plain == name {
        return plain;
    }
    let start: String = plain.chars().take(KEPT).collect();
    let digest = harness_probe::digest(&Value::from(name));
    let digest: String = digest.chars().take(DIGITS).collect();
    format!("{}~{digest}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay_and_long_ones_stay_different() {
        let names = ["sort".to_owned(), "Vec<i32>".to_owned(), "10".to_owned()];
        assert_eq!(id(names.iter()), "sort/Vec<i32>/10");
        let long = |end: char| format!("{}{end}", "word\n".repeat(50));
        let (a, b) = (shortened(&long('a')), shortened(&long('b')));
        assert_ne!(a, b);
        assert!(a.len() < LONGEST && !a.contains('\n'), "{a}");
    }
}
