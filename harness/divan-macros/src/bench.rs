//! The code that declares a benchmark beside its function.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Expr, FnArg, ItemFn, Result, Type};

use crate::instances::{Instance, instances};
use crate::options::Options;

/// Returns the function and its declaration.
pub(crate) fn declare(options: &Options, function: &ItemFn) -> Result<TokenStream> {
    let divan = &options.divan;
    let (constants, instances) = instances(options, function)?;
    let additions = instances
        .iter()
        .map(|instance| add(options, function, instance))
        .collect::<Result<Vec<_>>>()?;
    let name = options.name(&function.sig.ident);
    let properties = options.properties(&function.attrs);
    Ok(quote! {
        #function

        const _: () = {
            #constants
            #[allow(clippy::all, reason = "generated")]
            fn functions() -> ::std::vec::Vec<#divan::__private::Function> {
                let mut declaration = #divan::__private::Declaration::new(
                    ::core::module_path!(),
                    ::std::string::ToString::to_string(&#name),
                    #properties,
                );
                #(#additions)*
                declaration.functions()
            }
            #divan::__private::inventory::submit! {
                #divan::__private::Declared {
                    file: ::core::file!(),
                    line: ::core::line!(),
                    functions,
                }
            }
        };
    })
}

/// Adds an instance of the function to the declaration, once for each argument.
fn add(options: &Options, function: &ItemFn, instance: &Instance) -> Result<TokenStream> {
    let private = {
        let divan = &options.divan;
        quote!(#divan::__private)
    };
    let Instance {
        function: called,
        names,
        exists,
    } = instance;
    let parameters = &function.sig.inputs;
    let wrong = |what| Error::new(function.sig.ident.span(), what);
    let added = match (parameters.len(), &options.args) {
        (0, None) => quote! {
            declaration.add(::std::vec![#(#names),*], |bencher| bencher.bench(|| #called()));
        },
        (1, None) => quote! {
            declaration.add(::std::vec![#(#names),*], |bencher| { #called(bencher); });
        },
        (count @ (1 | 2), Some(args)) => {
            let kind = argument_type(parameters.last());
            // The compiler cannot know the type of an empty list.
            let args = match args {
                Expr::Array(list) if list.elems.is_empty() => {
                    quote!({ let none: [#kind; 0] = []; none })
                }
                args => quote!(#args),
            };
            let argument = quote!(#private::Arg::<#kind>::get(::std::hint::black_box(argument)));
            let run = match count {
                1 => quote!(bencher.bench(|| #called(#argument))),
                _ => quote!(#called(bencher, #argument);),
            };
            quote! {
                for argument in ::core::iter::IntoIterator::into_iter(#args) {
                    #[allow(unused_imports, reason = "only one of the traits names the argument")]
                    use #private::{NamedByDebug as _, NamedByDisplay as _};
                    let name = (&&#private::Named(&argument)).name();
                    let argument: &'static _ = ::std::boxed::Box::leak(::std::boxed::Box::new(argument));
                    declaration.add(::std::vec![#(#names,)* name], move |bencher| { #run });
                }
            }
        }
        (0, Some(_)) => return Err(wrong("`args` needs a parameter of the function")),
        (_, None) => {
            return Err(wrong(
                "a second parameter needs `args = [...]` in the attribute",
            ));
        }
        (_, Some(_)) => {
            return Err(wrong(
                "with `args`, the parameters are a bencher and one argument",
            ));
        }
    };
    Ok(quote!(if #exists { #added }))
}

/// The type of the argument, without the name of a lifetime: the declaration is outside of the function.
fn argument_type(parameter: Option<&FnArg>) -> TokenStream {
    match parameter {
        Some(FnArg::Typed(parameter)) => match parameter.ty.as_ref() {
            Type::Reference(reference) => {
                let mut reference = reference.clone();
                reference.lifetime = None;
                quote!(#reference)
            }
            other => quote!(#other),
        },
        _ => quote!(_),
    }
}
