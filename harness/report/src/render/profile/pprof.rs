//! Profiles for pprof: the message `perftools.profiles.Profile`, compressed by gzip, as
//! <https://github.com/google/pprof/blob/main/proto/profile.proto> describes it. Every view is a type of sample.
//!
//! The message has few fields, so it is encoded here: a varint is seven bits per byte, lowest first, and a message or text is
//! its length and its bytes (<https://protobuf.dev/programming-guides/encoding>).

use std::collections::HashMap;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use harness_record::profile::View;

use super::{Exported, ProfileFormat};

pub(super) const FORMAT: ProfileFormat = ProfileFormat {
    name: "pprof",
    about: "gzipped protocol buffer for pprof, with all views of one side",
    has_sides: false,
    write,
};

fn write(profiles: &[Exported<'_>]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder
        .write_all(&message(profiles))
        .expect("writing to memory cannot fail");
    encoder.finish().expect("writing to memory cannot fail")
}

/// The message without compression.
pub(super) fn message(profiles: &[Exported<'_>]) -> Vec<u8> {
    let mut names = Names::default();
    // The first string must be empty.
    names.string("");
    let mut profile = Message::default();
    for exported in profiles {
        let (kind, unit) = sample_type(exported.profile.view);
        let mut value_type = Message::default();
        value_type.number(1, names.string(kind));
        value_type.number(2, names.string(unit));
        profile.message(1, &value_type);
    }
    for (place, exported) in profiles.iter().enumerate() {
        for (stack, cost) in exported.stacks() {
            // The innermost frame comes first.
            let locations: Vec<u64> = stack
                .iter()
                .rev()
                .map(|name| names.function(name))
                .collect();
            let mut values = vec![0; profiles.len()];
            values[place] = cost;
            let mut sample = Message::default();
            sample.numbers(1, &locations);
            sample.numbers(2, &values);
            profile.message(2, &sample);
        }
    }
    // A location without an address is its function.
    for id in 1..=names.functions.len() as u64 {
        let mut line = Message::default();
        line.number(1, id);
        let mut location = Message::default();
        location.number(1, id);
        location.message(4, &line);
        profile.message(4, &location);
    }
    for (id, name) in (1..).zip(&names.functions) {
        let mut function = Message::default();
        function.number(1, id);
        // Without the name of the symbol: pprof would take a name in angle brackets for a template, and remove it.
        function.number(2, *name);
        profile.message(5, &function);
    }
    let comment = profiles
        .first()
        .map(|one| names.string(&format!("one run of {}", one.profile.place())));
    for string in &names.strings {
        profile.bytes(6, string.as_bytes());
    }
    if let Some(comment) = comment {
        profile.numbers(13, &[comment]);
    }
    profile.0
}

/// Name and unit of the samples of a view.
fn sample_type(view: View) -> (&'static str, &'static str) {
    match view {
        View::Time => ("time", "nanoseconds"),
        View::Instructions => ("instructions", "count"),
        View::Allocations => ("alloc_space", "bytes"),
    }
}

/// Tables of strings and functions.
#[derive(Default)]
struct Names {
    strings: Vec<String>,
    indices: HashMap<String, u64>,
    /// The name of each function; its id is its place, from 1.
    functions: Vec<u64>,
    ids: HashMap<u64, u64>,
}

impl Names {
    fn string(&mut self, text: &str) -> u64 {
        if let Some(&index) = self.indices.get(text) {
            return index;
        }
        let index = self.strings.len() as u64;
        self.strings.push(text.to_owned());
        self.indices.insert(text.to_owned(), index);
        index
    }

    fn function(&mut self, name: &str) -> u64 {
        let name = self.string(name);
        *self.ids.entry(name).or_insert_with(|| {
            self.functions.push(name);
            self.functions.len() as u64
        })
    }
}

/// An encoded message.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut value: u64) {
        while value > 0x7f {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// A field with a number; 0 is its default and left out.
    fn number(&mut self, field: u64, value: u64) {
        if value > 0 {
            self.varint(field << 3);
            self.varint(value);
        }
    }

    /// A field with several numbers, packed.
    fn numbers(&mut self, field: u64, values: &[u64]) {
        let mut packed = Self::default();
        values.iter().for_each(|&value| packed.varint(value));
        self.bytes(field, &packed.0);
    }

    fn message(&mut self, field: u64, message: &Self) {
        self.bytes(field, &message.0);
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }
}
