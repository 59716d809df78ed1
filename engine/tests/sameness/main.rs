//! Proof of sameness: every variant computes what the naive one does.

mod batches;
mod compare;
mod covering;
mod naive;
mod storage;
mod variants;
