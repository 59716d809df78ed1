//! Shortened function names that fit into a table.

/// Returns the name with shortened paths: the last part within brackets, the last two parts outside.
/// `<engine::a::Gelu as engine::Operation>::run` becomes `<Gelu as Operation>::run`.
pub fn short(name: &str) -> String {
    let (mut text, mut path, mut depth) = (String::new(), String::new(), 0_usize);
    for letter in name.chars() {
        if letter.is_alphanumeric() || matches!(letter, '_' | ':' | '@' | '.') {
            path.push(letter);
            continue;
        }
        finish(&mut text, &mut path, depth);
        text.push(letter);
        match letter {
            '<' => depth += 1,
            '>' if !text.ends_with("->") => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    finish(&mut text, &mut path, depth);
    text
}

/// Appends the end of a path.
fn finish(text: &mut String, path: &mut String, depth: usize) {
    let parts: Vec<&str> = path.split("::").collect();
    // A path after a bracket, as in `<A as B>::run`, begins with an empty part and stays whole; so does a path before
    // one.
    let rest = path.starts_with("::") || path.ends_with("::");
    let kept = if depth == 0 { 2 } else { 1 };
    match rest {
        true if path.ends_with("::") && !path.starts_with("::") && parts.len() > 2 => {
            text.push_str(&parts[parts.len().saturating_sub(kept + 1)..].join("::"));
        }
        true => text.push_str(path),
        false => text.push_str(&parts[parts.len().saturating_sub(kept)..].join("::")),
    }
    path.clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cut_and_names_stay() {
        let expected = [
            ("engine::gelu::Gelu::run", "Gelu::run"),
            ("main", "main"),
            ("__memcpy_avx_unaligned_erms", "__memcpy_avx_unaligned_erms"),
            ("layer_norm", "layer_norm"),
            ("qkv product", "qkv product"),
            ("(below main)", "(below main)"),
            (
                "std::rt::lang_start::{{closure}}",
                "rt::lang_start::{{closure}}",
            ),
            (
                "<harness_suite::kernel::gelu::Gelu as harness_suite::kernel::Operation>::call::{{closure}}",
                "<Gelu as Operation>::call::{{closure}}",
            ),
            (
                "engine::simd::rows::<engine::simd::avx2::Lanes>",
                "simd::rows::<Lanes>",
            ),
            (
                "__libc_start_main@@GLIBC_2.34",
                "__libc_start_main@@GLIBC_2.34",
            ),
        ];
        for (name, text) in expected {
            assert_eq!(short(name), text);
        }
    }
}
