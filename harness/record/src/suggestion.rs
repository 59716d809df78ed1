//! Suggestions for misspelled names.

/// Returns the name most similar to `name`, or `None` if no Jaro-Winkler similarity reaches 0.7.
pub fn nearest<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    names
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(similarity, _)| *similarity >= 0.7)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// Returns the end of an error message about an unknown name: the most similar name, or else all names.
pub fn suggestion<'a>(name: &str, names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.into_iter().collect();
    match nearest(name, names.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if names.is_empty() => "there are none".to_owned(),
        None => format!("there are: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suggests_the_closest_name_or_all_of_them() {
        let phases = ["naive", "reference", "kv-cache", "optimized"];
        assert_eq!(suggestion("optimised", phases), "did you mean `optimized`?");
        assert_eq!(suggestion("kvcache", phases), "did you mean `kv-cache`?");
        assert_eq!(
            suggestion("zzz", phases),
            "there are: naive, reference, kv-cache, optimized"
        );
        assert_eq!(suggestion("zzz", []), "there are none");
    }
}
