//! The attribute `workload` of `harness-bench`, which documents it. A crate of its own, because the compiler loads it.

mod declaration;
mod options;

use proc_macro::TokenStream;
use syn::{ItemFn, parse_macro_input};

use crate::options::Options;

/// Declares a function as a workload. Documented where `harness-bench` exports it.
#[proc_macro_attribute]
pub fn workload(options: TokenStream, function: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as Options);
    let function = parse_macro_input!(function as ItemFn);
    declaration::declare(&options, &function)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
