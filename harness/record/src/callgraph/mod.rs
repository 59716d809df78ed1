//! Who called whom, how often, and at what cost: what callgrind writes, read and put in order.
//!
//! # Where the stacks come from
//! Callgrind keeps calls, not stacks: from its usual output one can only guess how much of a function's cost belongs to which
//! of its callers, by sharing it out as their calls were. Nothing is guessed here. Callgrind is asked to keep a
//! function apart for each chain of callers it was reached by (`--separate-callers`, <https://valgrind.org/docs/manual/cl-manual.html>),
//! and then names such a context `function'caller'caller of that...`. Each context is a stack with its own cost, exact to
//! the instruction, as deep as it was asked for. Two things it does not show: a function that was inlined is part of the
//! one around it, and the levels of a recursion are one frame.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use read::CallgrindError;

/// Contexts and the calls between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallGraph {
    /// The contexts, in the order in which the file names them.
    pub contexts: Vec<Context>,
    /// The calls, one for each pair of contexts, in the order of the callers.
    pub calls: Vec<Call>,
}

/// A function, reached through a chain of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// The callers' names, outermost first, then the function's own; only that where callers were not kept apart.
    pub stack: Vec<String>,
    /// Instructions of the function itself.
    pub own: u64,
}

/// All calls from one context to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// The place of the caller among the contexts.
    pub caller: usize,
    /// The place of the called one.
    pub callee: usize,
    /// How often.
    pub count: u64,
    /// Instructions from call to return, all calls together.
    pub inclusive: u64,
}

/// A function, however it was reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Its name, demangled.
    pub name: String,
    /// Instructions of its own.
    pub own: u64,
    /// How often it was called; 0 where it was entered before counting began.
    pub calls: u64,
}

impl CallGraph {
    /// Reads what callgrind has written: any number of parts, one after the other, which are added up.
    ///
    /// # Errors
    /// If it is no such file or is cut off, with the line.
    pub fn parse(text: &str) -> Result<Self, CallgrindError> {
        read::read(text)
    }

    /// Instructions of all contexts.
    pub fn total(&self) -> u64 {
        self.contexts.iter().map(|context| context.own).sum()
    }

    /// How often each context was called, in their order.
    pub fn calls_into(&self) -> Vec<u64> {
        let mut counts = vec![0; self.contexts.len()];
        for call in &self.calls {
            counts[call.callee] += call.count;
        }
        counts
    }

    /// Instructions of each context and all it called, in their order, as the calls tell it. Of contexts that call
    /// themselves through others this counts some instructions more than once.
    pub fn inclusive(&self) -> Vec<u64> {
        let mut costs: Vec<u64> = self.contexts.iter().map(|context| context.own).collect();
        for call in self.calls.iter().filter(|call| call.caller != call.callee) {
            costs[call.caller] += call.inclusive;
        }
        costs
    }

    /// The functions, most instructions of their own first.
    pub fn functions(&self) -> Vec<Function> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        let mut functions: Vec<Function> = Vec::new();
        for (context, calls) in self.contexts.iter().zip(self.calls_into()) {
            let Some(name) = context.stack.last() else { continue };
            let place = *places.entry(name).or_insert_with(|| {
                functions.push(Function { name: name.clone(), own: 0, calls: 0 });
                functions.len() - 1
            });
            functions[place].own += context.own;
            functions[place].calls += calls;
        }
        functions.sort_by(|a, b| b.own.cmp(&a.own).then_with(|| a.name.cmp(&b.name)));
        functions
    }
}
