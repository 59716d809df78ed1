//! The loop as it is written. What the compiler makes of it is its business: with the target's baseline it may use
//! vectors of four.

pub(super) fn add(a: &[f32], b: &[f32], out: &mut [f32]) {
    for i in 0..out.len() {
        out[i] = a[i] + b[i];
    }
}

pub(super) fn add_to(a: &[f32], out: &mut [f32]) {
    for i in 0..out.len() {
        out[i] += a[i];
    }
}

pub(super) fn multiply(a: &[f32], b: &[f32], out: &mut [f32]) {
    for i in 0..out.len() {
        out[i] = a[i] * b[i];
    }
}
