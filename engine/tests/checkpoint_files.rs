//! Checkpoints whose tensors lie in several files, or that store the head and the embedding once.

use std::fs;
use std::path::{Path, PathBuf};

use engine::{CheckpointError, Weights};
use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize_to_file};
use serde_json::{Map, Value, json};
use tempfile::TempDir;

const SHARDS: [&str; 2] = [
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
];
const INDEX: &str = "model.safetensors.index.json";

type Stored = (String, Dtype, Vec<usize>, Vec<u8>);

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/untied-inner")
}

fn stored() -> Vec<Stored> {
    let bytes = fs::read(golden().join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let tensor = |(name, view): (&str, TensorView<'_>)| {
        let data = view.data().to_vec();
        (name.to_owned(), view.dtype(), view.shape().to_vec(), data)
    };
    file.iter().map(tensor).collect()
}

fn write(path: &Path, tensors: &[Stored]) {
    let views = tensors.iter().map(|(name, dtype, shape, data)| {
        (name, TensorView::new(*dtype, shape.clone(), data).unwrap())
    });
    serialize_to_file(views, None, path).unwrap();
}

/// A folder with the configuration of the golden checkpoint, changed at these keys.
fn folder(changes: &[(&str, Value)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let text = fs::read_to_string(golden().join("config.json")).unwrap();
    let mut config: Value = serde_json::from_str(&text).unwrap();
    for (key, value) in changes {
        config[*key] = value.clone();
    }
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    folder
}

/// The same checkpoint in two shards.
fn sharded() -> TempDir {
    let folder = folder(&[]);
    let all = stored();
    let halves = all.split_at(all.len() / 2);
    let mut map = Map::new();
    for (name, half) in SHARDS.into_iter().zip([halves.0, halves.1]) {
        write(&folder.path().join(name), half);
        map.extend(half.iter().map(|tensor| (tensor.0.clone(), json!(name))));
    }
    index(&folder, &Value::Object(map));
    folder
}

fn index(folder: &TempDir, map: &Value) {
    let index = json!({"metadata": {"total_size": 1}, "weight_map": map});
    fs::write(folder.path().join(INDEX), index.to_string()).unwrap();
}

#[test]
fn shards_load_like_one_file() {
    let (whole, folder) = (Weights::load(&golden()).unwrap(), sharded());
    let weights = Weights::load(folder.path()).unwrap();
    let embedding = |weights: &Weights| weights.token_embedding.values().to_vec();
    assert_eq!(embedding(&weights), embedding(&whole));
    let last = |weights: &Weights| {
        let block = weights.blocks.last().unwrap();
        block.contract.kernel.values().to_vec()
    };
    assert_eq!(last(&weights), last(&whole));
    let files = Weights::files(folder.path()).unwrap();
    let names: Vec<_> = files.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["config.json", INDEX, SHARDS[0], SHARDS[1]]);
    assert_eq!(Weights::files(&golden()).unwrap().len(), 2);
}

#[test]
fn an_index_that_does_not_fit_its_shards_is_refused_by_name() {
    let refused = |folder: &TempDir, part: &str| {
        let error = Weights::load(folder.path()).unwrap_err();
        let is_index = matches!(&error, CheckpointError::Index { .. });
        let message = error.to_string();
        assert!(is_index && message.contains(part), "{message}");
    };
    let folder = sharded();
    index(&folder, &json!({}));
    refused(&folder, "no tensors");
    index(
        &folder,
        &json!({"transformer.wte.weight": "../model.safetensors"}),
    );
    refused(&folder, "not the name of a file");
    index(&folder, &json!({"nowhere": SHARDS[0]}));
    refused(&folder, "does not place the tensor");
    fs::write(folder.path().join(INDEX), "{").unwrap();
    refused(&folder, "not JSON");
    let folder = sharded();
    fs::remove_file(folder.path().join(SHARDS[1])).unwrap();
    let error = Weights::load(folder.path()).unwrap_err();
    assert!(
        matches!(&error, CheckpointError::Read { path, .. } if path.ends_with(SHARDS[1])),
        "{error}"
    );
}

#[test]
fn tied_weights_may_be_stored_under_either_name() {
    let folder = folder(&[("tie_word_embeddings", json!(true))]);
    let path = folder.path().join("model.safetensors");
    for left_out in ["lm_head.weight", "transformer.wte.weight"] {
        let mut all = stored();
        all.retain(|tensor| tensor.0 != left_out);
        write(&path, &all);
        let weights = Weights::load(folder.path()).unwrap();
        assert!(weights.head.is_none(), "without {left_out}");
        assert!(weights.validate().is_ok(), "without {left_out}");
    }
    let mut neither = stored();
    neither.retain(|tensor| !["lm_head.weight", "transformer.wte.weight"].contains(&&*tensor.0));
    write(&path, &neither);
    let error = Weights::load(folder.path()).unwrap_err();
    assert!(matches!(error, CheckpointError::Missing { .. }), "{error}");
}
