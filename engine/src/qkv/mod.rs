//! Queries, keys and values of the fused projection `[T, 3C]`: copied into three matrices, or read in place.

use crate::attention::Heads;

/// Copies the three parts of every row of `qkv` (`[T, 3C]`) into `q`, `k` and `v` (`[T, C]` each).
///
/// # Panics
/// Panics if the lengths do not match.
pub fn split(qkv: &[f32], c: usize, q: &mut [f32], k: &mut [f32], v: &mut [f32]) {
    assert!(
        q.len() == k.len() && k.len() == v.len() && qkv.len() == 3 * q.len() && c > 0,
        "split: qkv {}, q {}, k {}, v {}",
        qkv.len(),
        q.len(),
        k.len(),
        v.len()
    );
    for (t, row) in qkv.chunks_exact(3 * c).enumerate() {
        let out = t * c..(t + 1) * c;
        q[out.clone()].copy_from_slice(&row[..c]);
        k[out.clone()].copy_from_slice(&row[c..2 * c]);
        v[out].copy_from_slice(&row[2 * c..]);
    }
}

/// The three parts of `qkv` (`[T, 3C]`) as strided views: queries, keys, values.
///
/// # Panics
/// Panics if `qkv` is not a whole number of rows or `heads` does not divide `c`.
pub fn strided(qkv: &[f32], c: usize, heads: usize) -> [Heads<'_>; 3] {
    assert!(
        !qkv.is_empty() && qkv.len().is_multiple_of(3 * c) && c.is_multiple_of(heads),
        "strided: {} values are no rows of 3 x {c} in {heads} heads",
        qkv.len()
    );
    [0, c, 2 * c].map(|start| Heads::new(&qkv[start..], 3 * c, c / heads, c / heads))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oracle::values;

    #[test]
    fn copies_and_views_hold_the_same_rows() {
        let (rows, c, heads) = (5, 12, 3);
        let qkv = values(1, rows * 3 * c, 0.0, 1.0);
        let mut copies = [(); 3].map(|()| vec![0.0; rows * c]);
        let [q, k, v] = &mut copies;
        split(&qkv, c, q, k, v);
        for (copy, view) in copies.iter().zip(strided(&qkv, c, heads)) {
            for t in 0..rows {
                for head in 0..heads {
                    let start = t * c + head * 4;
                    assert_eq!(view.row(head, t), &copy[start..start + 4]);
                }
            }
        }
    }
}
