//! Plain loops. The compiler may vectorize them with the baseline of the target, in vectors of four.

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
