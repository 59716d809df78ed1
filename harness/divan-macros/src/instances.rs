//! The instances of a generic benchmark: one for each type and each constant.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, Expr, GenericParam, ItemFn, Result};

use crate::options::Options;

/// Number of constants of an expression that is no list: the macro cannot count them, and every one needs an instance.
const MOST_CONSTANTS: usize = 20;

/// An instance of a function.
pub(crate) struct Instance {
    /// The function with its generic arguments.
    pub(crate) function: TokenStream,
    /// The expressions of the names of its generic arguments.
    pub(crate) names: Vec<TokenStream>,
    /// The condition under which it exists.
    pub(crate) exists: TokenStream,
}

/// The instances, and the declaration of the constants that they use.
pub(crate) fn instances(
    options: &Options,
    function: &ItemFn,
) -> Result<(TokenStream, Vec<Instance>)> {
    let ident = &function.sig.ident;
    let parameters = &function.sig.generics.params;
    let place = |is: fn(&GenericParam) -> bool| parameters.iter().position(is);
    let type_at = place(|one| matches!(one, GenericParam::Type(_)));
    let const_at = place(|one| matches!(one, GenericParam::Const(_)));
    let missing = |what| Error::new(ident.span(), what);
    if type_at.is_some() != options.types.is_some() {
        return Err(missing(
            "a generic type needs `types = [...]`, and the other way round",
        ));
    }
    if const_at.is_some() != options.consts.is_some() {
        return Err(missing(
            "a generic constant needs `consts = [...]`, and the other way round",
        ));
    }
    let constant = parameters.iter().find_map(|one| match one {
        GenericParam::Const(constant) => Some(&constant.ty),
        _ => None,
    });
    let declaration = match (&options.consts, constant) {
        (Some(consts), Some(kind)) => quote!(const CONSTANTS: &[#kind] = &#consts;),
        _ => TokenStream::new(),
    };
    let types: Vec<Option<_>> = match &options.types {
        Some(types) => types.iter().map(Some).collect(),
        None => vec![None],
    };
    let constants: Vec<Option<usize>> = match &options.consts {
        Some(Expr::Array(list)) => (0..list.elems.len()).map(Some).collect(),
        Some(_) => (0..MOST_CONSTANTS).map(Some).collect(),
        None => vec![None],
    };
    let mut all = Vec::new();
    for kind in &types {
        for constant in &constants {
            all.push(match (kind, constant) {
                (None, None) => Instance {
                    function: quote!(#ident),
                    names: Vec::new(),
                    exists: quote!(true),
                },
                (Some(kind), None) => Instance {
                    function: quote!(#ident::<#kind>),
                    names: vec![name_of_type(kind)],
                    exists: quote!(true),
                },
                (kind, Some(index)) => {
                    // An index outside of the constants must compile, but is never used.
                    let value =
                        quote!({ CONSTANTS[if #index < CONSTANTS.len() { #index } else { 0 }] });
                    let generics = match kind {
                        None => quote!(#value),
                        Some(kind) if type_at < const_at => quote!(#kind, #value),
                        Some(kind) => quote!(#value, #kind),
                    };
                    let mut names: Vec<TokenStream> = kind.iter().map(name_of_type).collect();
                    names.push(quote!(::std::string::ToString::to_string(&CONSTANTS[#index])));
                    Instance {
                        function: quote!(#ident::<#generics>),
                        names,
                        exists: quote!(#index < CONSTANTS.len()),
                    }
                }
            });
        }
    }
    Ok((declaration, all))
}

/// The name of a type as it stands in the source.
fn name_of_type(kind: impl quote::ToTokens) -> TokenStream {
    let text = quote!(#kind).to_string();
    let mut name = String::new();
    for (index, letter) in text.char_indices() {
        // Tokens are printed with spaces between them; only those between two words have a meaning.
        let is_word =
            |letter: Option<char>| letter.is_some_and(|l| l.is_alphanumeric() || l == '_');
        let between_words = is_word(text[..index].chars().next_back())
            && is_word(text[index + letter.len_utf8()..].chars().next());
        if letter != ' ' || between_words {
            name.push(letter);
        }
    }
    quote!(::std::string::String::from(#name))
}
