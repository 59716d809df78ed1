//! Profiles for speedscope (<https://www.speedscope.app>), as its JSON schema describes them: one sampled profile for each
//! view and side, whose samples are stacks with their cost in one run.

use std::collections::HashMap;

use harness_record::profile::View;
use serde::Serialize;

use super::{Exported, ProfileFormat};

pub(super) const FORMAT: ProfileFormat = ProfileFormat {
    name: "speedscope",
    about: "JSON for speedscope, with all views and both sides",
    has_sides: true,
    write,
};

const SCHEMA: &str = "https://www.speedscope.app/file-format-schema.json";

#[derive(Serialize)]
struct File {
    #[serde(rename = "$schema")]
    schema: &'static str,
    exporter: String,
    name: String,
    shared: Shared,
    profiles: Vec<Profile>,
}

#[derive(Serialize, Default)]
struct Shared {
    frames: Vec<Frame>,
}

#[derive(Serialize)]
struct Frame {
    name: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Profile {
    #[serde(rename = "type")]
    kind: &'static str,
    name: String,
    unit: &'static str,
    start_value: u64,
    end_value: u64,
    samples: Vec<Vec<usize>>,
    weights: Vec<u64>,
}

fn write(profiles: &[Exported<'_>]) -> Vec<u8> {
    let mut shared = Shared::default();
    let mut indices: HashMap<String, usize> = HashMap::new();
    let mut index = |name: &str| {
        *indices.entry(name.to_owned()).or_insert_with(|| {
            shared.frames.push(Frame {
                name: name.to_owned(),
            });
            shared.frames.len() - 1
        })
    };
    let mut all = Vec::new();
    for exported in profiles {
        let (mut samples, mut weights) = (Vec::new(), Vec::new());
        for (stack, cost) in exported.stacks() {
            samples.push(stack.into_iter().map(&mut index).collect());
            weights.push(cost);
        }
        all.push(Profile {
            kind: "sampled",
            name: exported.title(),
            unit: unit(exported.profile.view),
            start_value: 0,
            end_value: weights.iter().sum(),
            samples,
            weights,
        });
    }
    let file = File {
        schema: SCHEMA,
        exporter: format!("harness@{}", env!("CARGO_PKG_VERSION")),
        name: profiles
            .first()
            .map(|one| one.profile.workload.clone())
            .unwrap_or_default(),
        shared,
        profiles: all,
    };
    let mut text = serde_json::to_vec(&file).expect("all keys are strings");
    text.push(b'\n');
    text
}

/// The unit; the schema has none for instructions.
fn unit(view: View) -> &'static str {
    match view {
        View::Time => "nanoseconds",
        View::Allocations => "bytes",
        View::Instructions => "none",
    }
}
