//! Reader of callgrind's output files.
//!
//! The format: <https://valgrind.org/docs/manual/cl-format.html>. Names may be compressed to numbers, `(7) name` at
//! first and `(7)` from then on, in three sets: objects, files, functions. Positions may be relative. The line of
//! costs after `calls=` is the cost of these calls; any other line of costs belongs to the function that was named
//! last.

use std::collections::{BTreeMap, HashMap};

use thiserror::Error;

use crate::callgraph::{Call, CallGraph, Context};

/// The event that is read.
const EVENT: &str = "Ir";

/// Error of reading a file that is not a complete callgrind output file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CallgrindError {
    /// A line is invalid.
    #[error("line {line} of callgrind's file {message}")]
    Line {
        /// Line number, from 1.
        line: usize,
        /// Predicate of the sentence: the problem of the line.
        message: String,
    },
    /// The file has no instruction counts.
    #[error("callgrind's file counts no instructions: it has no event {EVENT}")]
    NoEvent,
    /// The file ends early, or its costs do not add up to its stated total.
    #[error(
        "callgrind's file states a total of {said} instructions and contains {found}: it is cut off or damaged"
    )]
    Total {
        /// The stated total.
        said: u64,
        /// The sum of the costs.
        found: u64,
    },
    /// The sum of the costs or calls does not fit into 64 bits.
    #[error("callgrind's file is damaged: the sum of its costs or calls exceeds 64 bits")]
    Sum,
    /// The total at the end of the file is missing.
    #[error("callgrind's file has no totals at its end: it is cut off")]
    NoTotal,
}

pub(super) fn read(text: &str) -> Result<CallGraph, CallgrindError> {
    let mut reader = Reader::default();
    for (place, line) in text.lines().enumerate() {
        let wrong = |message: String| CallgrindError::Line {
            line: place + 1,
            message,
        };
        reader.line(line.trim_end()).map_err(wrong)?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    graph: CallGraph,
    /// Indices of contexts by their raw names.
    contexts: HashMap<String, usize>,
    /// Calls by caller and callee.
    calls: BTreeMap<(usize, usize), Call>,
    /// Names of functions by their compressed numbers.
    names: HashMap<u64, String>,
    /// Number of positions at the start of a line of costs.
    positions: usize,
    /// Index of the event that is read among the numbers after the positions.
    column: Option<usize>,
    /// The function that lines of costs belong to.
    function: Option<usize>,
    /// The callee of the next `calls=`.
    callee: Option<usize>,
    /// Number of these calls, if the next line of costs is theirs.
    called: Option<u64>,
    said: Option<u64>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(first) = line.chars().next().filter(|&first| first != '#') else {
            return Ok(());
        };
        if first.is_ascii_digit() || matches!(first, '+' | '-' | '*') {
            return self.costs(line);
        }
        // A heading may have an equals sign in its value, a name a colon: the first of the two decides.
        let end = line
            .find(['=', ':'])
            .ok_or_else(|| format!("is neither a heading nor costs: {}", start(line)))?;
        let (key, value) = (&line[..end], line[end + 1..].trim());
        if line[end..].starts_with(':') {
            return self.heading(key, value);
        }
        match key {
            "fn" => self.function = Some(self.context(value)?),
            "cfn" => self.callee = Some(self.context(value)?),
            // The target of a jump: a later line may refer to its name by number.
            "jfn" => drop(self.name(value)?),
            "calls" => {
                self.called = Some(number(value.split_whitespace().next().unwrap_or_default())?)
            }
            "ob" | "cob" | "fl" | "fi" | "fe" | "cfi" | "cfl" | "jfi" | "jump" | "jcnd" => {}
            other => return Err(format!("has an unknown key: {}", start(other))),
        }
        Ok(())
    }

    fn heading(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "version" if value != "1" => {
                return Err(format!(
                    "has format version {}; only 1 is supported",
                    start(value)
                ));
            }
            "positions" => self.positions = value.split_whitespace().count(),
            "events" => {
                // Each part has its own list of events.
                self.positions = self.positions.max(1);
                self.column = value.split_whitespace().position(|event| event == EVENT);
                self.column
                    .ok_or_else(|| format!("names no event {EVENT}"))?;
            }
            // `summary` has the same numbers before the costs, but only a complete file has `totals`.
            "totals" => {
                let column = self.column.ok_or("comes before the events are named")?;
                let total = number(value.split_whitespace().nth(column).unwrap_or_default())?;
                self.said = Some(add(self.said.unwrap_or(0), total)?);
            }
            "part" => (self.function, self.callee) = (None, None),
            _ => {}
        }
        Ok(())
    }

    fn costs(&mut self, line: &str) -> Result<(), String> {
        let column = self.column.ok_or("has costs before the events are named")?;
        let function = self
            .function
            .ok_or("has costs before a function is named")?;
        // Omitted numbers at the end of a line are zero.
        let cost = line
            .split_whitespace()
            .nth(self.positions + column)
            .map_or(Ok(0), number)?;
        match self.called.take() {
            None => {
                let own = &mut self.graph.contexts[function].own;
                *own = add(*own, cost)?;
            }
            Some(count) => {
                let callee = self
                    .callee
                    .ok_or("has the cost of calls before their function is named")?;
                let new = Call {
                    caller: function,
                    callee,
                    count: 0,
                    inclusive: 0,
                };
                let call = self.calls.entry((function, callee)).or_insert(new);
                call.count = add(call.count, count)?;
                call.inclusive = add(call.inclusive, cost)?;
            }
        }
        Ok(())
    }

    /// Returns the index of the context with this name, and adds it if it is new.
    fn context(&mut self, value: &str) -> Result<usize, String> {
        let name = self.name(value)?;
        if let Some(&place) = self.contexts.get(&name) {
            return Ok(place);
        }
        self.graph.contexts.push(Context {
            stack: stack(&name),
            own: 0,
        });
        self.contexts.insert(name, self.graph.contexts.len() - 1);
        Ok(self.graph.contexts.len() - 1)
    }

    /// Returns a name that is written out or given by its number.
    fn name(&mut self, value: &str) -> Result<String, String> {
        let compressed = value
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'));
        // `(below main)` is a name.
        let numbered =
            compressed.and_then(|(id, name)| Some((id.parse::<u64>().ok()?, name.trim())));
        match numbered {
            None if value.is_empty() => Err("has an empty function name".to_owned()),
            None => Ok(value.to_owned()),
            Some((id, "")) => {
                let name = self.names.get(&id).cloned();
                name.ok_or_else(|| format!("uses name {id}, which was not defined before"))
            }
            Some((id, name)) => {
                self.names.insert(id, name.to_owned());
                Ok(name.to_owned())
            }
        }
    }

    fn finish(mut self) -> Result<CallGraph, CallgrindError> {
        self.column.ok_or(CallgrindError::NoEvent)?;
        let said = self.said.ok_or(CallgrindError::NoTotal)?;
        let found = sum(self.graph.contexts.iter().map(|context| context.own))?;
        // Every later sum of calls is a part of these.
        sum(self.calls.values().map(|call| call.count))?;
        sum(self.calls.values().map(|call| call.inclusive))?;
        if said != found {
            return Err(CallgrindError::Total { said, found });
        }
        self.graph.calls = self.calls.into_values().collect();
        Ok(self.graph)
    }
}

