//! The tensor files of a checkpoint: one file, or several *shards* with an index, as Hugging Face saves a large model.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use memmap2::Mmap;
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

use super::CheckpointError;

/// Name of the only tensor file.
const SINGLE: &str = "model.safetensors";
/// Name of the index, which maps the names of tensors to those of files.
const INDEX: &str = "model.safetensors.index.json";

/// A tensor in a mapped file.
pub(super) struct Entry {
    /// Path of the file.
    pub(super) path: PathBuf,
    /// The file.
    pub(super) file: Arc<Mmap>,
    /// Type of its elements.
    pub(super) dtype: Dtype,
    /// Length of every dimension.
    pub(super) shape: Vec<usize>,
    /// Place of its first byte in the file.
    pub(super) start: usize,
    /// Number of its bytes.
    pub(super) bytes: usize,
}

/// The tensor files in a folder: `model.safetensors`, or if there is no such file, the index and the files that it
/// names.
pub(super) fn paths(folder: &Path) -> Result<Vec<PathBuf>, CheckpointError> {
    let (single, index) = (folder.join(SINGLE), folder.join(INDEX));
    if single.exists() || !index.exists() {
        return Ok(vec![single]);
    }
    let shards = shards(&index)?.into_values().collect::<BTreeSet<_>>();
    let shards = shards.into_iter().map(|name| folder.join(name));
    Ok(std::iter::once(index).chain(shards).collect())
}

/// Maps the tensor files in a folder. Returns all tensors by name, and the file that lists them.
pub(super) fn open(folder: &Path) -> Result<(PathBuf, HashMap<String, Entry>), CheckpointError> {
    let (single, index) = (folder.join(SINGLE), folder.join(INDEX));
    let mut all = HashMap::new();
    if single.exists() || !index.exists() {
        all.extend(tensors(&single)?);
        return Ok((single, all));
    }
    let shards = shards(&index)?;
    for name in shards.values().collect::<BTreeSet<_>>() {
        let path = folder.join(name);
        for (tensor, entry) in tensors(&path)? {
            // The index decides; a tensor that it places elsewhere, or does not list, would be ambiguous.
            if shards.get(&tensor) != Some(name) {
                return Err(CheckpointError::Index {
                    path: index,
                    reason: format!("it does not place the tensor {tensor} of {name} there"),
                });
            }
            all.insert(tensor, entry);
        }
    }
    if let Some((tensor, name)) = shards.iter().find(|(tensor, _)| !all.contains_key(*tensor)) {
        let reason = format!("it places the tensor {tensor} in {name}, which does not have it");
        return Err(CheckpointError::Index {
            path: index,
            reason,
        });
    }
    Ok((index, all))
}

/// Reads the index: names of tensors, each with the name of its file.
fn shards(index: &Path) -> Result<BTreeMap<String, String>, CheckpointError> {
    let text = std::fs::read_to_string(index).map_err(|source| CheckpointError::Read {
        path: index.to_owned(),
        source,
    })?;
    let wrong = |reason: &str| CheckpointError::Index {
        path: index.to_owned(),
        reason: reason.to_owned(),
    };
    let value: Value = serde_json::from_str(&text).map_err(|_| wrong("it is not JSON"))?;
    let map = value.get("weight_map").and_then(Value::as_object);
    let map = map.filter(|map| !map.is_empty());
    let map = map.ok_or_else(|| wrong("it has no tensors in an object `weight_map`"))?;
    let shard = |(tensor, name): (&String, &Value)| {
        // A shard lies beside its index.
        let name = name.as_str().filter(|name| {
            Path::new(name)
                .file_name()
                .is_some_and(|plain| plain == *name)
        });
        let name =
            name.ok_or_else(|| wrong("a value in `weight_map` is not the name of a file"))?;
        Ok((tensor.clone(), name.to_owned()))
    };
    map.iter().map(shard).collect()
}

/// Maps a tensor file and lists its tensors.
fn tensors(path: &Path) -> Result<Vec<(String, Entry)>, CheckpointError> {
    let read = |source| CheckpointError::Read {
        path: path.to_owned(),
        source,
    };
    let handle = File::open(path).map_err(read)?;
    // SAFETY: the map is private to this process and only read. The documentation of `Weights::load` requires that the
    // file is not changed meanwhile.
    let file = Arc::new(unsafe { Mmap::map(&handle) }.map_err(read)?);
    let parsed = SafeTensors::deserialize(&file).map_err(|error| CheckpointError::Damaged {
        path: path.to_owned(),
        bytes: file.len(),
        reason: error.to_string(),
    })?;
    let base = file.as_ptr() as usize;
    let entry = |(name, view): (&str, safetensors::tensor::TensorView<'_>)| {
        let entry = Entry {
            path: path.to_owned(),
            file: Arc::clone(&file),
            dtype: view.dtype(),
            shape: view.shape().to_vec(),
            start: view.data().as_ptr() as usize - base,
            bytes: view.data().len(),
        };
        (name.to_owned(), entry)
    };
    Ok(parsed.iter().map(entry).collect())
}
