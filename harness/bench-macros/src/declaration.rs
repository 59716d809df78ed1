//! The code that declares a workload beside its function.

use proc_macro2::{Span, TokenStream};
use quote::{quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, ItemFn, Pat, Result};

use crate::options::Options;

/// Returns the function and its declaration.
pub(crate) fn declare(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    if let Some(generic) = function.sig.generics.params.first() {
        return Err(Error::new(generic.span(), "a workload has no generics"));
    }
    if options.bytes.is_some() && options.items.is_some() {
        return Err(Error::new(
            function.sig.ident.span(),
            "a workload has one unit of throughput: `bytes` or `items`",
        ));
    }
    let made = match options.args {
        Some(_) => for_each_argument(options, function)?,
        None => one(options, function)?,
    };
    // Functions that only the declaration uses are part of the program.
    Ok(quote! {
        #function

        const _: () = {
            fn functions() -> ::std::vec::Vec<harness::Function> {
                #made
            }
            harness::generated::inventory::submit! {
                harness::Declared {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    functions,
                }
            }
        };
    })
}

/// The functions of a workload without arguments.
fn one(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let name = &function.sig.ident;
    let id = id(options, function);
    let run = match function.sig.inputs.len() {
        0 => quote_spanned!(name.span()=> |bencher| bencher.iter(#name)),
        1 => quote!(#name),
        _ => {
            return Err(Error::new(
                function.sig.inputs.span(),
                "a second parameter needs `args = [...]` in the attribute",
            ));
        }
    };
    let properties = properties(options);
    Ok(quote! {
        ::std::vec![harness::Function::new(#id, #run) #properties]
    })
}

/// The functions of a workload with one variant for each argument.
fn for_each_argument(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let name = &function.sig.ident;
    let parameters: Vec<&FnArg> = function.sig.inputs.iter().collect();
    let [_, FnArg::Typed(parameter)] = parameters.as_slice() else {
        return Err(Error::new(
            name.span(),
            "with `args`, the parameters are a bencher and the argument: `fn sort(bencher: &mut Bencher, n: usize)`",
        ));
    };
    let argument = match parameter.pat.as_ref() {
        Pat::Ident(pattern) => pattern.ident.clone(),
        _ => Ident::new("argument", Span::call_site()),
    };
    let (kind, arguments) = (&parameter.ty, &options.args);
    let id = id(options, function);
    let properties = properties(options);
    Ok(quote! {
        ::std::iter::IntoIterator::into_iter(#arguments)
            .map(|#argument: #kind| {
                let copy = ::core::clone::Clone::clone(&#argument);
                harness::Function::new(
                    ::std::format!("{}/{}", #id, #argument),
                    move |bencher| #name(bencher, ::core::clone::Clone::clone(&copy)),
                )
                .argument(&#argument)
                #properties
            })
            .collect()
    })
}

fn id(options: &Options, function: &ItemFn) -> TokenStream {
    match &options.id {
        Some(id) => quote!(#id),
        None => {
            let name = function.sig.ident.to_string();
            quote!(#name)
        }
    }
}

/// The calls that set the properties of a function.
fn properties(options: &Options) -> TokenStream {
    let mut calls = TokenStream::new();
    if let Some(bytes) = &options.bytes {
        calls.extend(quote!(.units("byte", (#bytes) as u64)));
    }
    if let Some(items) = &options.items {
        let unit = options
            .unit
            .as_ref()
            .map_or_else(|| "item".to_owned(), syn::LitStr::value);
        calls.extend(quote!(.units(#unit, (#items) as u64)));
    }
    if let Some(phase) = &options.phase {
        calls.extend(quote!(.phase(#phase)));
    }
    if let Some(about) = &options.about {
        calls.extend(quote!(.about(#about)));
    }
    if options.quick {
        calls.extend(quote!(.quick()));
    }
    if options.on_demand {
        calls.extend(quote!(.on_demand()));
    }
    calls
}
