//! The options in the brackets of both attributes.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Expr, Ident, Path, Result, Token, Type, bracketed, parse_quote};

/// Options of divan that steer its own sampling, which the harness does itself.
const OF_SAMPLING: [&str; 6] = [
    "sample_count",
    "sample_size",
    "threads",
    "min_time",
    "max_time",
    "skip_ext_time",
];

/// The options of a benchmark or a group.
pub(crate) struct Options {
    /// The crate that the attribute comes from: `::divan`, unless the option `crate` names another path.
    pub(crate) divan: Path,
    pub(crate) name: Option<Expr>,
    pub(crate) args: Option<Expr>,
    pub(crate) types: Option<Vec<Type>>,
    pub(crate) consts: Option<Expr>,
    ignore: Option<Expr>,
    /// Expressions of counters.
    counters: Vec<TokenStream>,
    /// Expressions that have no effect. They are compiled, so that nothing that they use is reported as unused.
    unused: Vec<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self {
            divan: parse_quote!(::divan),
            name: None,
            args: None,
            types: None,
            consts: None,
            ignore: None,
            counters: Vec::new(),
            unused: Vec::new(),
        };
        // The path of the crate is part of other expressions, so counters are completed at the end.
        let mut counts = Vec::new();
        while !input.is_empty() {
            let name = Ident::parse_any(input)?;
            options.read(&name, input, &mut counts)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        let divan = &options.divan;
        for (kind, count) in counts {
            options.counters.push(match kind {
                Some(kind) => {
                    quote!(<#divan::counter::#kind as ::core::convert::From<_>>::from(#count))
                }
                None => quote!(#count),
            });
        }
        Ok(options)
    }
}

impl Options {
    fn read(
        &mut self,
        name: &Ident,
        input: ParseStream,
        counts: &mut Vec<(Option<Ident>, Expr)>,
    ) -> Result<()> {
        let option = name.unraw().to_string();
        match option.as_str() {
            "crate" => {
                input.parse::<Token![=]>()?;
                self.divan = input.parse()?;
            }
            "name" => self.name = Some(value(input)?),
            "args" => self.args = Some(value(input)?),
            "consts" => self.consts = Some(value(input)?),
            "types" => {
                input.parse::<Token![=]>()?;
                let list;
                bracketed!(list in input);
                let types = Punctuated::<Type, Token![,]>::parse_terminated(&list)?;
                self.types = Some(types.into_iter().collect());
            }
            "ignore" => self.ignore = Some(value_or_true(input)?),
            "counter" => counts.push((None, value(input)?)),
            "counters" => {
                input.parse::<Token![=]>()?;
                let list;
                bracketed!(list in input);
                let all = Punctuated::<Expr, Token![,]>::parse_terminated(&list)?;
                counts.extend(all.into_iter().map(|count| (None, count)));
            }
            "bytes_count" | "chars_count" | "cycles_count" | "items_count" => {
                let kind = match option.as_str() {
                    "bytes_count" => "BytesCount",
                    "chars_count" => "CharsCount",
                    "cycles_count" => "CyclesCount",
                    _ => "ItemsCount",
                };
                counts.push((Some(format_ident!("{kind}")), value(input)?));
            }
            other if OF_SAMPLING.contains(&other) => self.unused.push(value_or_true(input)?),
            other => {
                return Err(Error::new(
                    name.span(),
                    format!("the drop-in for divan has no option `{other}`"),
                ));
            }
        }
        Ok(())
    }

    /// The expression of the options that benchmarks and groups have in common.
    pub(crate) fn properties(&self, attributes: &[Attribute]) -> TokenStream {
        let divan = &self.divan;
        let (counters, unused) = (&self.counters, &self.unused);
        let is_ignored = attributes.iter().any(|one| one.path().is_ident("ignore"));
        let ignore = match &self.ignore {
            Some(ignore) => quote!(#ignore),
            None => quote!(#is_ignored),
        };
        quote! {{
            #(let _ = #unused;)*
            #divan::__private::Properties::new(#ignore) #(.counter(#counters))*
        }}
    }

    /// The name of a benchmark or group: the option, or the identifier.
    pub(crate) fn name(&self, ident: &Ident) -> TokenStream {
        let plain = ident.unraw().to_string();
        match &self.name {
            Some(name) => quote!(#name),
            None => quote!(#plain),
        }
    }
}

fn value(input: ParseStream) -> Result<Expr> {
    input.parse::<Token![=]>()?;
    input.parse()
}

fn value_or_true(input: ParseStream) -> Result<Expr> {
    if input.peek(Token![=]) {
        value(input)
    } else {
        Ok(parse_quote!(true))
    }
}
