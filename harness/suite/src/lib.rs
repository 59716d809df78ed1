//! The workloads of this repository.
