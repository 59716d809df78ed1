//! No text of any chart is over other text or over a mark, whatever the data are.

use harness_abtest::Interval;
use harness_record::metric::{Better, Quantity};
use proptest::prelude::*;

use super::canvas::{Anchor, EDGE, Place, Shape, WIDTH};
use super::palette::Colour;
use super::*;

/// Width of a chart on a phone of 390 pixels, inside the margins of the page and of its frame.
const PHONE: f64 = 356.0;

/// A rectangle: left, top, right, bottom.
type Box4 = [f64; 4];

/// What a shape covers: the boxes of marks, a box for each segment of a line.
fn covered(shape: &Shape) -> Vec<(Place, Place, f64)> {
    let along = |points: &[Place], width: f64| {
        points
            .windows(2)
            .map(|pair| (pair[0], pair[1], width / 2.0))
            .collect()
    };
    match shape {
        Shape::Line(points, stroke) => along(points, stroke.width),
        // Rules are behind the data.
        Shape::Strokes(_, stroke) if stroke.colour == Colour::Rule => Vec::new(),
        Shape::Strokes(strokes, stroke) => strokes
            .iter()
            .flat_map(|ends| -> Vec<_> { along(ends, stroke.width) })
            .collect(),
        Shape::Area(outline, _) => along(outline, 0.7),
        Shape::Dots(places, radius, _) => places.iter().map(|&at| (at, at, *radius)).collect(),
        // The cells of a heat map have their text inside.
        Shape::Block(_, Colour::Shade(_)) | Shape::Border(..) => Vec::new(),
        Shape::Block([(x, y), (right, bottom)], _) => {
            let (middle, half) = ((y + bottom) / 2.0, (bottom - y).abs() / 2.0);
            vec![((x + half, middle), (right - half, middle), half)]
        }
        Shape::Text(..) | Shape::Open(_) | Shape::Close => Vec::new(),
    }
}

