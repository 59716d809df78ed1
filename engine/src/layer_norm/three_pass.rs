//! Textbook LayerNorm: one loop for the mean, one for the variance, one to normalise.

use super::Rows;

pub(super) fn run(rows: Rows<'_>) {
    let c = rows.gain.len();
    for (x, out) in rows.x.chunks_exact(c).zip(rows.out.chunks_exact_mut(c)) {
        let mut sum = 0.0;
        for j in 0..c {
            sum += x[j];
        }
        let mean = sum / c as f32;

        let mut squares = 0.0;
        for j in 0..c {
            let deviation = x[j] - mean;
            squares += deviation * deviation;
        }
        let scale = 1.0 / (squares / c as f32 + rows.epsilon).sqrt();

        for j in 0..c {
            out[j] = (x[j] - mean) * scale * rows.gain[j] + rows.bias[j];
        }
    }
}
