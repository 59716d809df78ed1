//! Where allocations are made: a profile in the format of DHAT's viewer, read and put in order.
//!
//! The format: <https://www.valgrind.org/docs/manual/dh-manual.html>, and what the crate `dhat` writes of it. Each program
//! point has a backtrace, innermost frame first, into a table of frames `address: function (file:line:column)`. Of a file, the
//! last three parts of its path are told; a function that was inlined has its bare name.
//!
//! Two things are left out of a backtrace, because they hide the way rather than show it: all but the outermost of the
//! frames of Rust's own libraries at its inner end, and what lies between a closure and the function that it is written in.

use serde::Deserialize;
use thiserror::Error;

use crate::profile::Tree;

/// Version of the format that is understood.
const VERSION: u64 = 2;

/// A profile of allocations that cannot be read.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SitesError {
    /// It is another kind of file.
    #[error("the profile of allocations cannot be read: {0}")]
    Format(String),
    /// It is of another version.
    #[error("the profile of allocations has version {0}, known is {VERSION}")]
    Version(u64),
    /// A backtrace names a frame that is not there.
    #[error("the profile of allocations is damaged: a backtrace names frame {frame} of {frames}")]
    Frame {
        /// The frame.
        frame: usize,
        /// How many there are.
        frames: usize,
    },
}

/// Where memory was allocated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The innermost frame that belongs to none of Rust's own libraries.
    pub allocator: Frame,
    /// The one around it that is of another function, where there is one.
    pub caller: Option<Frame>,
    /// Bytes that were allocated there.
    pub bytes: u64,
    /// Blocks that were allocated there.
    pub blocks: u64,
}

/// A place in the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// File and line; none where the program does not know.
    pub place: Option<String>,
}

/// How the files of Rust's own libraries begin, where three parts of a path are all that is told. A program that has such
/// modules of its own is shown a frame further out.
const FILES: [&str; 16] = [
    "core/src/",
    "alloc/src/",
    "std/src/",
    "src/alloc/",
    "src/boxed/",
    "src/collections/",
    "src/iter/",
    "src/ops/",
    "src/raw_vec/",
    "src/slice/",
    "src/str/",
    "src/sync/",
    "src/vec/",
    "iter/adapters/",
    "iter/traits/",
    "collections/vec_deque/",
];

#[derive(Deserialize)]
struct Written {
    #[serde(rename = "dhatFileVersion")]
    version: u64,
    pps: Vec<Point>,
    ftbl: Vec<String>,
}

#[derive(Deserialize)]
struct Point {
    tb: u64,
    tbk: u64,
    fs: Vec<usize>,
}

/// Allocations by the place they were made at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sites {
    /// In bytes, by function; calls are blocks.
    pub tree: Tree,
    /// The places, most bytes first.
    pub sites: Vec<Site>,
}

impl Sites {
    /// Reads a profile.
    ///
    /// # Errors
    /// If it is none, or damaged.
    pub fn read(dhat: &serde_json::Value) -> Result<Self, SitesError> {
        let written = Written::deserialize(dhat).map_err(|error| SitesError::Format(error.to_string()))?;
        if written.version != VERSION {
            return Err(SitesError::Version(written.version));
        }
        let table: Vec<Frame> = written.ftbl.iter().map(|text| Frame::parse(text)).collect();
        let mut stacks = Vec::new();
        let mut sites: Vec<Site> = Vec::new();
        for point in &written.pps {
            let frame = |&frame: &usize| table.get(frame).ok_or(SitesError::Frame { frame, frames: table.len() });
            let frames: Vec<&Frame> = point.fs.iter().map(frame).collect::<Result<_, _>>()?;
            let mut frames = without_closures(&frames);
            // Of the library's way to the allocator only its beginning is of interest: what was called.
            let ours = frames.iter().position(|frame| !frame.is_library()).unwrap_or(0);
            frames.drain(..ours.saturating_sub(1));
            let ours = ours.min(1);
            if let Some(allocator) = frames.get(ours) {
                let mut around = frames[ours..].iter().filter(|frame| !frame.is_library());
                let caller = around.find(|frame| frame.function != allocator.function);
                match sites.iter_mut().find(|site| site.allocator == *allocator && site.caller.as_ref() == caller) {
                    Some(site) => {
                        site.bytes += point.tb;
                        site.blocks += point.tbk;
                    }
                    None => sites.push(Site {
                        allocator: allocator.clone(),
                        caller: caller.cloned(),
                        bytes: point.tb,
                        blocks: point.tbk,
                    }),
                }
            }
            let stack: Vec<String> = frames.iter().rev().map(Frame::name).collect();
            stacks.push((stack, point.tb, point.tbk));
        }
        sites.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.allocator.function.cmp(&b.allocator.function)));
        let tree = Tree::of_stacks(stacks.iter().map(|(stack, bytes, blocks)| (stack.as_slice(), *bytes, *blocks)));
        Ok(Self { tree, sites })
    }
}

