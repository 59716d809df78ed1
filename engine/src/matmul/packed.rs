//! Packed weights in panels, for the vector kernels.
//!
//! A panel contains the weights of `WIDTH` outputs (two registers of f32) for every input, so that a kernel reads one
//! panel from beginning to end and threads with different panels read disjoint memory. Layout inside a panel:
//! - f32: `[K][WIDTH]`
//! - bf16: `[K / 2][WIDTH][2]`, the two inputs of a pair next to each other (one load widens both)
//! - int8: per block of inputs `[WIDTH]` f32 scales, then `[inputs / 4][WIDTH][4]`; scales and weights are one stream
//!
//! Outputs beyond N, and inputs beyond K that complete a last pair or four, are zeros.

use half::bf16;

use super::pages::Buffer;
use super::part::PART_UNIT;
use super::{Matrix, int8};
use crate::simd::Level;
use crate::variant::WeightStorage;

/// A packed weight matrix of K inputs and N outputs.
pub(super) struct Packed {
    pub(super) k: usize,
    pub(super) n: usize,
    /// Outputs per panel.
    pub(super) width: usize,
    pub(super) storage: WeightStorage,
    panel_bytes: usize,
    buffer: Buffer,
}

impl Packed {
    /// Packs `matrix` for kernels of `level`.
    pub(super) fn new(matrix: &Matrix<'_>, storage: WeightStorage, level: Level) -> Packed {
        let (k, n, width) = (matrix.inputs, matrix.outputs, 2 * level.lanes());
        let panel_bytes = match storage {
            WeightStorage::F32 => k * width * 4,
            WeightStorage::Bf16 => k.next_multiple_of(2) * width * 2,
            WeightStorage::Int8 => {
                k.div_ceil(int8::BLOCK) * width * 4 + k.next_multiple_of(4) * width
            }
        };
        let mut packed = Packed {
            k,
            n,
            width,
            storage,
            panel_bytes,
            buffer: Buffer::zeroed(panel_bytes * n.div_ceil(width)),
        };
        packed.fill(matrix);
        packed
    }

    fn fill(&mut self, matrix: &Matrix<'_>) {
        let Packed {
            k,
            n,
            width,
            storage,
            panel_bytes,
            ..
        } = *self;
        for (panel, bytes) in self
            .buffer
            .bytes_mut()
            .chunks_exact_mut(panel_bytes)
            .enumerate()
        {
            for j in panel * width..((panel + 1) * width).min(n) {
                let lane = j - panel * width;
                for p in 0..k {
                    let weight = matrix.at(p, j);
                    match storage {
                        WeightStorage::F32 => {
                            write(bytes, (p * width + lane) * 4, weight.to_ne_bytes())
                        }
                        WeightStorage::Bf16 => {
                            write(
                                bytes,
                                index::<2>(p, lane, width) * 2,
                                bf16::from_f32(weight).to_ne_bytes(),
                            );
                        }
                        WeightStorage::Int8 => {
                            let block = block_offset(p, width);
                            if p.is_multiple_of(int8::BLOCK) {
                                let inputs = p..(p + int8::BLOCK).min(k);
                                let scale = int8::scale_of(inputs.map(|p| matrix.at(p, j)));
                                write(bytes, block + lane * 4, scale.to_ne_bytes());
                            }
                            let scale = f32::from_ne_bytes(read(bytes, block + lane * 4));
                            let at = block + width * 4 + index::<4>(p % int8::BLOCK, lane, width);
                            write(bytes, at, int8::quantize(weight, scale).to_ne_bytes());
                        }
                    }
                }
            }
        }
    }

    /// True if a part may begin or end at input or output `at`.
    pub(super) fn divides(&self, at: usize) -> bool {
        at.is_multiple_of(PART_UNIT)
    }

    /// The first byte of a panel, readable for all of the panel.
    pub(super) fn panel(&self, index: usize) -> *const u8 {
        self.buffer.bytes()[index * self.panel_bytes..].as_ptr()
    }

    /// The bytes of a panel for the inputs `first..first + depth`; `first` is even, and a multiple of [`int8::BLOCK`]
    /// for int8.
    pub(super) fn part(&self, panel: usize, first: usize, depth: usize) -> &[u8] {
        let offset = |p: usize| match self.storage {
            WeightStorage::F32 => p * self.width * 4,
            WeightStorage::Bf16 => p.next_multiple_of(2) * self.width * 2,
            WeightStorage::Int8 => block_offset(p, self.width),
        };
        let bytes = &self.buffer.bytes()[panel * self.panel_bytes..][..self.panel_bytes];
        let end = if first + depth == self.k {
            self.panel_bytes
        } else {
            offset(first + depth)
        };
        &bytes[offset(first)..end]
    }

    /// Bytes of one panel, padding included.
    pub(super) fn panel_bytes(&self) -> usize {
        self.panel_bytes
    }

    /// Bytes of all panels, padding included.
    pub(super) fn bytes(&self) -> usize {
        self.buffer.bytes().len()
    }

    /// The weight from input `p` to output `j`.
    pub(super) fn at(&self, p: usize, j: usize) -> f32 {
        let (width, lane) = (self.width, j % self.width);
        let bytes = &self.buffer.bytes()[j / width * self.panel_bytes..];
        match self.storage {
            WeightStorage::F32 => f32::from_ne_bytes(read(bytes, (p * width + lane) * 4)),
            WeightStorage::Bf16 => {
                bf16::from_ne_bytes(read(bytes, index::<2>(p, lane, width) * 2)).to_f32()
            }
            WeightStorage::Int8 => {
                let block = block_offset(p, width);
                let scale = f32::from_ne_bytes(read(bytes, block + lane * 4));
                let at = block + width * 4 + index::<4>(p % int8::BLOCK, lane, width);
                f32::from(i8::from_ne_bytes(read(bytes, at))) * scale
            }
        }
    }
}

/// Byte offset within its panel of the int8 block that contains input `p`.
pub(super) fn block_offset(p: usize, width: usize) -> usize {
    p / int8::BLOCK * (width * 4 + int8::BLOCK * width)
}

/// Index of input `p` of output `lane` in a layout with COUNT inputs of an output next to each other.
fn index<const COUNT: usize>(p: usize, lane: usize, width: usize) -> usize {
    (p / COUNT * width + lane) * COUNT + p % COUNT
}

fn write<const SIZE: usize>(bytes: &mut [u8], at: usize, value: [u8; SIZE]) {
    bytes[at..at + SIZE].copy_from_slice(&value);
}

fn read<const SIZE: usize>(bytes: &[u8], at: usize) -> [u8; SIZE] {
    let mut value = [0; SIZE];
    value.copy_from_slice(&bytes[at..at + SIZE]);
    value
}
