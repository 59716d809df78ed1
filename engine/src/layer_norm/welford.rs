//! Welford's recurrence (Technometrics 4, 1962): mean and variance in one pass, without cancellation.

use super::Rows;

pub(super) fn run(rows: Rows<'_>) {
    let c = rows.gain.len();
    for (x, out) in rows.x.chunks_exact(c).zip(rows.out.chunks_exact_mut(c)) {
        let mut mean = 0.0;
        let mut squares = 0.0;
        for j in 0..c {
            let before = x[j] - mean;
            mean += before / (j + 1) as f32;
            squares += before * (x[j] - mean);
        }
        let scale = 1.0 / (squares / c as f32 + rows.epsilon).sqrt();

        for j in 0..c {
            out[j] = (x[j] - mean) * scale * rows.gain[j] + rows.bias[j];
        }
    }
}
