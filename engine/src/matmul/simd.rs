//! Products with packed weights by the vector kernels, on one thread or on a thread pool.

use std::ops::Range;

use super::finish::Finish;
use super::gemm::{self, Input, Output};
use super::gemv::{self, Gemv, Row};
use super::int8::{self, Rounded};
use super::packed::Packed;
use super::panels::Stored;
use super::part::Part;
use super::{gemm_int8, parallel};
use crate::simd::Level;
use crate::thread_pool::{Chunk, Partition, ThreadPool, share};
use crate::variant::WeightStorage;

/// The part `part` of `out[M, N] = epilogue(x[M, K] W[K, N] + bias[N])`; without a pool, on the calling thread. `x` and
/// `out` are those of the part alone.
pub(super) fn apply(
    level: Level,
    x: &[f32],
    weights: &Packed,
    part: Part,
    finish: Finish<'_>,
    out: &mut [f32],
    pool: Option<&ThreadPool>,
) {
    let Part { inputs, outputs } = part;
    let (k, n) = (inputs.len(), outputs.len());
    let rows = x.len() / k;
    assert!(out.len() == rows * n && inputs.end <= weights.k && outputs.end <= weights.n);
    assert!(finish.bias.is_empty() || finish.bias.len() == weights.n);
    let panels = outputs.start / weights.width..outputs.end.div_ceil(weights.width);
    let out = Partition::new(out);
    if rows == 1 && k == weights.k {
        let run = |x: Row<'_>| multiply_row(level, x, weights, panels.clone(), finish, &out, pool);
        if weights.storage != WeightStorage::Int8 {
            return run(Row::Floats(x));
        }
        for (index, x) in x.chunks(int8::INPUTS).enumerate() {
            let rounded = Rounded::new(level, x);
            run(Row::Bytes {
                x: &rounded,
                first: index * int8::INPUTS,
                depth: x.len(),
            });
        }
        return;
    }
    let task = |my_rows: Range<usize>, my_panels: Range<usize>| {
        let input = Input {
            data: x.as_ptr(),
            stride: k,
            inputs: inputs.clone(),
            k: weights.k,
        };
        let output = Output {
            // The address that output 0 would have.
            data: out.as_mut_ptr().wrapping_sub(outputs.start),
            stride: n,
        };
        let my_panels = panels.start + my_panels.start..panels.start + my_panels.end;
        // SAFETY: `x` has `rows` rows of the inputs and `out` as many of the outputs; different calls get different
        // rows or panels.
        unsafe {
            if weights.storage == WeightStorage::Int8 {
                gemm_int8::multiply(level, input, weights, my_rows, my_panels, finish, output);
            } else {
                let source = Stored { weights, level };
                gemm::multiply(level, input, &source, my_rows, my_panels, finish, output);
            }
        }
    };
    match pool {
        Some(pool) => parallel::share_out(
            pool,
            rows,
            panels.len(),
            level.tile_rows(),
            gemm::ROWS,
            &task,
        ),
        None => task(0..rows, 0..panels.len()),
    }
}

/// One row of input: a share of the panels for every thread, in chunks of groups. `out` begins with the first output of
/// the first panel.
fn multiply_row(
    level: Level,
    x: Row<'_>,
    weights: &Packed,
    panels: Range<usize>,
    finish: Finish<'_>,
    out: &Partition<'_, f32>,
    pool: Option<&ThreadPool>,
) {
    let (start, count) = (panels.start, panels.len());
    let run = |panels: Range<usize>, groups: Range<usize>| {
        level.run(Gemv {
            x,
            weights,
            panels,
            groups,
            finish,
            out: out.as_mut_ptr().wrapping_sub(start * weights.width),
        });
    };
    let Some(pool) = pool else {
        return run(panels, 0..gemv::groups(count));
    };
    let most = count.div_ceil(pool.threads());
    let bytes = weights.panel_bytes() * count;
    let chunks = parallel::chunks(gemv::groups(most), bytes / pool.threads());
    pool.run_chunks(chunks, &|chunk: Chunk| {
        let mine = share(count, 1, chunk.share, chunk.shares);
        let groups = share(gemv::groups(mine.len()), 1, chunk.index, chunk.of);
        run(start + mine.start..start + mine.end, groups);
    });
}
