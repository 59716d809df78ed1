//! The options in the brackets of the attribute.

use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, Ident, LitStr, Result, Token};

/// The options of a workload.
#[derive(Default)]
pub(crate) struct Options {
    pub(crate) id: Option<LitStr>,
    pub(crate) phase: Option<LitStr>,
    pub(crate) about: Option<LitStr>,
    pub(crate) unit: Option<LitStr>,
    pub(crate) args: Option<Expr>,
    pub(crate) bytes: Option<Expr>,
    pub(crate) items: Option<Expr>,
    pub(crate) quick: bool,
    pub(crate) on_demand: bool,
}

impl Parse for Options {
    fn parse(input: ParseStream) -> Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name = Ident::parse_any(input)?;
            options.read(&name, input)?;
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

impl Options {
    fn read(&mut self, name: &Ident, input: ParseStream) -> Result<()> {
        match name.to_string().as_str() {
            "id" => set(&mut self.id, name, input),
            "phase" => set(&mut self.phase, name, input),
            "about" => set(&mut self.about, name, input),
            "unit" => set(&mut self.unit, name, input),
            "args" => set(&mut self.args, name, input),
            "bytes" => set(&mut self.bytes, name, input),
            "items" => set(&mut self.items, name, input),
            "quick" => {
                self.quick = true;
                Ok(())
            }
            "on_demand" => {
                self.on_demand = true;
                Ok(())
            }
            other => Err(Error::new(
                name.span(),
                format!(
                    "there is no option `{other}`; the options are id, phase, about, unit, args, bytes, items, quick \
                     and on_demand"
                ),
            )),
        }
    }
}

/// Reads `= value` into an option that was not set before.
fn set<T: Parse>(option: &mut Option<T>, name: &Ident, input: ParseStream) -> Result<()> {
    input.parse::<Token![=]>()?;
    let value = input.parse()?;
    match option.replace(value) {
        None => Ok(()),
        Some(_) => Err(Error::new(name.span(), format!("`{name}` is set twice"))),
    }
}
