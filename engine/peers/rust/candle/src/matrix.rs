//! Matrix products with the storages of weights that candle has.

use std::str::FromStr;

use anyhow::bail;
use candle_core::quantized::{GgmlDType, QMatMul, QTensor};
use candle_core::{Module, Result, Tensor};

/// Storage of the weight matrices. None of the two f32 layouts is always the faster one.
#[derive(Clone, Copy)]
pub enum Storage {
    /// f32, one row per output, as `candle_nn::Linear` has it.
    Rows,
    /// f32, one row per input, as GPT-2's checkpoints have it.
    Columns,
    /// Blocks of 32 int8 values with a scale; activations are quantized alike.
    Q8_0,
}

impl FromStr for Storage {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        Ok(match name {
            "f32-rows" => Self::Rows,
            "f32-columns" => Self::Columns,
            "q8_0" => Self::Q8_0,
            _ => bail!("There is no setting {name:?}; use f32-rows, f32-columns or q8_0."),
        })
    }
}

/// A weight matrix.
pub enum Matrix {
    /// A transposed view `[in, out]` of f32, whatever its layout.
    Plain(Tensor),
    /// Quantized `[out, in]`.
    Quantized(QMatMul),
}

impl Matrix {
    /// From `[in, out]`, of any layout.
    pub fn new(weight: &Tensor, storage: Storage) -> Result<Self> {
        let rows = || weight.t()?.contiguous();
        Ok(match storage {
            Storage::Rows => Self::Plain(rows()?.t()?),
            Storage::Columns => Self::Plain(weight.contiguous()?),
            Storage::Q8_0 => Self::Quantized(QMatMul::from_qtensor(QTensor::quantize(
                &rows()?,
                GgmlDType::Q8_0,
            )?)?),
        })
    }

    /// `x` `[tokens, in]` times the matrix: `[tokens, out]`.
    pub fn product(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Plain(weight) => x.matmul(weight),
            Self::Quantized(weight) => weight.forward(x),
        }
    }
}
