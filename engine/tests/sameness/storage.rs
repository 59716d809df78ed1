//! Weights stored in fewer bits: what that costs in accuracy, against f32.

use engine::variant::WeightStorage;

/// How far variants of one storage may lie apart, relative to the largest logit. f32 and bf16 weights meet f32
/// activations, so only the order of additions differs. With int8 weights the vector kernels also round activations
/// to 8 bits, which the naive kernel does not.
pub(crate) fn tolerance(storage: WeightStorage) -> f32 {
    match storage {
        WeightStorage::F32 | WeightStorage::Bf16 => 1e-4,
        WeightStorage::Int8 => 3e-2,
    }
}
