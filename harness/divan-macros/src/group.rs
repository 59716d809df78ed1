//! The code that gives a module of benchmarks a name and options.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Error, ItemMod, Result};

use crate::options::Options;

/// Returns the module and its declaration as a group.
pub(crate) fn declare(options: &Options, module: &ItemMod) -> Result<TokenStream> {
    if options.args.is_some() || options.types.is_some() || options.consts.is_some() {
        return Err(Error::new(
            module.ident.span(),
            "a group has no `args`, `types` or `consts`: its benchmarks have them",
        ));
    }
    let divan = &options.divan;
    let ident = module.ident.unraw().to_string();
    let name = options.name(&module.ident);
    let properties = options.properties(&module.attrs);
    Ok(quote! {
        #module

        const _: () = {
            fn name() -> ::std::string::String {
                ::std::string::ToString::to_string(&#name)
            }
            fn properties() -> #divan::__private::Properties {
                #properties
            }
            #divan::__private::inventory::submit! {
                #divan::__private::Group {
                    parent: ::core::module_path!(),
                    module: #ident,
                    name,
                    properties,
                }
            }
        };
    })
}
