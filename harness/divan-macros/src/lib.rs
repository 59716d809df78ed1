//! The attributes of `harness-divan`, which documents them. A crate of its own, because the compiler loads it.

mod bench;
mod group;
mod instances;
mod options;

use proc_macro::TokenStream;
use syn::{ItemFn, ItemMod, parse_macro_input};

use crate::options::Options;

/// Declares a function as a benchmark. Documented where `harness-divan` exports it.
#[proc_macro_attribute]
pub fn bench(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as Options);
    let function = parse_macro_input!(item as ItemFn);
    bench::declare(&options, &function)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}

/// Gives a module of benchmarks a name and options. Documented where `harness-divan` exports it.
#[proc_macro_attribute]
pub fn bench_group(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as Options);
    let module = parse_macro_input!(item as ItemMod);
    group::declare(&options, &module)
        .unwrap_or_else(|error| error.to_compile_error())
        .into()
}
