//! The environment of all HTML and XML templates. The escaping is set here alone, so that no page can forget it.

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Error};

/// An environment without templates, in which all text is escaped, for HTML and XML alike.
///
/// # Errors
/// If the syntax is invalid. It is constant, so every test of a page would find that.
pub(crate) fn environment<'a>() -> Result<Environment<'a>, Error> {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    environment.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    Ok(environment)
}
