//! The reader of callgrind's files.
//!
//! The format: <https://valgrind.org/docs/manual/cl-format.html>. Names may be compressed to numbers, `(7) name` at first
//! and `(7)` from then on, in three sets: objects, files, functions. Positions may be relative. A line of costs after
//! `calls=` is what the calls cost; any other belongs to the function that was named last.

use std::collections::HashMap;

use thiserror::Error;

use crate::callgraph::{Call, CallGraph, Context};

/// The event that is read.
const EVENT: &str = "Ir";

/// A text that is no file of callgrind's.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CallgrindError {
    /// A line makes no sense.
    #[error("line {line} of callgrind's file {message}")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        message: String,
    },
    /// The file has no instruction counts.
    #[error("callgrind's file counts no instructions: it has no event {EVENT}")]
    NoEvent,
    /// The file ends early, or its numbers do not add up to what it says they do.
    #[error("callgrind's file says that it holds {said} instructions and holds {found}: it is cut off or damaged")]
    Total {
        /// What it says.
        said: u64,
        /// What it holds.
        found: u64,
    },
    /// The sum that stands at its end is not there.
    #[error("callgrind's file has no totals at its end: it is cut off")]
    NoTotal,
}

pub(super) fn read(text: &str) -> Result<CallGraph, CallgrindError> {
    let mut reader = Reader::default();
    for (place, line) in text.lines().enumerate() {
        let wrong = |message: String| CallgrindError::Line { line: place + 1, message };
        reader.line(line.trim_end()).map_err(wrong)?;
    }
    reader.finish()
}

