//! The choice of colour: the option `--color`, variables of the environment, or the terminal.
//!
//! The first of these that decides: `--color always` or `never`; `NO_COLOR`; `CLICOLOR_FORCE`; `CARGO_TERM_COLOR`, unless
//! `--color auto` is given; `CLICOLOR=0`; and whether the stream is a terminal that knows colours. The variables mean
//! what <https://no-color.org> and <https://bixense.com/clicolors> define.

use std::ffi::{OsStr, OsString};
use std::io;

use anstream::{AutoStream, ColorChoice};
use clap::ValueEnum;

/// A choice of `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// Chooses the colour of everything that this program prints, and returns the choice for messages of clap.
pub fn choose(wanted: Option<When>) -> clap::ColorChoice {
    let choice = chosen(wanted, |name| std::env::var_os(name));
    choice.write_global();
    match choice {
        ColorChoice::Auto => clap::ColorChoice::Auto,
        ColorChoice::Never => clap::ColorChoice::Never,
        ColorChoice::Always | ColorChoice::AlwaysAnsi => clap::ColorChoice::Always,
    }
}

/// The name of the variable that decides if no option does, or none if the terminal does.
pub fn deciding_variable() -> Option<&'static str> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_decided = |name: &&str| match *name {
        "CARGO_TERM_COLOR" => of_cargo(std::env::var_os(name).as_deref()).is_some(),
        "CLICOLOR" => std::env::var_os(name).is_some_and(|value| value == "0"),
        name => is_set(name),
    };
    let names = ["NO_COLOR", "CLICOLOR_FORCE", "CARGO_TERM_COLOR", "CLICOLOR"];
    names.into_iter().find(is_decided)
}

/// Returns true if standard error gets colours.
pub fn is_on_stderr() -> bool {
    AutoStream::choice(&io::stderr()) != ColorChoice::Never
}

/// The option for a call of cargo that writes to the same standard error, if cargo would choose otherwise.
pub(crate) fn option_of_cargo() -> Option<[&'static str; 2]> {
    match ColorChoice::global() {
        ColorChoice::Auto => None,
        ColorChoice::Never => Some(["--color", "never"]),
        ColorChoice::Always | ColorChoice::AlwaysAnsi => Some(["--color", "always"]),
    }
}

fn chosen(wanted: Option<When>, variable: impl Fn(&str) -> Option<OsString>) -> ColorChoice {
    let is_set = |name| variable(name).is_some_and(|value| !value.is_empty());
    match wanted {
        Some(When::Always) => ColorChoice::Always,
        Some(When::Never) => ColorChoice::Never,
        // With `Auto`, anstream reads the variables but that of cargo, and then looks at the terminal.
        Some(When::Auto) => ColorChoice::Auto,
        None if is_set("NO_COLOR") || is_set("CLICOLOR_FORCE") => ColorChoice::Auto,
        None => of_cargo(variable("CARGO_TERM_COLOR").as_deref()).unwrap_or(ColorChoice::Auto),
    }
}

/// The meaning of `CARGO_TERM_COLOR`, if it decides.
fn of_cargo(value: Option<&OsStr>) -> Option<ColorChoice> {
    match value?.to_str()? {
        "always" => Some(ColorChoice::Always),
        "never" => Some(ColorChoice::Never),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_option_comes_first_and_then_the_variables_in_their_order() {
        let of = |wanted, variables: &[(&str, &str)]| {
            chosen(wanted, |name| {
                let found = variables.iter().find(|(known, _)| *known == name);
                found.map(|(_, value)| OsString::from(value))
            })
        };
        let cargo = |value| [("CARGO_TERM_COLOR", value)];
        assert_eq!(
            of(Some(When::Always), &[("NO_COLOR", "1")]),
            ColorChoice::Always
        );
        assert_eq!(
            of(Some(When::Never), &[("CLICOLOR_FORCE", "1")]),
            ColorChoice::Never
        );
        assert_eq!(of(Some(When::Auto), &cargo("always")), ColorChoice::Auto);
        assert_eq!(of(None, &cargo("always")), ColorChoice::Always);
        assert_eq!(of(None, &cargo("never")), ColorChoice::Never);
        assert_eq!(of(None, &cargo("auto")), ColorChoice::Auto);
        assert_eq!(of(None, &cargo("rubbish")), ColorChoice::Auto);
        for variable in ["NO_COLOR", "CLICOLOR_FORCE"] {
            // Left to anstream, which knows both.
            let both = [("CARGO_TERM_COLOR", "always"), (variable, "1")];
            assert_eq!(of(None, &both), ColorChoice::Auto);
            let empty = [("CARGO_TERM_COLOR", "always"), (variable, "")];
            assert_eq!(of(None, &empty), ColorChoice::Always);
        }
        assert_eq!(of(None, &[]), ColorChoice::Auto);
    }
}
