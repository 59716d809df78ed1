//! Token embedding: a row of the table for every token of a prompt, or of several prompts at once.

use engine::embedding::{Embedding as Implementation, Table};
use engine::random::SplitMix64;
use engine::simd::Level;
use engine::thread_pool::ThreadPool;
use engine::variant::Variant;
use harness_probe::{Selection, Unit, WorkloadError};

use super::{Call, INPUT_SEED, Kernel, Operation, inputs};

/// Rows of the medium model's table.
const VOCAB: usize = 512;

/// Output `[tokens, columns]`.
struct Embedding {
    tokens: usize,
    columns: usize,
}

/// Lookups for one prompt and for a batch of four prompts, the subject of two forecasts of the roadmap.
pub(super) fn kernels() -> Vec<Kernel> {
    let kernel = |id: &str, tokens: usize| Kernel {
        id: id.to_owned(),
        unit: Unit {
            name: "call".to_owned(),
            per_run: 1,
        },
        selection: Selection::OnDemand,
        phases: [
            "naive",
            "naive,embedding=row-copy",
            "naive,embedding=parallel",
        ]
        .map(str::to_owned)
        .to_vec(),
        operation: std::sync::Arc::new(Embedding {
            tokens,
            columns: 256,
        }),
    };
    vec![
        kernel("ablation/embedding", 32),
        kernel("ablation/embedding-batch", 4 * 32),
    ]
}

impl Operation for Embedding {
    fn size(&self) -> Vec<usize> {
        vec![self.tokens, self.columns]
    }
    fn axis(&self) -> &'static str {
        "embedding"
    }
    fn call(&self, variant: Variant, _: Level, threads: usize) -> Result<Call, WorkloadError> {
        let table = inputs(10, VOCAB * self.columns, 0.0, 1.0);
        let tokens = SplitMix64::new(INPUT_SEED).tokens(VOCAB, self.tokens);
        let implementation = Implementation::new(variant.embedding);
        let pool = ThreadPool::new(threads).map_err(WorkloadError::new)?;
        let compute =
            move |out: &mut [f32]| implementation.run(&tokens, Table::Plain(&table), out, &pool);
        Ok(Call {
            compute: Box::new(compute),
            outputs: self.tokens * self.columns,
        })
    }
}
