//! Textbook softmax: one loop for the maximum, one for the exponentials and their sum, one to divide.

pub(super) fn run(x: &[f32], columns: usize, out: &mut [f32]) {
    for (x, out) in x.chunks_exact(columns).zip(out.chunks_exact_mut(columns)) {
        let mut max = f32::NEG_INFINITY;
        for j in 0..columns {
            if x[j] > max {
                max = x[j];
            }
        }

        let mut sum = 0.0;
        for j in 0..columns {
            out[j] = (x[j] - max).exp();
            sum += out[j];
        }

        for j in 0..columns {
            out[j] /= sum;
        }
    }
}
