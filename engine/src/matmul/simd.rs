//! Products with packed weights by the vector kernels, on one thread or on a thread pool.

use std::ops::Range;

use super::finish::Finish;
use super::gemm::{self, Input, Output};
use super::gemv::{self, Gemv, Row};
use super::int8::{self, Rounded};
use super::packed::Packed;
use super::panels::Stored;
use super::{Epilogue, gemm_int8, parallel};
use crate::simd::Level;
use crate::thread_pool::{Chunk, Partition, ThreadPool, share};
use crate::variant::WeightStorage;

/// `out[M, N] = epilogue(x[M, K] W[K, N] + bias[N])`; without a pool, on the calling thread.
pub(super) fn apply(
    level: Level,
    x: &[f32],
    weights: &Packed,
    bias: &[f32],
    epilogue: Epilogue,
    out: &mut [f32],
    pool: Option<&ThreadPool>,
) {
    let (k, n) = (weights.k, weights.n);
    let rows = x.len() / k;
    assert!(out.len() == rows * n && (bias.is_empty() || bias.len() == n));
    let out = Partition::new(out);
    let finish = Finish::whole(bias, epilogue);
    if rows == 1 {
        let run = |x: Row<'_>| multiply_row(level, x, weights, finish, &out, pool);
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
            k,
        };
        let output = Output {
            data: out.as_mut_ptr(),
            stride: n,
        };
        // SAFETY: `x` has `rows` rows of K and `out` as many of N; different calls get different rows or panels.
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
            weights.panels(),
            level.tile_rows(),
            gemm::ROWS,
            &task,
        ),
        None => task(0..rows, 0..weights.panels()),
    }
}

/// One row of input: a share of the panels for every thread, in chunks of groups.
fn multiply_row(
    level: Level,
    x: Row<'_>,
    weights: &Packed,
    finish: Finish<'_>,
    out: &Partition<'_, f32>,
    pool: Option<&ThreadPool>,
) {
    let run = |panels: Range<usize>, groups: Range<usize>| {
        level.run(Gemv {
            x,
            weights,
            panels,
            groups,
            finish,
            out: out.as_mut_ptr(),
        });
    };
    let Some(pool) = pool else {
        return run(0..weights.panels(), 0..gemv::groups(weights.panels()));
    };
    let most = weights.panels().div_ceil(pool.threads());
    let chunks = parallel::chunks(gemv::groups(most), weights.bytes() / pool.threads());
    pool.run_chunks(chunks, &|chunk: Chunk| {
        let panels = share(weights.panels(), 1, chunk.share, chunk.shares);
        let groups = share(gemv::groups(panels.len()), 1, chunk.index, chunk.of);
        run(panels, groups);
    });
}
