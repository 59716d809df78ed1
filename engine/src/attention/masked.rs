//! Textbook attention: all scores, a pass that masks the future, softmax over whole rows, and the weighted sum.

use super::{Shape, Task};
use crate::softmax::Softmax;

/// Length of the scratch: scores and weights, both `[heads, T, S]`.
pub(super) fn scratch(shape: &Shape) -> usize {
    2 * shape.heads * shape.queries * shape.keys()
}

pub(super) fn run(task: &Task<'_>, softmax: &Softmax, out: &mut [f32], scratch: &mut [f32]) {
    let shape = &task.shape;
    let (heads, d) = (shape.heads, shape.head_size);
    let (queries, keys) = (shape.queries, shape.keys());
    let (scores, weights) =
        scratch[..2 * heads * queries * keys].split_at_mut(heads * queries * keys);

    // scores [heads, T, S] = q [heads, T, D] x k^T [heads, D, S]
    for head in 0..heads {
        for t in 0..queries {
            let q = task.q.row(head, t);
            for s in 0..keys {
                let k = task.k.row(head, s);
                let mut sum = 0.0;
                for i in 0..d {
                    sum += q[i] * k[i];
                }
                scores[(head * queries + t) * keys + s] = sum * shape.scale();
            }
        }
    }

    for head in 0..heads {
        for t in 0..queries {
            for s in shape.past + t + 1..keys {
                scores[(head * queries + t) * keys + s] = f32::NEG_INFINITY;
            }
        }
    }

    softmax.run(scores, keys, weights);

    // out [T, heads, D] = weights [heads, T, S] x v [heads, S, D]
    for head in 0..heads {
        for t in 0..queries {
            for i in 0..d {
                let mut sum = 0.0;
                for s in 0..keys {
                    sum += weights[(head * queries + t) * keys + s] * task.v.row(head, s)[i];
                }
                out[(t * heads + head) * d + i] = sum;
            }
        }
    }
}
