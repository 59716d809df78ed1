//! Scalar attention that computes only the scores of the causal part, one row at a time.

use super::{Shape, Task};
use crate::softmax::Softmax;

/// Length of the scratch: a row of scores and a row of weights.
pub(super) fn scratch(shape: &Shape) -> usize {
    2 * shape.keys()
}

pub(super) fn run(task: &Task<'_>, softmax: &Softmax, out: &mut [f32], scratch: &mut [f32]) {
    let shape = &task.shape;
    let (heads, d) = (shape.heads, shape.head_size);
    for head in 0..heads {
        for t in 0..shape.queries {
            let visible = shape.past + t + 1;
            let (scores, weights) = scratch[..2 * visible].split_at_mut(visible);
            let q = task.q.row(head, t);
            for s in 0..visible {
                let k = task.k.row(head, s);
                let mut sum = 0.0;
                for i in 0..d {
                    sum += q[i] * k[i];
                }
                scores[s] = sum * shape.scale();
            }
            softmax.run(scores, visible, weights);
            let out = &mut out[(t * heads + head) * d..][..d];
            out.fill(0.0);
            for s in 0..visible {
                let v = task.v.row(head, s);
                for i in 0..d {
                    out[i] += weights[s] * v[i];
                }
            }
        }
    }
}
