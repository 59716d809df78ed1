//! Ids of workloads from the names that a library for benches gives them.

use serde_json::Value;

use crate::digest;

/// Length above which a name is shortened: a parameter may be a whole text.
const LONGEST: usize = 64;
/// Number of characters that are kept of such a name.
const KEPT: usize = 40;
/// Number of digits of the digest that keeps shortened names different.
const DIGITS: usize = 8;

/// Joins names to the id of a workload: `group/function/parameter`. A name of more than 64 characters or of several lines
/// is shortened, and a digest is added.
pub fn join_names<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let short: Vec<String> = names.into_iter().map(shortened).collect();
    short.join("/")
}

/// Keeps a short name. Of a long one, it keeps the start and adds a digest.
fn shortened(name: &str) -> String {
    let plain = name.replace(char::is_control, " ");
    if plain.chars().count() <= LONGEST && plain == name {
        return plain;
    }
    let start: String = plain.chars().take(KEPT).collect();
    let digest: String = digest(&Value::from(name)).chars().take(DIGITS).collect();
    format!("{}~{digest}", start.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stay_and_long_ones_stay_different() {
        assert_eq!(join_names(["sort", "Vec<i32>", "10"]), "sort/Vec<i32>/10");
        let long = |end: char| format!("{}{end}", "word\n".repeat(50));
        let (a, b) = (join_names([&*long('a')]), join_names([&*long('b')]));
        assert_ne!(a, b);
        assert!(a.len() < LONGEST && !a.contains('\n'), "{a}");
    }
}
