//! Unpacked weights in any storage, for the scalar implementations.

use half::bf16;

use super::{Layout, Matrix, int8};
use crate::variant::WeightStorage;

/// A weight matrix of K inputs and N outputs in its own layout.
pub(super) struct Dense {
    pub(super) k: usize,
    pub(super) n: usize,
    pub(super) layout: Layout,
    pub(super) values: Values,
}

/// The elements of a [`Dense`], in the order of its layout.
pub(super) enum Values {
    F32(Vec<f32>),
    Bf16(Vec<bf16>),
    /// `scales` is `[K / BLOCK, N]`; the last block may be shorter.
    Int8 {
        values: Vec<i8>,
        scales: Vec<f32>,
    },
}

impl Dense {
    /// Converts `source` (unpacked f32) to `storage`, in the layout `layout`.
    pub(super) fn new(source: &Matrix<'_>, storage: WeightStorage, layout: Layout) -> Dense {
        let (k, n) = (source.inputs, source.outputs);
        let in_order = |convert: &mut dyn FnMut(usize, usize)| match layout {
            Layout::InOut => (0..k).for_each(|p| (0..n).for_each(|j| convert(p, j))),
            Layout::OutIn => (0..n).for_each(|j| (0..k).for_each(|p| convert(p, j))),
        };
        let values = match storage {
            WeightStorage::F32 => {
                let mut values = Vec::with_capacity(k * n);
                in_order(&mut |p, j| values.push(source.at(p, j)));
                Values::F32(values)
            }
            WeightStorage::Bf16 => {
                let mut values = Vec::with_capacity(k * n);
                in_order(&mut |p, j| values.push(bf16::from_f32(source.at(p, j))));
                Values::Bf16(values)
            }
            WeightStorage::Int8 => {
                let mut scales = Vec::with_capacity(k.div_ceil(int8::BLOCK) * n);
                for first in (0..k).step_by(int8::BLOCK) {
                    let block = first..(first + int8::BLOCK).min(k);
                    scales.extend(
                        (0..n).map(|j| int8::scale_of(block.clone().map(|p| source.at(p, j)))),
                    );
                }
                let mut values = Vec::with_capacity(k * n);
                in_order(&mut |p, j| {
                    values.push(int8::quantize(
                        source.at(p, j),
                        scales[p / int8::BLOCK * n + j],
                    ));
                });
                Values::Int8 { values, scales }
            }
        };
        Dense {
            k,
            n,
            layout,
            values,
        }
    }

    /// The weight from input `p` to output `j`.
    pub(super) fn at(&self, p: usize, j: usize) -> f32 {
        let index = self.layout.index(p, j, self.k, self.n);
        match &self.values {
            Values::F32(values) => values[index],
            Values::Bf16(values) => values[index].to_f32(),
            Values::Int8 { values, scales } => {
                f32::from(values[index]) * scales[p / int8::BLOCK * self.n + j]
            }
        }
    }

    /// Bytes of weights and scales.
    pub(super) fn bytes(&self) -> usize {
        match &self.values {
            Values::F32(values) => size_of_val(values.as_slice()),
            Values::Bf16(values) => size_of_val(values.as_slice()),
            Values::Int8 { values, scales } => {
                size_of_val(values.as_slice()) + size_of_val(scales.as_slice())
            }
        }
    }
}
