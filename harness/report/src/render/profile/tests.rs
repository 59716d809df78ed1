//! The exported files, read as their consumers read them. `.ci/validate-profiles` checks them with the schema of speedscope
//! and with a protocol-buffer library.

use std::io::Read;

use flate2::read::GzDecoder;
use harness_probe::Unit;
use harness_record::profile::{Profile, Tree, View};
use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn profile(view: View, stacks: &[(&[&str], u64)]) -> Profile {
    let owned = |frames: &[&str]| {
        frames
            .iter()
            .map(|&frame| frame.to_owned())
            .collect::<Vec<_>>()
    };
    let stacks: Vec<(Vec<String>, u64)> = stacks
        .iter()
        .map(|(frames, own)| (owned(frames), *own))
        .collect();
    Profile {
        view,
        workload: "model/decode".to_owned(),
        phase: "fast".to_owned(),
        unit: Unit {
            name: "token".to_owned(),
            per_run: 1,
        },
        runs: 2,
        isa: "avx2".to_owned(),
        threads: 1,
        tree: Tree::of_stacks(
            stacks
                .iter()
                .map(|(frames, own)| (frames.as_slice(), *own, 1)),
        ),
        sites: Vec::new(),
        cost: None,
    }
}

fn examples() -> [Profile; 3] {
    [
        profile(
            View::Time,
            &[
                (&["decode", "layer norm"], 30),
                (&["decode", "<Gelu as Op>::run"], 60),
                (&["sample"], 7),
            ],
        ),
        profile(
            View::Instructions,
            &[(&["decode", "\"quoted\" \u{3bc}; &"], 8_000_000_000)],
        ),
        profile(
            View::Allocations,
            &[(&["decode"], 4096), (&["decode", "layer norm"], 300)],
        ),
    ]
}

fn exported<'a>(profiles: &'a [Profile], sides: &[Option<&'a str>]) -> Vec<Exported<'a>> {
    let pairs = profiles.iter().zip(sides);
    pairs
        .map(|(profile, &side)| Exported { side, profile })
        .collect()
}

fn written(format: &str, profiles: &[Exported<'_>]) -> Vec<u8> {
    ProfileFormat::by_name(format)
        .expect(format)
        .write(profiles)
}

#[test]
fn speedscope_has_a_profile_for_each_view_and_side() {
    let profiles = examples();
    let file = written(
        "speedscope",
        &exported(&profiles, &[Some("main"), Some("checkout"), None]),
    );
    let mut file: Value = serde_json::from_slice(&file).expect("JSON");
    file["exporter"] = "harness@VERSION".into();
    insta::assert_snapshot!(format!("{file:#}"));
}

/// The fields of a message: numbers and bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, Result<u64, Vec<u8>>)> {
    fn varint(bytes: &mut &[u8]) -> u64 {
        let mut value = 0;
        for shift in (0..).step_by(7) {
            let byte = bytes[0];
            *bytes = &bytes[1..];
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                break;
            }
        }
        value
    }
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let number = varint(&mut bytes);
        match key & 7 {
            0 => fields.push((key >> 3, Ok(number))),
            2 => {
                let (value, rest) = bytes.split_at(number as usize);
                bytes = rest;
                fields.push((key >> 3, Err(value.to_vec())));
            }
            kind => panic!("no field of {kind} is written"),
        }
    }
    fields
}

fn packed(bytes: &[u8]) -> Vec<u64> {
    // As a sequence of fields with the number 0 would be.
    let mut values = Vec::new();
    let (mut value, mut shift) = (0, 0);
    for byte in bytes {
        value |= u64::from(byte & 0x7f) << shift;
        shift += 7;
        if *byte < 0x80 {
            values.push(value);
            (value, shift) = (0, 0);
        }
    }
    values
}

