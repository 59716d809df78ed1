//! The font of the charts. It is part of the crate, so charts need no system fonts and text has the same width on every
//! machine.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, ScaleFont};
use plotters::style::{FontStyle, register_font};

use crate::render::chart::ChartError;
use crate::render::chart::canvas::Words;

/// The font family in SVGs: the bundled font first, then fonts that are no wider.
pub(super) const FAMILY: &str =
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";

static REGULAR: &[u8] = include_bytes!("../../../assets/Inter-Regular.otf");
static SEMI_BOLD: &[u8] = include_bytes!("../../../assets/Inter-SemiBold.otf");

/// Registers the font with the drawing library, once.
pub(super) fn register() -> Result<(), ChartError> {
    static DONE: OnceLock<Result<(), ChartError>> = OnceLock::new();
    let register = || {
        let broken = |_| ChartError::new("font", &"the font of the charts cannot be read");
        register_font(FAMILY, FontStyle::Normal, REGULAR).map_err(broken)?;
        register_font(FAMILY, FontStyle::Bold, SEMI_BOLD).map_err(broken)
    };
    DONE.get_or_init(register).clone()
}

impl Words {
    /// Width of a line of text, in the unit of the font size.
    pub(super) fn width(self, text: &str) -> f64 {
        static FONTS: OnceLock<Option<[FontRef<'static>; 2]>> = OnceLock::new();
        let read = || {
            Some([
                FontRef::try_from_slice(REGULAR).ok()?,
                FontRef::try_from_slice(SEMI_BOLD).ok()?,
            ])
        };
        let Some(fonts) = FONTS.get_or_init(read) else {
            return 0.6 * self.size * text.chars().count() as f64;
        };
        let font = &fonts[usize::from(self.bold)];
        let units = font.units_per_em().unwrap_or(1000.0);
        // At this scale one unit of the font is one pixel.
        let scaled = font.as_scaled(font.height_unscaled());
        let advance: f32 = text
            .chars()
            .map(|c| scaled.h_advance(scaled.glyph_id(c)))
            .sum();
        f64::from(advance) / f64::from(units) * self.size
    }

    /// Width of the widest of several lines, between `least` and `most`.
    pub(super) fn widest<'a>(
        self,
        texts: impl IntoIterator<Item = &'a str>,
        least: f64,
        most: f64,
    ) -> f64 {
        texts
            .into_iter()
            .map(|text| self.width(text))
            .fold(least, f64::max)
            .min(most)
    }

    /// Breaks text between words into lines no wider than `limit`: the fewest lines, of about equal length.
    pub(super) fn wrap(self, text: &str, limit: f64) -> Vec<String> {
        let mut lines = self.fill(text, limit);
        let mut narrower = limit * 0.97;
        while lines.len() > 1 && narrower > limit / 2.0 {
            let tried = self.fill(text, narrower);
            if tried.len() > lines.len() || tried.iter().any(|line| line.ends_with('…')) {
                break;
            }
            lines = tried;
            narrower *= 0.97;
        }
        lines
    }

    fn fill(self, text: &str, limit: f64) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for word in text.split_whitespace() {
            match lines.last_mut() {
                Some(line) if self.width(&format!("{line} {word}")) <= limit => {
                    line.push(' ');
                    line.push_str(word);
                }
                _ => lines.push(self.shorten(word, limit)),
            }
        }
        lines
    }

    /// Cuts text that is wider than `limit`, with an ellipsis.
    pub(super) fn shorten(self, text: &str, limit: f64) -> String {
        if self.width(text) <= limit {
            return text.to_owned();
        }
        let mut kept = text.to_owned();
        while !kept.is_empty() && self.width(&format!("{kept}…")) > limit {
            kept.pop();
        }
        format!("{}…", kept.trim_end())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::chart::palette::INK;

    const TEXT: Words = Words::new(13.0, INK);

    #[test]
    fn text_is_measured_and_cut_to_fit() {
        let wide = TEXT.width("optimized");
        assert!((45.0..75.0).contains(&wide), "{wide}");
        assert!(TEXT.bold().width("optimized") > wide);
        assert_eq!(TEXT.width(""), 0.0);
        let short = TEXT.shorten("a very long name of a phase", 80.0);
        assert!(
            short.ends_with('…') && TEXT.width(&short) <= 80.0,
            "{short}"
        );
        assert_eq!(TEXT.shorten("naive", 80.0), "naive");
    }

    #[test]
    fn lines_break_between_words() {
        let lines = TEXT.wrap("one two three four five six seven", 90.0);
        assert!(lines.len() > 1);
        assert!(
            lines.iter().all(|line| TEXT.width(line) <= 90.0),
            "{lines:?}"
        );
        assert_eq!(lines.join(" "), "one two three four five six seven");
    }
}
