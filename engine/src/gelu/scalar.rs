//! GELU as its formula is written, one element at a time.

pub(super) fn run(x: &[f32], out: &mut [f32]) {
    let scale = (2.0 / std::f32::consts::PI).sqrt();
    for i in 0..x.len() {
        let inner = scale * (x[i] + 0.044715 * x[i] * x[i] * x[i]);
        out[i] = 0.5 * x[i] * (1.0 + inner.tanh());
    }
}