/// The frames without closures: what lies between a closure and the function it is written in only calls the one for the
/// other. That function is the one further out in the same file that begins last before the closure.
fn without_closures(frames: &[&Frame]) -> Vec<Frame> {
    let mut kept = Vec::new();
    let mut place = 0;
    while let Some(&frame) = frames.get(place) {
        let mut frame = frame.clone();
        if let Some((file, line)) = frames[place].line().filter(|_| frame.is_closure()) {
            let around = frames.iter().enumerate().skip(place + 1).filter(|(_, other)| !other.is_closure());
            let same_file = around.filter_map(|(at, other)| {
                let (other_file, began) = other.line()?;
                (other_file == file && began <= line).then_some((began, std::cmp::Reverse(at)))
            });
            if let Some((_, std::cmp::Reverse(at))) = same_file.max() {
                // With the place within it that the closure tells.
                frame.function = frames[at].function.clone();
                place = at;
            }
        }
        kept.push(frame);
        place += 1;
    }
    kept
}

impl Frame {
    /// `0x10b5: engine::buffers::Buffers::take (src/buffers.rs:73:26)`.
    fn parse(text: &str) -> Self {
        let named = match text.split_once(": ") {
            Some((address, rest)) if address.starts_with("0x") => rest,
            _ => text,
        };
        let (function, place) = match named.rsplit_once(" (") {
            Some((function, place)) if place.ends_with(')') => (function, Some(place.trim_end_matches(')'))),
            _ => (named, None),
        };
        // Without the column.
        let place = place.map(|place| place.rsplit_once(':').map_or(place, |(place, _)| place).to_owned());
        let function = format!("{:#}", rustc_demangle::demangle(function));
        let function = match function.split_once('<') {
            // `take<f32>`: what a generic function is made for tells less than its name, at more length.
            Some((name, _)) if !name.is_empty() && !name.contains("::") => name.to_owned(),
            _ => function,
        };
        Self { function, place: place.filter(|place| !place.starts_with("???")) }
    }

    /// File and line.
    fn line(&self) -> Option<(&str, u32)> {
        let (file, line) = self.place.as_deref()?.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }

    fn is_closure(&self) -> bool {
        self.function
            .rsplit("::")
            .next()
            .is_some_and(|last| last.starts_with("{closure") || last.starts_with("{{closure"))
    }

    /// The name of the function, with its file where the name has no path.
    fn name(&self) -> String {
        match self.line() {
            Some((file, _)) if !self.function.contains("::") => {
                format!("{} ({})", self.function, file.rsplit('/').next().unwrap_or(file))
            }
            _ => self.function.clone(),
        }
    }

    /// Whether it belongs to Rust's own libraries: `alloc::vec::from_elem`, `<alloc::vec::Vec<T> as Extend<T>>::extend`.
    fn is_library(&self) -> bool {
        let of_type = self.function.trim_start_matches(['<', '&']);
        // `<T as alloc::slice::Concat>::concat` is named by its trait, for T may be anything.
        let path = match of_type.split_once(" as ") {
            Some((parameter, of_trait)) if !parameter.contains("::") => of_trait,
            _ => of_type,
        };
        let named = ["alloc::", "core::", "std::", "dhat::", "__rust", "__rg_", "__rdl"];
        let file = self.place.as_deref().unwrap_or_default();
        named.iter().any(|library| path.starts_with(library)) || FILES.iter().any(|start| file.starts_with(start))
    }

