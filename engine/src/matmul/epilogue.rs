//! Epilogue of a matrix product: an operation applied before the result is written, while it is in a register.

/// Operation that [`Linear::apply`](super::Linear::apply) applies after the bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Epilogue {
    /// `out = x W + b`.
    None,
    /// `out = gelu(x W + b)`, GELU in GPT-2's tanh form.
    Gelu,
    /// `out += x W + b`; the output is the residual stream.
    Add,
}

impl Epilogue {
    /// Applies the epilogue to one element: `value` is the product with its bias, `out` its destination.
    #[inline]
    pub(super) fn write(self, out: &mut f32, value: f32) {
        match self {
            Epilogue::None => *out = value,
            Epilogue::Gelu => {
                const SQRT_2_OVER_PI: f32 = 0.797_884_6;
                let inner = SQRT_2_OVER_PI * (value + 0.044_715 * value * value * value);
                *out = 0.5 * value * (1.0 + inner.tanh());
            }
            Epilogue::Add => *out += value,
        }
    }
}