/// The samples of a file as text: outermost frame first, and the values.
fn samples(file: &[u8]) -> Vec<String> {
    let mut bytes = Vec::new();
    GzDecoder::new(file).read_to_end(&mut bytes).expect("gzip");
    let all = fields(&bytes);
    let of = |field: u64| {
        all.iter()
            .filter(move |(number, _)| *number == field)
            .filter_map(|(_, value)| value.as_ref().err())
    };
    let strings: Vec<String> = of(6)
        .map(|text| String::from_utf8(text.clone()).expect("UTF-8"))
        .collect();
    assert_eq!(strings[0], "");
    let number = |message: &[u8], field: u64| {
        let found = fields(message)
            .into_iter()
            .find(|(number, _)| *number == field);
        found.and_then(|(_, value)| value.ok()).unwrap_or_default()
    };
    let functions: Vec<u64> = of(5).map(|function| number(function, 2)).collect();
    for (place, location) in (1..).zip(of(4)) {
        assert_eq!(number(location, 1), place, "ids are places");
    }
    assert_eq!(of(4).count(), functions.len());
    let sample = |sample: &Vec<u8>| {
        let part = |field: u64| {
            let found = fields(sample)
                .into_iter()
                .find(|(number, _)| *number == field);
            packed(&found.and_then(|(_, value)| value.err()).unwrap_or_default())
        };
        let frames = part(1)
            .into_iter()
            .rev()
            .map(|id| strings[functions[id as usize - 1] as usize].clone());
        format!("{} {:?}", frames.collect::<Vec<_>>().join(" > "), part(2))
    };
    let types = of(1).map(|one| {
        format!(
            "{} in {}",
            strings[number(one, 1) as usize],
            strings[number(one, 2) as usize]
        )
    });
    types.chain(of(2).map(sample)).collect()
}

#[test]
fn pprof_has_a_type_of_sample_for_each_view() {
    let profiles = examples();
    let file = written("pprof", &exported(&profiles, &[None; 3]));
    insta::assert_snapshot!(samples(&file).join("\n"));
    assert_eq!(
        file,
        written("pprof", &exported(&profiles, &[None; 3])),
        "equal profiles make equal files"
    );
}

#[test]
fn every_format_has_a_name_of_its_own() {
    for format in ProfileFormat::all() {
        let found = ProfileFormat::by_name(format.name).expect("registered");
        assert!(std::ptr::eq(found, format));
        assert!(!format.about.is_empty());
    }
    assert!(ProfileFormat::by_name("svg").is_none());
}

/// Writes the files that `.ci/validate-profiles` checks.
#[test]
fn files_for_the_validator() {
    let Some(folder) = std::env::var_os("PROFILE_EXPORTS") else {
        return;
    };
    let profiles = examples();
    for format in ProfileFormat::all() {
        let path = std::path::Path::new(&folder).join(format.name);
        std::fs::write(path, format.write(&exported(&profiles, &[None; 3]))).expect("written");
    }
}

proptest! {
    #[test]
    fn no_cost_is_lost(stacks in prop::collection::vec((prop::collection::vec("\\PC{0,5}", 1..5), 0..u64::MAX / 64), 0..12)) {
        let borrowed: Vec<(Vec<&str>, u64)> = stacks.iter().map(|(frames, own)| (frames.iter().map(String::as_str).collect(), *own)).collect();
        let slices: Vec<(&[&str], u64)> = borrowed.iter().map(|(frames, own)| (frames.as_slice(), *own)).collect();
        let profile = Profile { runs: 1, ..profile(View::Instructions, &slices) };
        let one = [Exported { side: None, profile: &profile }];
        let expected: u64 = one[0].stacks().iter().map(|(_, cost)| cost).sum();
        let file: Value = serde_json::from_slice(&written("speedscope", &one)).expect("JSON");
        prop_assert_eq!(file["profiles"][0]["endValue"].as_u64(), Some(expected));
        let found: u64 = samples(&written("pprof", &one)).iter().skip(1).map(|line| {
            let value = line.rsplit_once('[').expect("values").1.trim_end_matches(']');
            value.parse::<u64>().expect("a number")
        }).sum();
        prop_assert_eq!(found, expected);
    }
}
