//! The font of the charts. It is part of the crate, so charts need no system fonts and text has the same width on every
//! machine.

use std::sync::OnceLock;

use ab_glyph::{Font, FontRef, ScaleFont};
use plotters::style::{FontStyle, register_font};

use crate::render::chart::canvas::Words;

/// The font family in SVGs: the bundled font first, then fonts that are no wider.
pub(super) const FAMILY: &str =
    "Inter, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Liberation Sans', sans-serif";

static REGULAR: &[u8] = include_bytes!("../../../assets/Inter-Regular.otf");
static SEMI_BOLD: &[u8] = include_bytes!("../../../assets/Inter-SemiBold.otf");

/// Registers the font with the drawing library, once.
pub(super) fn register() -> Result<(), String> {
    static DONE: OnceLock<Result<(), String>> = OnceLock::new();
    let register = || {
        let broken = |_| "the font of the charts cannot be read".to_owned();
        register_font(FAMILY, FontStyle::Normal, REGULAR).map_err(broken)?;
        register_font(FAMILY, FontStyle::Bold, SEMI_BOLD).map_err(broken)
    };
    DONE.get_or_init(register).clone()
}

/// The widths of the first characters of Unicode in both fonts, as shares of the size. Looked up once, because text is measured
/// many times while it is wrapped.
fn advances() -> &'static [Vec<f64>; 2] {
    /// Latin and Greek letters, and the signs of general punctuation.
    const CHARACTERS: u32 = 0x2070;
    static ADVANCES: OnceLock<[Vec<f64>; 2]> = OnceLock::new();
    let read = |bytes| {
        let Ok(font) = FontRef::try_from_slice(bytes) else {
            return Vec::new();
        };
        let units = font.units_per_em().unwrap_or(1000.0);
        // At this scale one unit of the font is one pixel.
        let scaled = font.as_scaled(font.height_unscaled());
        let advance = |c: u32| {
            let glyph = scaled.glyph_id(char::from_u32(c)?);
            // A character that the font lacks comes from another font.
            (glyph.0 > 0).then(|| f64::from(scaled.h_advance(glyph) / units))
        };
        (0..CHARACTERS).map(|c| advance(c).unwrap_or(1.0)).collect()
    };
    ADVANCES.get_or_init(|| [read(REGULAR), read(SEMI_BOLD)])
}

impl Words {
    /// Width to leave for a line of text, in the unit of the font size. It is larger than the width in the bundled font, because
    /// a browser without that font may use a wider one: DejaVu Sans needs about a tenth more, and its bold a fifth.
    pub(super) fn width(self, text: &str) -> f64 {
        let [regular, bold] = advances();
        let (advances, slack) = match self.bold {
            true => (bold, 1.2),
            false => (regular, 1.11),
        };
        // Characters beyond the table are rare, and none is wider than this.
        let advance = |c: char| advances.get(c as usize).copied().unwrap_or(1.0);
        text.chars().map(advance).sum::<f64>() * self.size * slack
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

    /// Breaks text between words, and words that are wider than a line at a hyphen if possible, into lines no wider than
    /// `limit`: the fewest lines, of about equal length.
    pub(super) fn wrap(self, text: &str, limit: f64) -> Vec<String> {
        let text = &self.hyphenated(text, limit);
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

    /// Breaks text into at most `most` lines, the last of them shortened.
    pub(super) fn wrap_within(self, text: &str, limit: f64, most: usize) -> Vec<String> {
        let mut lines = self.wrap(text, limit);
        if lines.len() > most {
            lines = self.fill(&self.hyphenated(text, limit), limit);
            let rest = lines.split_off(most - 1).join(" ");
            lines.push(self.shorten(&rest, limit));
        }
        lines
    }

    /// Splits words that are wider than a line, at a separator within the word if possible.
    fn hyphenated(self, text: &str, room: f64) -> String {
        let mut parted = String::new();
        for word in text.split_whitespace() {
            let mut rest = word;
            while self.width(rest) > room {
                let ends = rest
                    .char_indices()
                    .map(|(at, _)| at)
                    .skip(1)
                    .take_while(|&end| self.width(&rest[..end]) <= room);
                let ends: Vec<usize> = ends.collect();
                let own = ends
                    .iter()
                    .rev()
                    .find(|&&end| rest[..end].ends_with(['-', '/', '@', '=', ',', ':', '_', '.']));
                let Some(&end) = own.or(ends.last()) else {
                    break;
                };
                parted += &rest[..end];
                parted.push(' ');
                rest = &rest[end..];
            }
            parted += rest;
            parted.push(' ');
        }
        parted.trim_end().to_owned()
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
    use crate::render::chart::palette::Colour;

    const TEXT: Words = Words::new(13.0, Colour::Ink);

    #[test]
    fn text_is_measured_and_cut_to_fit() {
        let wide = TEXT.width("optimized");
        assert!((45.0..80.0).contains(&wide), "{wide}");
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
        let short = TEXT.wrap_within("one two three four five six seven", 90.0, 2);
        assert!(short.len() == 2 && short[1].ends_with('…'), "{short:?}");
    }

    #[test]
    fn long_words_are_split_at_their_separators_or_anywhere() {
        let room = TEXT.width("optimi-") + 1.0;
        assert_eq!(TEXT.hyphenated("KV-cache", room), "KV- cache");
        assert_eq!(TEXT.hyphenated("Quick wins", room), "Quick wins");
        assert_eq!(TEXT.hyphenated("optimization", room), "optimi zation");
        assert_eq!(TEXT.hyphenated("abc", 1.0), "abc", "no room at all");
        assert_eq!(TEXT.hyphenated("", room), "");
    }
}
