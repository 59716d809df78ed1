//! Equivalence tests: every variant computes the same as the naive one.

mod batches;
mod compare;
mod covering;
mod naive;
mod storage;
mod variants;
