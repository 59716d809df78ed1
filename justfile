# Checks of a contributor. `just` lists the recipes, `just ci` runs what continuous integration runs.

_default:
    @just --list --unsorted

# Format all Rust code.
fmt:
    cargo fmt --all

# Clippy on every target; a warning is an error.
lint:
    cargo clippy --locked --workspace --all-targets -- -D warnings

# Tests: all of them, or with arguments `just test --package harness-judge`.
test *ARGUMENTS='--workspace':
    cargo build --locked --package harness-selftest
    cargo test --locked {{ ARGUMENTS }}

# API documentation; a warning is an error.
doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --workspace --no-deps

# Prose of comments and Markdown, length of commit subjects, paths and links in documents.
words *ARGUMENTS:
    .ci/plain-words {{ ARGUMENTS }}
    .ci/doc-paths

# Compare with the stored baseline, or with a revision: `just gate --base origin/main`.
gate *ARGUMENTS:
    cargo harness gate {{ ARGUMENTS }}

# Everything that continuous integration runs.
ci:
    .ci/run
