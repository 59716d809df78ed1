//! Embedding lookup element by element.

use super::Table;

pub(super) fn run(tokens: &[u32], table: Table<'_>, c: usize, out: &mut [f32]) {
    for (t, &token) in tokens.iter().enumerate() {
        match table {
            Table::Plain(table) => {
                for i in 0..c {
                    out[t * c + i] = table[token as usize * c + i];
                }
            }
            Table::Packed(head) => head.row(token as usize, &mut out[t * c..(t + 1) * c]),
        }
    }
}