    /// Function and place, as one text.
    pub fn told(&self) -> String {
        match &self.place {
            Some(place) => format!("{} ({place})", self.function),
            None => self.function.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Frames as dhat tells them: of two buffers made in one product, by ways of their own, and of one made elsewhere.
    fn profile() -> Value {
        json!({
            "dhatFileVersion": 2, "mode": "rust-heap", "verb": "Allocated", "bklt": true, "te": 10,
            "pps": [
                {"tb": 400, "tbk": 4, "tl": 1, "fs": [1, 2, 3, 4, 5, 6, 7, 9]},
                {"tb": 100, "tbk": 1, "tl": 1, "fs": [1, 3, 4, 5, 6, 7, 9]},
                {"tb": 30, "tbk": 3, "tl": 1, "fs": [1, 2, 3, 4, 8, 9]},
            ],
            "ftbl": [
                "[root]",
                "0x1: <dhat::Alloc as core::alloc::global::GlobalAlloc>::alloc (???:0:0)",
                "0x2: alloc_zeroed (alloc/src/alloc.rs:178:9)",
                "0x2: from_elem<f32> (src/vec/mod.rs:3651:5)",
                "0x2: take (engine/src/buffers.rs:73:26)",
                "0x3: {closure#0}<engine::trace::NoSpans> (src/session/forward.rs:226:40)",
                "0x3: span<engine::trace::NoSpans, engine::session::{impl#1}::product::{closure_env#0}> (src/session/forward.rs:50:22)",
                "0x3: product<engine::trace::NoSpans> (src/session/forward.rs:225:14)",
                "0x4: engine::session::Pass::norm (src/session/forward.rs:240:13)",
                "0x5: run (src/model/inference.rs:96:40)",
            ],
        })
    }

    #[test]
    fn sites_are_the_innermost_places_of_the_program_itself() {
        let Sites { tree, sites } = Sites::read(&profile()).expect("well-formed");
        let told: Vec<_> = sites
            .iter()
            .map(|site| (site.allocator.told(), site.caller.as_ref().map(Frame::told), site.bytes, site.blocks))
            .collect();
        let take = || "take (engine/src/buffers.rs:73)".to_owned();
        assert_eq!(
            told,
            [
                (take(), Some("product (src/session/forward.rs:226)".to_owned()), 500, 5),
                (take(), Some("engine::session::Pass::norm (src/session/forward.rs:240)".to_owned()), 30, 3),
            ]
        );
        insta::assert_snapshot!(tree.folded(1.0));
    }

    #[test]
    fn what_is_no_profile_is_refused_in_one_sentence() {
        let told = |value: Value| Sites::read(&value).expect_err("no profile").to_string();
        assert_eq!(told(json!({})), "the profile of allocations cannot be read: missing field `dhatFileVersion`");
        let mut later = profile();
        later["dhatFileVersion"] = json!(3);
        assert_eq!(told(later), "the profile of allocations has version 3, known is 2");
        let mut damaged = profile();
        damaged["pps"][0]["fs"][2] = json!(80);
        assert_eq!(told(damaged), "the profile of allocations is damaged: a backtrace names frame 80 of 10");
    }

    proptest! {
        #[test]
        fn every_byte_is_somewhere(points in prop::collection::vec((0..1000_u64, 0..9_u64, prop::collection::vec(0..10_usize, 0..8)), 0..12)) {
            let mut written = profile();
            written["pps"] = points.iter().map(|(tb, tbk, fs)| json!({"tb": tb, "tbk": tbk, "fs": fs})).collect();
            let sites = Sites::read(&written).expect("well-formed");
            let of = |with_frames: bool| -> u64 {
                points.iter().filter(|(_, _, fs)| !with_frames || !fs.is_empty()).map(|(tb, _, _)| tb).sum()
            };
            prop_assert_eq!(sites.sites.iter().map(|site| site.bytes).sum::<u64>(), of(true));
            prop_assert_eq!(sites.tree.total(), of(true));
        }
    }
}
