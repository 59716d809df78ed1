//! Tensors, in memory or in a mapped file.

use std::borrow::Cow;
use std::sync::Arc;

use half::slice::HalfFloatSliceExt;
use memmap2::Mmap;

use crate::error::EngineError;

/// Element type of a mapped tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Stored {
    F32,
    F16,
    Bf16,
}

#[derive(Clone, Debug)]
enum Values {
    Memory(Vec<f32>),
    Mapped {
        file: Arc<Mmap>,
        start: usize,
        bytes: usize,
        stored: Stored,
    },
}

/// A dense f32 tensor, row-major.
#[derive(Clone, Debug)]
pub struct Tensor {
    shape: Vec<usize>,
    values: Values,
}

impl Tensor {
    /// A tensor in memory; `None` if the number of values is not that of the shape.
    pub fn new(shape: &[usize], values: Vec<f32>) -> Option<Self> {
        (shape.iter().product::<usize>() == values.len()).then(|| Self {
            shape: shape.to_vec(),
            values: Values::Memory(values),
        })
    }

    /// A tensor whose elements lie in `file` from byte `start` on.
    pub(super) fn mapped(
        shape: &[usize],
        file: Arc<Mmap>,
        start: usize,
        bytes: usize,
        stored: Stored,
    ) -> Self {
        Self {
            shape: shape.to_vec(),
            values: Values::Mapped {
                file,
                start,
                bytes,
                stored,
            },
        }
    }

    /// Length of every dimension.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// Checks the shape of this tensor, which an error calls `name`.
    pub(super) fn check_shape(
        &self,
        name: &'static str,
        expected: &[usize],
    ) -> Result<(), EngineError> {
        if self.shape == expected {
            Ok(())
        } else {
            Err(EngineError::Shape {
                name,
                expected: expected.to_vec(),
                found: self.shape.clone(),
            })
        }
    }

    /// The elements: borrowed if they are stored as f32, else converted.
    pub fn values(&self) -> Cow<'_, [f32]> {
        match &self.values {
            Values::Memory(values) => Cow::Borrowed(values),
            Values::Mapped {
                file,
                start,
                bytes,
                stored,
            } => decode(&file[*start..*start + *bytes], *stored),
        }
    }

    /// Advises the system that the mapped pages of this tensor will not be read again soon, so that they no longer
    /// count as resident memory. The values stay available.
    pub fn release(&self) {
        #[cfg(unix)]
        if let Values::Mapped {
            file, start, bytes, ..
        } = &self.values
        {
            // SAFETY: the map is read-only and backed by a file, so dropped pages are read from the file again on the
            // next access. Failure only means that the pages stay resident.
            let _ = unsafe {
                file.unchecked_advise_range(memmap2::UncheckedAdvice::DontNeed, *start, *bytes)
            };
        }
    }
}

/// Little-endian elements as f32, without a copy if the bytes are aligned f32.
fn decode(bytes: &[u8], stored: Stored) -> Cow<'_, [f32]> {
    match stored {
        Stored::F32 => {
            if cfg!(target_endian = "little") {
                // SAFETY: every bit pattern is an f32, and the middle part that `align_to` returns is aligned.
                let (before, values, after) = unsafe { bytes.align_to::<f32>() };
                if before.is_empty() && after.is_empty() {
                    return Cow::Borrowed(values);
                }
            }
            let values = bytes.chunks_exact(4);
            Cow::Owned(
                values
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
            )
        }
        Stored::F16 => Cow::Owned(convert::<half::f16>(bytes, half::f16::from_bits)),
        Stored::Bf16 => Cow::Owned(convert::<half::bf16>(bytes, half::bf16::from_bits)),
    }
}

/// Converts 16-bit elements block by block, so that no second copy of the whole tensor is needed.
fn convert<H: Copy>(bytes: &[u8], from_bits: fn(u16) -> H) -> Vec<f32>
where
    [H]: HalfFloatSliceExt,
{
    let mut values = vec![0.0; bytes.len() / 2];
    let mut piece = [from_bits(0); 1024];
    for (bytes, values) in bytes.chunks(2 * piece.len()).zip(values.chunks_mut(1024)) {
        for (bits, half) in bytes.chunks_exact(2).zip(&mut piece) {
            *half = from_bits(u16::from_le_bytes([bits[0], bits[1]]));
        }
        piece[..values.len()].convert_to_f32_slice(values);
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tensor_has_as_many_values_as_its_shape_says() {
        assert!(Tensor::new(&[2, 3], vec![0.0; 6]).is_some());
        assert!(Tensor::new(&[2, 3], vec![0.0; 5]).is_none());
    }

    #[test]
    fn stored_elements_are_converted_exactly() {
        let numbers: Vec<f32> = (0..3000).map(|i| (i as f32 - 1500.0) * 0.25).collect();
        let f16: Vec<u8> = numbers
            .iter()
            .flat_map(|&x| half::f16::from_f32(x).to_le_bytes())
            .collect();
        let bf16: Vec<u8> = numbers
            .iter()
            .flat_map(|&x| half::bf16::from_f32(x).to_le_bytes())
            .collect();
        let f32: Vec<u8> = numbers.iter().flat_map(|x| x.to_le_bytes()).collect();
        assert_eq!(*decode(&f16, Stored::F16), *numbers);
        let rounded: Vec<f32> = numbers
            .iter()
            .map(|&x| half::bf16::from_f32(x).to_f32())
            .collect();
        assert_eq!(*decode(&bf16, Stored::Bf16), *rounded);
        assert_eq!(*decode(&f32, Stored::F32), *numbers);
        let mut shifted = vec![0];
        shifted.extend(&f32);
        assert_eq!(*decode(&shifted[1..], Stored::F32), *numbers);
    }
}