#[derive(Default)]
struct Reader {
    graph: CallGraph,
    /// Places of contexts by their raw names.
    contexts: HashMap<String, usize>,
    /// Places of calls by caller and callee.
    calls: HashMap<(usize, usize), usize>,
    /// Names of functions by their numbers.
    names: HashMap<u64, String>,
    /// How many words of a line of costs are positions.
    positions: usize,
    /// Which of the numbers after them is read.
    column: Option<usize>,
    /// The function whose costs are told.
    function: Option<usize>,
    /// The function that the next `calls=` is about.
    callee: Option<usize>,
    /// How often it was called: the next line of costs is that of the calls.
    called: Option<u64>,
    said: Option<u64>,
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), String> {
        let Some(first) = line.chars().next().filter(|&first| first != '#') else { return Ok(()) };
        if first.is_ascii_digit() || matches!(first, '+' | '-' | '*') {
            return self.costs(line);
        }
        // A heading may have an equals sign in its value, a name a colon: what comes first decides.
        let end = line.find(['=', ':']).ok_or_else(|| format!("is neither a heading nor costs: {}", start(line)))?;
        let (key, value) = (&line[..end], line[end + 1..].trim());
        if line[end..].starts_with(':') {
            return self.heading(key, value);
        }
        match key {
            "fn" => {
                self.function = Some(self.context(value)?);
                Ok(())
            }
            "cfn" => {
                self.callee = Some(self.context(value)?);
                Ok(())
            }
            // Where a jump leads: only its name may be needed later.
            "jfn" => self.name(value).map(drop),
            "calls" => {
                self.called = Some(number(value.split_whitespace().next().unwrap_or_default())?);
                Ok(())
            }
            "ob" | "cob" | "fl" | "fi" | "fe" | "cfi" | "cfl" | "jfi" | "jump" | "jcnd" => Ok(()),
            other => Err(format!("has an unknown key: {}", start(other))),
        }
    }

    fn heading(&mut self, key: &str, value: &str) -> Result<(), String> {
        match key {
            "version" if value != "1" => Err(format!("says that the format has version {}, known is 1", start(value))),
            "positions" => {
                self.positions = value.split_whitespace().count();
                Ok(())
            }
            "events" => {
                // Every part names its events anew.
                self.positions = self.positions.max(1);
                self.column = value.split_whitespace().position(|event| event == EVENT);
                self.column.map(drop).ok_or_else(|| format!("names no event {EVENT}"))
            }
            // `summary` says the same before the counts; only a file that is whole has `totals`.
            "totals" => {
                let column = self.column.ok_or("comes before the events are named")?;
                let total = number(value.split_whitespace().nth(column).unwrap_or_default())?;
                self.said = Some(add(self.said.unwrap_or(0), total)?);
                Ok(())
            }
            "part" => {
                self.function = None;
                self.callee = None;
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn costs(&mut self, line: &str) -> Result<(), String> {
        let column = self.column.ok_or("has costs before the events are named")?;
        let function = self.function.ok_or("has costs of no function")?;
        // What is left out at the end is zero.
        let cost = line.split_whitespace().nth(self.positions + column).map_or(Ok(0), number)?;
        match self.called.take() {
            None => {
                let own = &mut self.graph.contexts[function].own;
                *own = add(*own, cost)?;
            }
            Some(count) => {
                let callee = self.callee.ok_or("is the cost of calls to no function")?;
                let place = *self.calls.entry((function, callee)).or_insert_with(|| {
                    self.graph.calls.push(Call { caller: function, callee, count: 0, inclusive: 0 });
                    self.graph.calls.len() - 1
                });
                let call = &mut self.graph.calls[place];
                call.count = add(call.count, count)?;
                call.inclusive = add(call.inclusive, cost)?;
            }
        }
        Ok(())
    }

    /// The place of the context that is named.
    fn context(&mut self, value: &str) -> Result<usize, String> {
        let name = self.name(value)?;
        if let Some(&place) = self.contexts.get(&name) {
            return Ok(place);
        }
        self.graph.contexts.push(Context { stack: stack(&name), own: 0 });
        self.contexts.insert(name, self.graph.contexts.len() - 1);
        Ok(self.graph.contexts.len() - 1)
    }

    /// A name, whether it is written out or by its number.
    fn name(&mut self, value: &str) -> Result<String, String> {
        let compressed = value.strip_prefix('(').and_then(|rest| rest.split_once(')'));
        // `(below main)` is a name.
        let numbered = compressed.and_then(|(id, name)| Some((id.parse::<u64>().ok()?, name.trim())));
        match numbered {
            None if value.is_empty() => Err("names a function without a name".to_owned()),
            None => Ok(value.to_owned()),
            Some((id, "")) => {
                let name = self.names.get(&id).cloned();
                name.ok_or_else(|| format!("means name {id}, which was not told before"))
            }
            Some((id, name)) => {
                self.names.insert(id, name.to_owned());
                Ok(name.to_owned())
            }
        }
    }

    fn finish(mut self) -> Result<CallGraph, CallgrindError> {
        self.column.ok_or(CallgrindError::NoEvent)?;
        let (said, found) = (self.said.ok_or(CallgrindError::NoTotal)?, self.graph.total());
        if said != found {
            return Err(CallgrindError::Total { said, found });
        }
        self.graph.calls.sort_by_key(|call| (call.caller, call.callee));
        Ok(self.graph)
    }
}

/// The frames of a context's name, outermost first: `leaf'left'main` is `main`, `left`, `leaf`. A number among them is the level
/// of a recursion. Callgrind has to demangle by itself, because it is told by demangled names what to count; so an
/// apostrophe within brackets is a lifetime's.
fn stack(name: &str) -> Vec<String> {
    let is_level = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit());
    let mut frames: Vec<String> = apart(name).into_iter().filter(|part| !is_level(part)).map(plain_name).collect();
    frames.reverse();
    if frames.is_empty() { vec![name.to_owned()] } else { frames }
}

/// Splits at the apostrophes that are in no brackets.
fn apart(name: &str) -> Vec<&str> {
    let (mut parts, mut from, mut depth, mut before) = (Vec::new(), 0, 0_usize, ' ');
    for (place, letter) in name.char_indices() {
        match letter {
            '<' | '(' | '[' | '{' => depth += 1,
            // The head of an arrow closes nothing.
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

/// The name without what the compiler hangs on to it to tell two builds apart.
fn plain_name(name: &str) -> String {
    let name = format!("{:#}", rustc_demangle::demangle(name));
    let is_hash = |end: &str| end.len() == 16 && end.bytes().all(|byte| byte.is_ascii_hexdigit());
    match name.rsplit_once("::h") {
        Some((rest, hash)) if is_hash(hash) => rest.to_owned(),
        _ => name,
    }
}

/// A whole number, decimal or hexadecimal.
fn number(word: &str) -> Result<u64, String> {
    let parsed = match word.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => word.parse(),
    };
    parsed.map_err(|_| format!("has something else where a number should be: {}", start(word)))
}

fn add(a: u64, b: u64) -> Result<u64, String> {
    a.checked_add(b).ok_or_else(|| "makes a sum that is too large".to_owned())
}

/// The beginning of a text, in quotes: the whole may be long.
fn start(text: &str) -> String {
    format!("{:?}", text.chars().take(40).collect::<String>())
}
