//! Token embedding: a row of the table for every token. Positions are added by [`crate::residual`] or in the same pass.

mod element_wise;
mod row_copy;

use crate::matmul::Linear;
use crate::residual::Residual;
use crate::thread_pool::ThreadPool;
use crate::variant::Embedding as Choice;

/// Table of token rows.
#[derive(Clone, Copy, Debug)]
pub enum Table<'a> {
    /// A plain table `[V, C]`.
    Plain(&'a [f32]),
    /// A head tied to the embedding, in the packed form of its matrix product.
    Packed(&'a Linear),
}

/// Token embedding in the chosen implementation.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    choice: Choice,
}

impl Embedding {
    /// The implementation `choice`.
    pub fn new(choice: Choice) -> Self {
        Self { choice }
    }

    /// Writes the table's row of every token to `out` `[T, C]`. Only the parallel implementation uses more than the
    /// calling thread.
    ///
    /// # Panics
    /// Panics if `out` is not `[T, C]` or a token has no row.
    pub fn run(&self, tokens: &[u32], table: Table<'_>, out: &mut [f32], pool: &ThreadPool) {
        let c = width(tokens, out);
        match self.choice {
            Choice::ElementWise => element_wise::run(tokens, table, c, out),
            Choice::RowCopy => row_copy::run(tokens, table, c, out),
            Choice::Parallel => self.share(tokens, out, pool, &|first, out| {
                row_copy::run(&tokens[first..first + out.len() / c], table, c, out);
            }),
        }
    }

    /// Looks rows up as [`Embedding::run`] does and adds the rows of `positions` (`[T, C]`) in the same pass.
    ///
    /// # Panics
    /// Same as for [`Embedding::run`]; when `positions` is not `[T, C]`.
    pub fn run_with_positions(
        &self,
        tokens: &[u32],
        table: Table<'_>,
        positions: &[f32],
        residual: &Residual,
        out: &mut [f32],
        pool: &ThreadPool,
    ) {
        let c = width(tokens, out);
        assert_eq!(positions.len(), out.len(), "embedding: positions");
        let rows = |first: usize, out: &mut [f32]| {
            for (i, out) in out.chunks_exact_mut(c).enumerate() {
                let t = first + i;
                let token = &tokens[t..t + 1];
                match self.choice {
                    Choice::ElementWise => element_wise::run(token, table, c, out),
                    Choice::RowCopy | Choice::Parallel => row_copy::run(token, table, c, out),
                }
                residual.add_to(&positions[t * c..(t + 1) * c], out);
            }
        };
        match self.choice {
            Choice::Parallel => self.share(tokens, out, pool, &rows),
            Choice::ElementWise | Choice::RowCopy => rows(0, out),
        }
    }

    /// Computes `rows` on all threads of `pool`, or on the calling thread if `out` is small.
    fn share(
        &self,
        tokens: &[u32],
        out: &mut [f32],
        pool: &ThreadPool,
        rows: &(dyn Fn(usize, &mut [f32]) + Sync),
    ) {
        if out.len() < 4096 {
            rows(0, out);
        } else {
            pool.split_rows(out, out.len() / tokens.len(), rows);
        }
    }
}

fn width(tokens: &[u32], out: &[f32]) -> usize {
    assert!(
        !tokens.is_empty() && !out.is_empty() && out.len().is_multiple_of(tokens.len()),
        "embedding: {} tokens, out {}",
        tokens.len(),
        out.len()
    );
    out.len() / tokens.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matmul::{Layout, Matrix};
    use crate::oracle::{Draw, assert_close, levels, values, written_only_within};
    use crate::variant::{self, MatMul, WeightStorage};

    #[test]
    fn every_implementation_finds_the_rows_of_both_tables() {
        let (vocab, c) = (11, 700);
        let table = values(1, vocab * c, 0.0, 1.0);
        let positions = values(2, 8 * c, 0.0, 1.0);
        let tokens = [3, 0, 10, 3, 7, 1, 2, 9];
        let expected: Vec<f32> = tokens
            .iter()
            .flat_map(|&token| table[token as usize * c..][..c].to_vec())
            .collect();
        let added: Vec<f32> = expected
            .iter()
            .zip(&positions)
            .map(|(a, b)| a + b)
            .collect();
        let matrix = Matrix {
            layout: Layout::OutIn,
            data: &table,
            inputs: c,
            outputs: vocab,
        };
        let pool = ThreadPool::new(2).unwrap();
        for level in levels() {
            for &matmul in MatMul::ALL {
                let head = Linear::new(matmul, WeightStorage::F32, level, &matrix, None).unwrap();
                for &choice in Choice::ALL {
                    for table in [Table::Plain(&table), Table::Packed(&head)] {
                        let mut out = vec![f32::NAN; expected.len()];
                        let embedding = Embedding::new(choice);
                        embedding.run(&tokens, table, &mut out, &pool);
                        assert_eq!(out, expected, "{choice} {matmul}");
                        let residual = Residual::new(variant::Residual::Fused, level);
                        embedding.run_with_positions(
                            &tokens, table, &positions, &residual, &mut out, &pool,
                        );
                        assert_eq!(out, added, "{choice} {matmul} with positions");
                    }
                }
            }
        }
    }

    #[test]
    fn random_shapes_and_alignments_find_their_rows() {
        let mut draw = Draw::new(45);
        let pool = ThreadPool::new(2).unwrap();
        for case in 0..60 {
            let (vocab, c) = (1 + draw.below(20), 1 + draw.below(200));
            let tokens: Vec<u32> = (0..=draw.below(6))
                .map(|_| draw.below(vocab) as u32)
                .collect();
            let (table, table_skip) = draw.shifted(vocab * c, 0.0, 1.0);
            let (positions, positions_skip) = draw.shifted(tokens.len() * c, 0.0, 1.0);
            let (table, positions) = (&table[table_skip..], &positions[positions_skip..]);
            let rows = tokens
                .iter()
                .flat_map(|&token| &table[token as usize * c..][..c]);
            let rows: Vec<f64> = rows.map(|&value| f64::from(value)).collect();
            let sums = rows.iter().zip(positions).map(|(a, &b)| a + f64::from(b));
            let sums: Vec<f64> = sums.collect();
            let offset = draw.offset();
            for level in levels() {
                let residual = Residual::new(variant::Residual::Fused, level);
                for &choice in Choice::ALL {
                    let (embedding, table) = (Embedding::new(choice), Table::Plain(table));
                    let what = format!("case {case}, {choice} {} {vocab}x{c}", level.isa());
                    let out = written_only_within(rows.len(), offset, &what, |out| {
                        embedding.run(&tokens, table, out, &pool);
                    });
                    assert_close(&out, &rows, 0.0, &what);
                    let out = written_only_within(rows.len(), offset, &what, |out| {
                        embedding
                            .run_with_positions(&tokens, table, positions, &residual, out, &pool);
                    });
                    assert_close(&out, &sums, 1e-6, &what);
                }
            }
        }
    }
}
