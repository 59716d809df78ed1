//! The measured side of the harness.
