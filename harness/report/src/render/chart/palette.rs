//! Colours: the palette of Okabe and Ito (<https://jfly.uni-koeln.de/color/>), which is distinguishable with any kind of colour
//! vision. Ink, muted ink, rules and paper are separate colours, so that a page with a dark background can replace them.

use plotters::style::RGBColor;

/// Text and axes; also the first phase.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
/// Less important text.
pub(super) const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6E);
/// Rules behind the data.
pub(super) const RULE: RGBColor = RGBColor(0xE1, 0xE4, 0xE8);
/// The remainder, which belongs to no phase.
pub(super) const IDLE: RGBColor = RGBColor(0xC4, 0xC9, 0xCF);
/// The background.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// The cause.
pub(super) const ALARM: RGBColor = RGBColor(0xB4, 0x23, 0x18);

const PHASES: [RGBColor; 8] = [
    INK,
    RGBColor(0xE6, 0x9F, 0x00),
    RGBColor(0x56, 0xB4, 0xE9),
    RGBColor(0x00, 0x9E, 0x73),
    RGBColor(0xCC, 0x79, 0xA7),
    RGBColor(0xD5, 0x5E, 0x00),
    RGBColor(0x00, 0x72, 0xB2),
    RGBColor(0xF0, 0xE4, 0x42),
];

/// The look of a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// Its colour.
    pub(super) colour: RGBColor,
    /// True for hollow dots and dashed lines: the phases after the eighth, whose colours repeat.
    pub(super) hollow: bool,
}

/// Returns the look of the phase with that index.
pub(super) fn look(place: usize) -> Look {
    Look {
        colour: PHASES[place % PHASES.len()],
        hollow: place / PHASES.len() % 2 == 1,
    }
}

/// Returns a blue, from the lightest at `share` 0 to the darkest at 1, and the ink that is readable on it. The shades are
/// distinguishable without colour too. The inks differ from the colours that a dark page replaces.
pub(super) fn shade(share: f64) -> (RGBColor, RGBColor) {
    const LIGHT: [f64; 3] = [222.0, 235.0, 247.0];
    const DARK: [f64; 3] = [8.0, 64.0, 129.0];
    let share = share.clamp(0.0, 1.0);
    let mix = |i: usize| (LIGHT[i] + (DARK[i] - LIGHT[i]) * share).round() as u8;
    let fill = RGBColor(mix(0), mix(1), mix(2));
    // At this luminance, black and white have equal contrast.
    let ink = if luminance(fill) > 0.179 {
        RGBColor(0x00, 0x00, 0x01)
    } else {
        RGBColor(0xFE, 0xFF, 0xFF)
    };
    (fill, ink)
}

/// Relative luminance (WCAG 2.2, <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |part: u8| match f64::from(part) / 255.0 {
        part if part <= 0.04045 => part / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG 2 requires a contrast of 4.5 for text.
    #[test]
    fn words_can_be_read_on_every_shade() {
        for step in 0..=100 {
            let (fill, ink) = shade(f64::from(step) / 100.0);
            let (a, b) = (luminance(fill) + 0.05, luminance(ink) + 0.05);
            assert!(
                a.max(b) / a.min(b) >= 4.5,
                "{step}: {}",
                a.max(b) / a.min(b)
            );
        }
    }

    #[test]
    fn sixteen_phases_look_different() {
        let looks: Vec<Look> = (0..16).map(look).collect();
        for (index, look) in looks.iter().enumerate() {
            assert!(!looks[..index].contains(look), "{index}");
        }
    }
}
