//! Places of allocation: reads a profile in the format of DHAT's viewer.
//!
//! The format: <https://www.valgrind.org/docs/manual/dh-manual.html>, as the crate `dhat` writes it. Each program
//! point has a backtrace, innermost frame first, as indices into a table of frames `address: function
//! (file:line:column)`. A file is given by the last three parts of its path. An inlined function has its bare name.
//!
//! Two kinds of frames are omitted from a backtrace, because they hide the path through the program: the frames of
//! Rust's own libraries at its inner end, except the outermost of them, and the frames between a closure and the
//! function that contains it.

use serde::Deserialize;
use thiserror::Error;

use crate::profile::Tree;

/// Supported version of the format.
const VERSION: u64 = 2;

/// Error of reading a profile of allocations.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SitesError {
    /// The file has another format.
    #[error("the profile of allocations cannot be read: {0}")]
    Format(String),
    /// The format has another version.
    #[error("the profile of allocations has format version {0}; only {VERSION} is supported")]
    Version(u64),
    /// A backtrace refers to a frame that does not exist.
    #[error("the profile of allocations is damaged: a backtrace names frame {frame} of {frames}")]
    Frame {
        /// Index of the frame.
        frame: usize,
        /// Number of frames in the table.
        frames: usize,
    },
    /// The sum of the bytes or blocks does not fit into 64 bits.
    #[error(
        "the profile of allocations is damaged: the sum of its bytes or blocks exceeds 64 bits"
    )]
    Sum,
}

/// A place of allocation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// The innermost frame outside of Rust's own libraries.
    pub allocator: Frame,
    /// The nearest frame around it that belongs to another function, if there is one.
    pub caller: Option<Frame>,
    /// Bytes allocated there.
    pub bytes: u64,
    /// Blocks allocated there.
    pub blocks: u64,
}

/// A frame of a backtrace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The function.
    pub function: String,
    /// File and line; none if the program has no debug information for it.
    pub place: Option<String>,
}

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

/// Allocations by place.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sites {
    /// Bytes by function; the calls of a node are blocks.
    pub tree: Tree,
    /// The places, in descending order of bytes.
    pub sites: Vec<Site>,
}

impl Sites {
    /// Reads a profile.
    ///
    /// # Errors
    /// If the value is not a profile, or is damaged.
    pub fn read(dhat: &serde_json::Value) -> Result<Self, SitesError> {
        let written =
            Written::deserialize(dhat).map_err(|error| SitesError::Format(error.to_string()))?;
        if written.version != VERSION {
            return Err(SitesError::Version(written.version));
        }
        // Every later sum is a part of these.
        let sum = |count: fn(&Point) -> u64| {
            let mut counts = written.pps.iter().map(count);
            counts.try_fold(0, u64::checked_add).ok_or(SitesError::Sum)
        };
        sum(|point| point.tb)?;
        sum(|point| point.tbk)?;
        let table: Vec<Frame> = written.ftbl.iter().map(|text| Frame::parse(text)).collect();
        let mut stacks = Vec::new();
        let mut sites: Vec<Site> = Vec::new();
        for point in &written.pps {
            let frame = |&frame: &usize| {
                table.get(frame).ok_or(SitesError::Frame {
                    frame,
                    frames: table.len(),
                })
            };
            let frames: Vec<&Frame> = point.fs.iter().map(frame).collect::<Result<_, _>>()?;
            let mut frames = without_closures(&frames);
            // Of the library's frames only the outermost is of interest: the function that was called.
            let ours = frames
                .iter()
                .position(|frame| !frame.is_library())
                .unwrap_or(0);
            frames.drain(..ours.saturating_sub(1));
            let ours = ours.min(1);
            if let Some(allocator) = frames.get(ours) {
                let mut around = frames[ours..].iter().filter(|frame| !frame.is_library());
                let caller = around.find(|frame| frame.function != allocator.function);
                let (bytes, blocks) = (point.tb, point.tbk);
                match sites
                    .iter_mut()
                    .find(|site| site.allocator == *allocator && site.caller.as_ref() == caller)
                {
                    Some(site) => {
                        (site.bytes, site.blocks) = (site.bytes + bytes, site.blocks + blocks)
                    }
                    None => sites.push(Site {
                        allocator: allocator.clone(),
                        caller: caller.cloned(),
                        bytes,
                        blocks,
                    }),
                }
            }
            let stack: Vec<String> = frames.iter().rev().map(Frame::name).collect();
            stacks.push((stack, point.tb, point.tbk));
        }
        sites.sort_by(|a, b| {
            b.bytes
                .cmp(&a.bytes)
                .then_with(|| a.allocator.function.cmp(&b.allocator.function))
        });
        let tree = Tree::of_stacks(
            stacks
                .iter()
                .map(|(stack, bytes, blocks)| (stack.as_slice(), *bytes, *blocks)),
        );
        Ok(Self { tree, sites })
    }
}