/// The box of a line of text.
fn text_box(shape: &Shape) -> Option<(Box4, &str)> {
    let Shape::Text(text, (x, y), words) = shape else {
        return None;
    };
    let width = words.width(text);
    let left = match words.from {
        Anchor::Start => *x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    // From the top of capital letters to below the descenders.
    let (top, bottom) = (y - 0.42 * words.size, y + 0.56 * words.size);
    Some(([left, top, left + width, bottom], text))
}

/// True if the segment, with a half width, meets the box: points along it are tried at small distances.
fn meets(&(from, to, half): &(Place, Place, f64), [left, top, right, bottom]: Box4) -> bool {
    let apart = from.0.max(to.0) + half < left
        || from.0.min(to.0) - half > right
        || from.1.max(to.1) + half < top
        || from.1.min(to.1) - half > bottom;
    if apart {
        return false;
    }
    let length = (to.0 - from.0).hypot(to.1 - from.1);
    let steps = (length / 0.5).ceil().max(1.0) as usize;
    (0..=steps).any(|step| {
        let share = step as f64 / steps as f64;
        let (x, y) = (
            from.0 + share * (to.0 - from.0),
            from.1 + share * (to.1 - from.1),
        );
        x + half > left && x - half < right && y + half > top && y - half < bottom
    })
}

/// Panics if text is outside of the chart, too small, or over text or marks.
fn check(kind: &str, drawing: impl Drawing + 'static) {
    const LONG: &str = "The finding of a chart can be a long sentence with numbers 74.1x [72.0, 75.3] and names-without-any-space-that-are-long";
    let chart = Chart::new(LONG, "workload, conditions and provenance", drawing);
    let (canvas, height) = chart.recorded();
    let texts: Vec<(Box4, &str)> = canvas.shapes().iter().filter_map(text_box).collect();
    for (index, (a, text)) in texts.iter().enumerate() {
        assert!(
            a[0] >= EDGE - 0.5 && a[2] <= WIDTH - EDGE + 0.5 && a[1] >= 0.0 && a[3] <= height,
            "{kind}: {text:?} at {a:?} is outside of {WIDTH} x {height}"
        );
        for (b, other) in &texts[..index] {
            let apart = a[0] >= b[2] || b[0] >= a[2] || a[1] >= b[3] || b[1] >= a[3];
            assert!(
                apart,
                "{kind}: {text:?} at {a:?} is over {other:?} at {b:?}"
            );
        }
    }
    for shape in canvas.shapes() {
        for mark in covered(shape) {
            for (at, text) in &texts {
                assert!(
                    !meets(&mark, *at),
                    "{kind}: {text:?} at {at:?} is over {shape:?}"
                );
            }
        }
    }
    for shape in canvas.shapes() {
        if let Shape::Text(text, _, words) = shape {
            let pixels = words.size * PHONE / WIDTH;
            assert!(
                pixels >= 10.0,
                "{kind}: {text:?} has {pixels} pixels on a phone"
            );
        }
    }
    let svg = chart.to_svg();
    assert!(
        !svg.contains("NaN") && !svg.contains("inf"),
        "{kind}: {svg}"
    );
}

fn name(index: usize, is_long: bool) -> String {
    match is_long {
        true => {
            format!("a-phase-with-quite-a-long-name/and@{index},threads=16 that goes on and on")
        }
        false => format!("phase {index}"),
    }
}

fn interval(value: f64) -> Interval {
    Interval {
        low: value * 0.9,
        high: value * 1.3,
        level: 0.95,
    }
}

fn every_kind(values: &[f64], is_long: bool) {
    let names: Vec<String> = (0..values.len())
        .map(|index| name(index, is_long))
        .collect();
    let named = || names.iter().zip(values).enumerate();
    let label = |value: f64| match is_long {
        true => format!("{value:e} · 74.1x [72.0, 75.3] of the naive phase · 1/7 of the reference"),
        false => format!("{value:.3}"),
    };
    check(
        "phase chart",
        PhaseChart {
            axis: "heap bytes allocated per token".to_owned(),
            quantity: Quantity::Bytes,
            better: Better::Lower,
            marks: named()
                .map(|(index, (name, &value))| Mark {
                    name: name.clone(),
                    place: index,
                    value: match index % 5 {
                        4 => Err("not measured".to_owned()),
                        _ => Ok((value, Some(interval(value)))),
                    },
                    label: label(value),
                    description: String::new(),
                    alarm: index % 3 == 2,
                })
                .collect(),
        },
    );
    let effect = |factor: f64, is_shown| Effect {
        factor,
        interval: Some(interval(factor)),
        is_shown,
    };
    check(
        "effect chart",
        EffectChart {
            axis: "speed with the optimization over speed without it".to_owned(),
            kinds: (0..2)
                .map(|index| EffectKind {
                    name: name(index, is_long),
                    place: index,
                })
                .collect(),
            band: (!is_long).then_some((0.98, 1.03)),
            rows: named()
                .map(|(index, (name, &value))| EffectRow {
                    name: name.clone(),
                    effects: vec![
                        Some(effect(value, index % 2 == 0)),
                        (index % 3 > 0).then(|| effect(1.0 / value.max(1e-6), true)),
                    ],
                    label: label(value),
                })
                .collect(),
        },
    );
    check(
        "burn-down",
        BurnDown {
            axis: "latency per token, relative to naive".to_owned(),
            stages: named()
                .map(|(index, (name, &value))| Stage {
                    name: name.clone(),
                    when: "2026-03-01".to_owned(),
                    place: index,
                    wanted: (index % 3 > 0).then_some(Wanted {
                        near: value,
                        far: value / 2.0,
                    }),
                    reached: (index % 4 > 0).then_some((value, Some(interval(value)))),
                    label: label(value),
                })
                .collect(),
        },
    );
    check(
        "dot chart",
        DotChart {
            axis: "estimate of the change, in percent".to_owned(),
            kinds: (0..3)
                .map(|index| DotKind {
                    name: name(index, is_long),
                    place: Some(index),
                    is_cross: index == 2,
                })
                .collect(),
            rows: named()
                .map(|(index, (name, &value))| DotRow {
                    name: name.clone(),
                    truth: value,
                    dots: vec![(value, 0), (-value, 1), (value * 0.7, index % 3)],
                    label: label(value),
                })
                .collect(),
        },
    );
    check(
        "heat map",
        HeatMap {
            axis: "instructions per token".to_owned(),
            columns: names.clone(),
            rows: (0..4)
                .map(|row| {
                    let cell = |&value: &f64| HeatCell {
                        value: Some(value * f64::from(row)),
                        text: label(value),
                    };
                    (
                        name(row as usize, is_long),
                        values.iter().map(cell).collect(),
                    )
                })
                .collect(),
        },
    );
    for sizes in [false, true] {
        let points = |value: f64| {
            let point = |x: u32| Point {
                x: f64::from(x),
                y: value,
                band: Some((value * 0.9, value * 1.2)),
            };
            [1, 2, 3, 4, 8, 16, 17, 300].map(point).to_vec()
        };
        check(
            "line chart",
            LineChart {
                x_axis: "generated tokens after the first".to_owned(),
                sizes,
                y_axis: "time per token".to_owned(),
                quantity: Quantity::Seconds,
                series: named()
                    .map(|(index, (name, &value))| {
                        Series::new(name, index, Quantity::Seconds, points(value)).over(20)
                    })
                    .collect(),
                events: [3.0, 4.0, 4.0, 299.0]
                    .iter()
                    .map(|&x| Event {
                        x,
                        label: name(7, is_long),
                    })
                    .collect(),
            },
        );
    }
    check(
        "panels",
        Panels {
            axis: "instructions per token over 12 states".to_owned(),
            positions: 12,
            panels: named()
                .map(|(_, (name, &value))| Panel {
                    name: name.clone(),
                    label: label(value),
                    points: (0..12).map(|x| (x, value * (x / 4) as f64)).collect(),
                    steps: vec![(4, "rose".to_owned()), (8, "rose".to_owned())],
                })
                .collect(),
        },
    );
}

#[test]
fn awkward_data_leave_all_text_free() {
    let within_two_percent = [1.0, 1.003, 1.006, 1.01, 1.013, 1.016, 1.02];
    let one_is_large = [3e-6, 2.9e-6, 3e-3, 3.1e-6];
    let many: Vec<f64> = (1..=40).map(f64::from).collect();
    for is_long in [false, true] {
        every_kind(&within_two_percent, is_long);
        every_kind(&one_is_large, is_long);
        every_kind(&[0.25], is_long);
        every_kind(&many, is_long);
        every_kind(&[0.0, 0.0, 12.0], is_long);
        every_kind(&[], is_long);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, max_shrink_iters: 16, ..ProptestConfig::default() })]

    #[test]
    fn any_data_leave_all_text_free(
        values in prop::collection::vec(prop_oneof![1e-9..1e12f64, 0.99..1.01f64, Just(0.0)], 0..12),
        is_long: bool,
    ) {
        every_kind(&values, is_long);
    }
}
