//! Series of the Turing Change Point Dataset, read from a checkout of it.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde::Deserialize;

use super::KnownSeries;

#[derive(Deserialize)]
struct Dataset {
    series: Vec<Dimension>,
}

#[derive(Deserialize)]
struct Dimension {
    raw: Vec<Option<f64>>,
}

/// Reads all series with one dimension that the folder has. A missing value is replaced by the one before it.
///
/// # Errors
/// If a file cannot be read, or no series is there.
pub fn annotated(folder: &Path) -> Result<Vec<KnownSeries>> {
    let annotations: BTreeMap<String, BTreeMap<String, Vec<usize>>> =
        read(&folder.join("annotations.json"))?;
    let mut all = Vec::new();
    for (name, annotators) in annotations {
        let path = folder
            .join("datasets")
            .join(&name)
            .join(format!("{name}.json"));
        // Some series may not be redistributed; the dataset's own scripts fetch them.
        if !path.is_file() {
            continue;
        }
        let Dataset { series } = read(&path)?;
        let [Dimension { raw }] = &series[..] else {
            continue;
        };
        let mut last = raw.iter().flatten().next().copied().unwrap_or_default();
        let values = raw.iter().map(|value| {
            last = value.unwrap_or(last);
            last
        });
        all.push(KnownSeries {
            set: "Turing dataset".to_owned(),
            values: values.collect(),
            annotations: annotators.into_values().collect(),
            name,
        });
    }
    if all.is_empty() {
        bail!(
            "{} has no series; give the folder of a checkout of github.com/alan-turing-institute/TCPD",
            folder.display()
        );
    }
    Ok(all)
}

fn read<T: for<'a> Deserialize<'a>>(path: &Path) -> Result<T> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("cannot understand {}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_keeps_the_value_before_it_and_other_dimensions_are_left_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let write = |path: &str, text: &str| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().expect("a parent")).expect("created");
            fs::write(path, text).expect("written");
        };
        write(
            "annotations.json",
            r#"{"a": {"6": [], "7": [2]}, "b": {"6": []}, "absent": {}}"#,
        );
        write(
            "datasets/a/a.json",
            r#"{"series": [{"raw": [null, 1, null, 3.5]}]}"#,
        );
        write(
            "datasets/b/b.json",
            r#"{"series": [{"raw": [1]}, {"raw": [2]}]}"#,
        );
        let read = annotated(folder.path()).expect("read");
        assert_eq!(read.len(), 1);
        assert_eq!(read[0].values, [1.0, 1.0, 1.0, 3.5]);
        assert_eq!(read[0].annotations, [vec![], vec![2]]);
        assert!(annotated(&folder.path().join("datasets")).is_err());
    }
}