/// Returns the frames without closures. The frames between a closure and the function that contains it only pass the
/// call on. The containing function is the frame further out, in the same file, that begins last before the closure.
fn without_closures(frames: &[&Frame]) -> Vec<Frame> {
    let mut kept = Vec::new();
    let mut place = 0;
    while let Some(&frame) = frames.get(place) {
        let mut frame = frame.clone();
        if let Some((file, line)) = frames[place].line().filter(|_| frame.is_closure()) {
            let around = frames
                .iter()
                .enumerate()
                .skip(place + 1)
                .filter(|(_, other)| !other.is_closure());
            let same_file = around.filter_map(|(at, other)| {
                let (other_file, began) = other.line()?;
                (other_file == file && began <= line).then_some((began, std::cmp::Reverse(at)))
            });
            if let Some((_, std::cmp::Reverse(at))) = same_file.max() {
                // With the closure's line in it.
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
    /// Parses `0x10b5: engine::buffers::Buffers::take (src/buffers.rs:73:26)`.
    fn parse(text: &str) -> Self {
        let named = match text.split_once(": ") {
            Some((address, rest)) if address.starts_with("0x") => rest,
            _ => text,
        };
        let (function, place) = match named.rsplit_once(" (") {
            Some((function, place)) if place.ends_with(')') => {
                (function, Some(place.trim_end_matches(')')))
            }
            _ => (named, None),
        };
        // Without the column.
        let place = place.map(|place| {
            place
                .rsplit_once(':')
                .map_or(place, |(place, _)| place)
                .to_owned()
        });
        let function = format!("{:#}", rustc_demangle::demangle(function));
        let function = match function.split_once('<') {
            // `take<f32>`: type arguments add length and little information.
            Some((name, _)) if !name.is_empty() && !name.contains("::") => name.to_owned(),
            _ => function,
        };
        Self {
            function,
            place: place.filter(|place| !place.starts_with("???")),
        }
    }

    /// File and line.
    fn line(&self) -> Option<(&str, u32)> {
        let (file, line) = self.place.as_deref()?.rsplit_once(':')?;
        Some((file, line.parse().ok()?))
    }

    fn is_closure(&self) -> bool {
        let last = self.function.rsplit("::").next().unwrap_or_default();
        last.starts_with("{closure") || last.starts_with("{{closure")
    }

    /// The name of the function, followed by its file if the name has no path.
    fn name(&self) -> String {
        match self.line() {
            Some((file, _)) if !self.function.contains("::") => {
                format!(
                    "{} ({})",
                    self.function,
                    file.rsplit('/').next().unwrap_or(file)
                )
            }
            _ => self.function.clone(),
        }
    }

    /// True if it belongs to Rust's own libraries, such as `alloc::vec::from_elem` or `<alloc::vec::Vec<T> as
    /// Extend<T>>::extend`.
    fn is_library(&self) -> bool {
        let of_type = self.function.trim_start_matches(['<', '&']);
        // `<T as alloc::slice::Concat>::concat` belongs to its trait, because T may be any type.
        let path = match of_type.split_once(" as ") {
            Some((parameter, of_trait)) if !parameter.contains("::") => of_trait,
            _ => of_type,
        };
        let named = [
            "alloc::", "core::", "std::", "dhat::", "__rust", "__rg_", "__rdl",
        ];
        named.iter().any(|library| path.starts_with(library))
            || self.place.as_deref().is_some_and(is_library_file)
    }

    /// Function and place as text.
    pub fn told(&self) -> String {
        match &self.place {
            Some(place) => format!("{} ({place})", self.function),
            None => self.function.clone(),
        }
    }
}

/// True for the files of Rust's own libraries, given that only three parts of a path are known. Limitation: if a program
/// has modules with these names, one of its frames further out is shown instead.
fn is_library_file(place: &str) -> bool {
    let parts: Vec<&str> = place.split('/').collect();
    match parts.as_slice() {
        ["core" | "alloc" | "std", "src", _, ..] => true,
        ["src", module, _, ..] => LIBRARY_MODULES.contains(module),
        ["iter", "adapters" | "traits", _, ..] | ["collections", "vec_deque", _, ..] => true,
        _ => false,
    }
}

const LIBRARY_MODULES: [&str; 10] = [
    "alloc",
    "boxed",
    "collections",
    "iter",
    "ops",
    "raw_vec",
    "slice",
    "str",
    "sync",
    "vec",
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    /// Frames as dhat writes them: two buffers allocated in one product, on different paths, and one allocated
    /// elsewhere.
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
        let found: Vec<_> = sites
            .iter()
            .map(|site| {
                (
                    site.allocator.told(),
                    site.caller.as_ref().map(Frame::told),
                    site.bytes,
                    site.blocks,
                )
            })
            .collect();
        let take = || "take (engine/src/buffers.rs:73)".to_owned();
        assert_eq!(
            found,
            [
                (
                    take(),
                    Some("product (src/session/forward.rs:226)".to_owned()),
                    500,
                    5
                ),
                (
                    take(),
                    Some("engine::session::Pass::norm (src/session/forward.rs:240)".to_owned()),
                    30,
                    3
                ),
            ]
        );
        insta::assert_snapshot!(tree.folded(1.0));
    }

    #[test]
    fn invalid_profiles_are_refused() {
        let error = |value: Value| Sites::read(&value).expect_err("no profile").to_string();
        assert_eq!(
            error(json!({})),
            "the profile of allocations cannot be read: missing field `dhatFileVersion`"
        );
        let mut later = profile();
        later["dhatFileVersion"] = json!(3);
        assert_eq!(
            error(later),
            "the profile of allocations has format version 3; only 2 is supported"
        );
        let mut damaged = profile();
        damaged["pps"][0]["fs"][2] = json!(80);
        assert_eq!(
            error(damaged),
            "the profile of allocations is damaged: a backtrace names frame 80 of 10"
        );
        let mut large = profile();
        large["pps"][0]["tb"] = json!(u64::MAX);
        assert_eq!(Sites::read(&large), Err(SitesError::Sum));
        for wrong in [json!(-1), json!(1.5), json!("7"), json!(null)] {
            let mut negative = profile();
            negative["pps"][0]["tbk"] = wrong;
            assert!(error(negative).starts_with("the profile of allocations cannot be read"));
        }
    }

    proptest! {
        #[test]
        fn no_byte_is_lost(points in prop::collection::vec((0..1000_u64, 0..9_u64, prop::collection::vec(0..10_usize, 0..8)), 0..12)) {
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
