//! Workloads that the attribute declares, collected from the whole program.

use crate::Function;

/// A declaration by the attribute `workload`.
pub struct Declared {
    /// File of the declaration.
    pub file: &'static str,
    /// Line of the declaration.
    pub line: u32,
    /// Makes the functions: one for each argument.
    pub functions: fn() -> Vec<Function>,
}

inventory::collect!(Declared);

/// The functions of all declarations, in the order of the source code: the linker keeps none.
pub(crate) fn functions() -> Vec<Function> {
    let mut declared: Vec<&Declared> = inventory::iter::<Declared>.into_iter().collect();
    declared.sort_by_key(|one| (one.file, one.line));
    declared
        .into_iter()
        .flat_map(|one| (one.functions)())
        .collect()
}
