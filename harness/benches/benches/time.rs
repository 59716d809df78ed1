//! Time.
fn main() {}
