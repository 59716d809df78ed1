//! rten on the ONNX graph of onnx_standard.py, as a peer of the comparison.
//!
//!     peer-rten FOLDER THREADS model|model-packed|dynamic
//!
//! `model` and `dynamic` are files of the graph, in f32 and with int8 weights; with `-packed`, weights are also copied to
//! the layout of the kernels.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use protocol::{Arguments, Peer, serve};
use rten::{Dimension, Model, ModelOptions, NodeId, RunOptions, ThreadPool, Value, ValueOrView};
use rten_tensor::NdTensor;

const POSITIONS_AXIS: usize = 2; // of the cached [1, heads, positions, size]

struct Rten {
    model: Model,
    options: RunOptions,
    tokens: NodeId,
    positions: NodeId,
    past: Vec<NodeId>,
    outputs: Vec<NodeId>, // the logits and the caches
    caches: Vec<Value>,
    cache_shape: [usize; 4],
    length: usize,
}

impl Rten {
    fn load(given: &Arguments) -> Result<Self> {
        let (file, packed) = match given.setting.strip_suffix("-packed") {
            Some(file) => (file, true),
            None => (given.setting.as_str(), false),
        };
        let path = given
            .folder
            .join("onnx_standard")
            .join(file)
            .with_extension("onnx");
        let mut options = ModelOptions::with_all_ops();
        let model = options
            .prepack_weights(packed)
            .load_file(&path)
            .with_context(|| format!("{} cannot be read.", path.display()))?;
        let name = |id: NodeId| {
            model
                .node_info(id)
                .and_then(|info| info.name().map(str::to_owned))
                .unwrap_or_default()
        };
        let past: Vec<NodeId> = model
            .input_ids()
            .iter()
            .copied()
            .filter(|&id| name(id).starts_with("past_"))
            .collect();
        let mut outputs = vec![model.node_id("logits")?];
        for &id in &past {
            outputs.push(model.node_id(name(id).trim_start_matches("past_"))?);
        }
        let first = past.first().context("The graph has no KV-cache.")?;
        let shape = model
            .node_info(*first)
            .and_then(|info| info.shape())
            .context("The KV-cache has no shape.")?;
        let [_, Dimension::Fixed(heads), _, Dimension::Fixed(size)] = shape[..] else {
            anyhow::bail!("The KV-cache has the shape {shape:?} instead of [1, heads, P, size].");
        };
        Ok(Self {
            options: RunOptions::default()
                .with_thread_pool(Some(Arc::new(ThreadPool::with_num_threads(given.threads)))),
            tokens: model.node_id("tokens")?,
            positions: model.node_id("positions")?,
            caches: Vec::new(),
            cache_shape: [1, heads, context(given)?, size],
            length: 0,
            past,
            outputs,
            model,
        })
    }

    /// Appends tokens and returns the logits after the last one. rten extends a cache in place if it owns the cache and
    /// there is capacity left.
    fn forward(&mut self, tokens: &[u32]) -> Result<Vec<f32>> {
        let end = self.length + tokens.len();
        ensure!(
            end <= self.cache_shape[POSITIONS_AXIS],
            "{end} tokens do not fit the context."
        );
        let tokens: Vec<i32> = tokens.iter().map(|&token| token as i32).collect();
        let positions: Vec<i32> = (self.length as i32..end as i32).collect();
        let row = |values: Vec<i32>| NdTensor::from_data([1, values.len()], values);
        let mut inputs: Vec<(NodeId, ValueOrView)> = vec![
            (self.tokens, row(tokens).into()),
            (self.positions, row(positions).into()),
        ];
        inputs.extend(
            self.past
                .iter()
                .copied()
                .zip(self.caches.drain(..).map(ValueOrView::from)),
        );
        let mut results = self
            .model
            .run(inputs, &self.outputs, Some(self.options.clone()))?
            .into_iter();
        let logits: NdTensor<f32, 3> = results
            .next()
            .context("The graph has no logits.")?
            .try_into()?;
        self.caches = results.collect();
        self.length = end;
        Ok(logits.into_data())
    }
}

/// The number of positions of the model.
fn context(given: &Arguments) -> Result<usize> {
    let config: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(given.folder.join("config.json"))?)?;
    Ok(config["n_positions"]
        .as_u64()
        .context("config.json has no n_positions.")? as usize)
}

impl Peer for Rten {
    fn prefill(&mut self, prompt: &[u32]) -> Result<Vec<f32>> {
        let empty = || {
            Value::from(NdTensor::<f32, 4>::with_capacity(
                self.cache_shape,
                POSITIONS_AXIS,
            ))
        };
        self.caches = self.past.iter().map(|_| empty()).collect();
        self.length = 0;
        self.forward(prompt)
    }

    fn decode(&mut self, token: u32) -> Result<Vec<f32>> {
        self.forward(&[token])
    }
}

fn main() -> Result<()> {
    serve(Rten::load(&Arguments::read()?)?)
}
