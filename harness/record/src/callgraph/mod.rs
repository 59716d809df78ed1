//! Call graph from callgrind's output: functions by call stack, their calls and their instructions.
//!
//! # Source of the stacks
//! By default callgrind records calls, not stacks, so the part of a function's cost that belongs to one of its
//! callers can only be estimated, in proportion to the calls. Here nothing is estimated. Callgrind runs with
//! `--separate-callers` (<https://valgrind.org/docs/manual/cl-manual.html>), which counts a function separately for
//! each chain of callers and names such a context `function'caller'caller of that...`. Each context is a stack with
//! its own cost, exact to the instruction, as deep as requested.
//!
//! Limitations: an inlined function is part of the function around it, and the levels of a recursion are one frame.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

pub use read::CallgrindError;

/// Contexts and the calls between them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CallGraph {
    /// The contexts, in the order of the file.
    pub contexts: Vec<Context>,
    /// The calls, one entry per pair of contexts, in the order of the callers.
    pub calls: Vec<Call>,
}

/// A function that was reached through one chain of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    /// Names of the callers, outermost first, then of the function itself. Only the function's name if callers were
    /// not separated.
    pub stack: Vec<String>,
    /// Instructions of the function itself, without its callees.
    pub own: u64,
}

/// All calls from one context to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call {
    /// Index of the caller in the contexts.
    pub caller: usize,
    /// Index of the callee in the contexts.
    pub callee: usize,
    /// Number of calls.
    pub count: u64,
    /// Instructions from call to return, summed over all calls.
    pub inclusive: u64,
}

/// A function, summed over all chains of callers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// Demangled name.
    pub name: String,
    /// Instructions of the function itself, without its callees.
    pub own: u64,
    /// Number of calls; 0 if it was entered before counting began.
    pub calls: u64,
}

impl CallGraph {
    /// Parses callgrind's output: any number of parts, one after the other, which are added up.
    ///
    /// # Errors
    /// If it is not a callgrind output file or is cut off. The error names the line.
    pub fn parse(text: &str) -> Result<Self, CallgrindError> {
        read::read(text)
    }

    /// Total instructions of all contexts.
    pub fn total(&self) -> u64 {
        self.contexts.iter().map(|context| context.own).sum()
    }

    /// Number of calls of each context, in the order of the contexts.
    pub fn calls_into(&self) -> Vec<u64> {
        let mut counts = vec![0; self.contexts.len()];
        for call in &self.calls {
            counts[call.callee] += call.count;
        }
        counts
    }

    /// Inclusive instructions of each context (its own and those of its calls), in the order of the contexts. A
    /// context that calls itself through others counts some instructions more than once.
    pub fn inclusive(&self) -> Vec<u64> {
        let mut costs: Vec<u64> = self.contexts.iter().map(|context| context.own).collect();
        for call in self.calls.iter().filter(|call| call.caller != call.callee) {
            let cost = &mut costs[call.caller];
            *cost = cost.saturating_add(call.inclusive);
        }
        costs
    }

    /// The functions, in descending order of their own instructions.
    pub fn functions(&self) -> Vec<Function> {
        let mut functions: HashMap<&str, Function> = HashMap::new();
        for (context, calls) in self.contexts.iter().zip(self.calls_into()) {
            let Some(name) = context.stack.last() else {
                continue;
            };
            let new = || Function {
                name: name.clone(),
                own: 0,
                calls: 0,
            };
            let function = functions.entry(name).or_insert_with(new);
            function.own += context.own;
            function.calls += calls;
        }
        let mut functions: Vec<Function> = functions.into_values().collect();
        functions.sort_by(|a, b| b.own.cmp(&a.own).then_with(|| a.name.cmp(&b.name)));
        functions
    }
}
