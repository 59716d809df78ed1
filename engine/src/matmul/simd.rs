//! Products with packed weights by the vector kernels, on one thread or shared out over a team.

use std::ops::Range;

use super::finish::Finish;
use super::gemm::{self, Input, Output};
use super::gemv::{self, Gemv};
use super::packed::Packed;
use super::panels::Stored;
use super::{Epilogue, parallel};
use crate::simd::Level;
use crate::team::{Chunk, Partition, Team, share};

/// `out[M, N] = epilogue(x[M, K] W[K, N] + bias[N])`; without a team, all on the calling thread.
pub(super) fn apply(
    level: Level,
    x: &[f32],
    weights: &Packed,
    bias: &[f32],
    epilogue: Epilogue,
    out: &mut [f32],
    team: Option<&Team>,
) {
    let (rows, n) = (x.len() / weights.k, weights.n);
    assert!(out.len() == rows * n && (bias.is_empty() || bias.len() == n));
    let out = Partition::new(out);
    let finish = Finish::whole(bias, epilogue);
    if rows == 1 {
        let gemv = |panels: Range<usize>, groups: Range<usize>| {
            level.run(Gemv { x, weights, panels, groups, finish, out: out.as_mut_ptr() });
        };
        let Some(team) = team else { return gemv(0..weights.panels(), 0..gemv::groups(weights.panels())) };
        let most = weights.panels().div_ceil(team.threads());
        let chunks = parallel::chunks(gemv::groups(most), weights.bytes() / team.threads());
        return team.run_chunks(chunks, &|chunk: Chunk| {
            let panels = share(weights.panels(), 1, chunk.share, chunk.shares);
            let groups = share(gemv::groups(panels.len()), 1, chunk.index, chunk.of);
            gemv(panels, groups);
        });
    }
    let task = |my_rows: Range<usize>, my_panels: Range<usize>| {
        let source = Stored { weights, level };
        let input = Input { data: x.as_ptr(), stride: weights.k, k: weights.k };
        let output = Output { data: out.as_mut_ptr(), stride: n };
        // SAFETY: `x` has `rows` rows of K and `out` as many of N; different calls get different rows or panels.
        unsafe { gemm::multiply(level, input, &source, my_rows, my_panels, finish, output) }
    };
    match team {
        Some(team) => {
            parallel::share_out(team, rows, weights.panels(), level.tile_rows(), gemm::ROWS, &task);
        }
        None => task(0..rows, 0..weights.panels()),
    }
}
