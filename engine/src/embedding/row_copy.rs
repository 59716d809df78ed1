//! Embedding lookup row by row; each row is one copy.

use super::Table;

pub(super) fn run(tokens: &[u32], table: Table<'_>, c: usize, out: &mut [f32]) {
    for (&token, out) in tokens.iter().zip(out.chunks_exact_mut(c)) {
        match table {
            Table::Plain(table) => out.copy_from_slice(&table[token as usize * c..][..c]),
            Table::Packed(head) => head.row(token as usize, out),
        }
    }
}
