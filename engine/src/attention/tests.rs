//! Every implementation on every instruction set is compared with f64, on shapes that tiles, blocks and vectors do not
//! divide.

use super::*;
use crate::oracle::{self, Draw, SOFTMAXES, assert_close, levels, values, written_only_within};

fn expected(task: &Task<'_>) -> Vec<f64> {
    let Shape {
        heads,
        head_size: d,
        queries,
        past,
    } = task.shape;
    let mut out = vec![0.0; queries * heads * d];
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        let pairs = a.iter().zip(b);
        pairs.map(|(&a, &b)| f64::from(a) * f64::from(b)).sum()
    };
    for head in 0..heads {
        for t in 0..queries {
            let scores: Vec<f64> = (0..=past + t)
                .map(|s| dot(task.q.row(head, t), task.k.row(head, s)) / (d as f64).sqrt())
                .collect();
            for (s, weight) in oracle::softmax(&scores).into_iter().enumerate() {
                for i in 0..d {
                    out[(t * heads + head) * d + i] += weight * f64::from(task.v.row(head, s)[i]);
                }
            }
        }
    }
    out
}

fn check(shape: Shape, threads: usize) {
    let c = shape.heads * shape.head_size;
    let q = values(1, shape.queries * c, 0.0, 4.0);
    let k = values(2, shape.keys() * c, 0.0, 1.0);
    let v = values(3, shape.keys() * c, 0.5, 1.0);
    let task = Task {
        shape,
        q: Heads::of_matrix(&q, c, shape.heads),
        k: Heads::of_matrix(&k, c, shape.heads),
        v: Heads::of_matrix(&v, c, shape.heads),
    };
    let expected = expected(&task);
    let pool = ThreadPool::new(threads).unwrap();
    for level in levels() {
        for &choice in Choice::ALL {
            for &softmax in SOFTMAXES {
                let attention = Attention::new(choice, Softmax::new(softmax, level), level);
                let mut out = vec![f32::NAN; expected.len()];
                let mut scratch = vec![f32::NAN; attention.scratch(&shape, threads)];
                attention.run(&task, &mut out, &mut scratch, &pool);
                let what = format!("{choice} {softmax} {} {shape:?}", level.isa());
                assert_close(&out, &expected, 3e-6, &what);
            }
        }
    }
}

fn shape(heads: usize, head_size: usize, queries: usize, past: usize) -> Shape {
    Shape {
        heads,
        head_size,
        queries,
        past,
    }
}

#[test]
fn a_window_from_its_start() {
    for (heads, head_size, queries) in [(1, 1, 1), (2, 5, 3), (3, 8, 17), (2, 32, 64), (1, 19, 131)]
    {
        check(shape(heads, head_size, queries, 0), 1);
    }
}

#[test]
fn new_queries_after_a_past() {
    for (queries, past) in [(1, 1), (1, 63), (1, 64), (1, 200), (4, 61), (7, 130)] {
        check(shape(2, 33, queries, past), 1);
        check(shape(2, 64, queries, past), 1);
    }
}

#[test]
fn heads_and_tiles_shared_out_over_threads() {
    for threads in [2, 3] {
        check(shape(1, 24, 50, 5), threads);
        check(shape(5, 16, 33, 0), threads);
        check(shape(4, 64, 1, 90), threads);
    }
}

/// Queries, keys and values at strides of their own: those of a matrix, of the fused projection, and of a cache.
#[test]
fn random_shapes_strides_and_alignments_agree_with_f64() {
    let mut draw = Draw::new(46);
    let pools = [ThreadPool::new(1).unwrap(), ThreadPool::new(3).unwrap()];
    for case in 0..40 {
        let shape = shape(
            1 + draw.below(4),
            1 + draw.below(70),
            1 + draw.below(20),
            [0, draw.below(90)][draw.below(2)],
        );
        let (heads, d) = (shape.heads, shape.head_size);
        // Heads follow each other in a row, or each head has its rows after those of the one before.
        let mut strides = |rows: usize| match draw.below(2) {
            0 => (heads * d + draw.below(9), d),
            _ => {
                let row = d + draw.below(9);
                (row, rows * row + draw.below(9))
            }
        };
        let layouts = [shape.queries, shape.keys(), shape.keys()].map(|rows| (rows, strides(rows)));
        let buffers = layouts.map(|(rows, (row, head))| {
            draw.shifted((rows - 1) * row + (heads - 1) * head + d, 0.2, 1.0)
        });
        let view = |place: usize| {
            let ((_, (row, head)), (data, skip)) = (layouts[place], &buffers[place]);
            Heads::new(&data[*skip..], row, head, d)
        };
        let task = Task {
            shape,
            q: view(0),
            k: view(1),
            v: view(2),
        };
        let expected = expected(&task);
        let pool = &pools[draw.below(2)];
        let offset = draw.offset();
        for level in levels() {
            for &choice in Choice::ALL {
                for &softmax in SOFTMAXES {
                    let attention = Attention::new(choice, Softmax::new(softmax, level), level);
                    let mut scratch = vec![f32::NAN; attention.scratch(&shape, pool.threads())];
                    let what = format!("case {case}, {choice} {softmax} {} {shape:?}", level.isa());
                    let out = written_only_within(expected.len(), offset, &what, |out| {
                        attention.run(&task, out, &mut scratch, pool);
                    });
                    assert_close(&out, &expected, 3e-6, &what);
                }
            }
        }
    }
}