/// Returns the frames of a context's name, outermost first: `leaf'left'main` gives `main`, `left`, `leaf`. A number
/// among them is the level of a recursion and is dropped. Callgrind demangles the names itself, because the functions
/// to count are given to it by demangled names; so an apostrophe within brackets belongs to a lifetime.
fn stack(name: &str) -> Vec<String> {
    let is_level = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut frames: Vec<String> = apart(name)
        .into_iter()
        .filter(|part| !is_level(part))
        .map(plain_name)
        .collect();
    frames.reverse();
    if frames.is_empty() {
        vec![name.to_owned()]
    } else {
        frames
    }
}

/// Splits a name at the apostrophes outside of brackets.
fn apart(name: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut before) = (Vec::new(), 0, 0_usize, ' ');
    for (place, letter) in name.char_indices() {
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            // The head of an arrow is not a closing bracket.
            '>' if before == '-' => {}
            '>' | ')' | ']' | '}' => depth = depth.saturating_sub(1),
            '\'' if depth == 0 => {
                parts.push(&name[from..place]);
                from = place + 1;
            }
            _ => {}
        }
        before = letter;
    }
    parts.push(&name[from..]);
    parts
}

/// Returns the name without the hash that the compiler appends.
fn plain_name(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let is_hash = |end: &str| end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((rest, hash)) if is_hash(hash) => rest.to_owned(),
        _ => name,
    }
}

/// Parses a whole number, decimal or hexadecimal.
fn number(word: &str) -> Result<u64, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| format!("should have a number instead of {}", start(word)))
}

fn sum(mut numbers: impl Iterator<Item = u64>) -> Result<u64, CallgrindError> {
    numbers
        .try_fold(0, u64::checked_add)
        .ok_or(CallgrindError::Sum)
}

fn add(a: u64, b: u64) -> Result<u64, String> {
    a.checked_add(b)
        .ok_or_else(|| "makes a sum larger than 64 bits".to_owned())
}

/// Returns the beginning of a text, in quotes: the whole may be long.
fn start(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}
