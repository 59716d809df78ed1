//! Proof of sameness: every variant computes what the naive one does.

mod batches;
mod compare;
mod covering;
mod storage;
mod variants;
