//! One target for every reader; `HARNESS_FUZZ_READER` names it.

#![no_main]

use std::sync::LazyLock;

use harness_selftest::fuzz::{READERS, Reader};
use libfuzzer_sys::fuzz_target;

static READER: LazyLock<&Reader> = LazyLock::new(|| {
    let name = std::env::var("HARNESS_FUZZ_READER").unwrap_or_default();
    let named = READERS.iter().find(|reader| reader.name == name);
    named.unwrap_or_else(|| panic!("there is no reader `{name}`"))
});

fuzz_target!(|bytes: &[u8]| {
    if let Ok(text) = std::str::from_utf8(bytes) {
        (READER.read)(text).expect("a result that does not change");
    }
});
