//! Colours: each has a shade for a light background and one for a dark background, so that marks (contrast of at least 3:1) and
//! text (4.5:1) can be seen on both. The hues are those of Okabe and Ito (<https://jfly.uni-koeln.de/color/>), which are
//! distinguishable with any kind of colour vision.

use plotters::style::RGBColor;

/// The background that a chart is drawn on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::render) enum Theme {
    /// Dark marks on white.
    Light,
    /// Light marks on a dark background.
    Dark,
}

/// A colour by its purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::render) enum Colour {
    /// Text.
    Ink,
    /// Less important text, and axes.
    Muted,
    /// Rules behind the data.
    Rule,
    /// What belongs to no phase.
    Idle,
    /// The background.
    Paper,
    /// An untrusted value, and the cause of an alarm.
    Alarm,
    /// A phase: an index into the palette.
    Phase(usize),
    /// A kind of function: an index into a palette whose colours text of the background's colour can be read on.
    Kind(usize),
    /// A shade of blue, from the lightest at 0 to the darkest at [`DARKEST`]; the same on both backgrounds.
    Shade(usize),
    /// Text on a shade.
    OnShade(usize),
}

/// The index of the darkest shade.
pub(super) const DARKEST: usize = 15;

/// Shades for a light and for a dark background.
type Pair = [u32; 2];

const INK: Pair = [0x1F_23_28, 0xE6_ED_F3];
const MUTED: Pair = [0x59_63_6E, 0x9E_A7_B3];
const RULE: Pair = [0xE1_E4_E8, 0x30_36_3D];
const IDLE: Pair = [0x7D_85_90, 0x8B_94_9E];
const PAPER: Pair = [0xFF_FF_FF, 0x16_1B_22];
const ALARM: Pair = [0xB4_23_18, 0xFF_8F_87];

/// Black, orange, sky blue, green, purple, vermilion, blue and yellow.
const PHASES: [Pair; 8] = [
    INK,
    [0xB8_74_00, 0xF0_A8_1E],
    [0x2C_8F_CB, 0x7F_CB_F5],
    [0x00_86_61, 0x2E_C4_94],
    [0xB6_56_8E, 0xE3_95_C2],
    [0xC6_51_00, 0xF5_7C_2F],
    [0x00_5A_96, 0x4C_93_E6],
    [0x7E_74_00, 0xEF_E3_4A],
];

/// The number of colours of kinds.
pub(in crate::render) const KINDS: usize = OF_KINDS.len();

/// Blue, vermilion, green, purple, ochre, teal, pink, indigo, olive, brown and grey.
const OF_KINDS: [Pair; 11] = [
    [0x0B_5C_AD, 0x6C_B2_F7],
    [0xB0_48_00, 0xF7_9A_4B],
    [0x00_73_4F, 0x45_C7_96],
    [0x8E_3B_8A, 0xD9_9A_E0],
    [0x80_5D_00, 0xE3_B8_4A],
    [0x00_6A_7A, 0x4F_C4_D6],
    [0xB3_24_5B, 0xF5_8B_B0],
    [0x5A_4F_CF, 0xA9_A3_F7],
    [0x59_68_00, 0xB7_C9_4A],
    [0x7A_4B_2A, 0xD3_A2_7C],
    [0x5F_67_70, 0xA3_AC_B8],
];

impl Colour {
    /// The shade for a background.
    pub(in crate::render) fn on(self, theme: Theme) -> RGBColor {
        let pair = match self {
            Self::Ink => INK,
            Self::Muted => MUTED,
            Self::Rule => RULE,
            Self::Idle => IDLE,
            Self::Paper => PAPER,
            Self::Alarm => ALARM,
            Self::Phase(place) => PHASES[place % PHASES.len()],
            Self::Kind(place) => OF_KINDS[place % KINDS],
            Self::Shade(step) => return shade(step),
            Self::OnShade(step) => return text_on(shade(step)),
        };
        let value = match theme {
            Theme::Light => pair[0],
            Theme::Dark => pair[1],
        };
        let [_, red, green, blue] = value.to_be_bytes();
        RGBColor(red, green, blue)
    }

    /// The name of its style class.
    pub(super) fn class(self) -> String {
        match self {
            Self::Ink => "ink".to_owned(),
            Self::Muted => "muted".to_owned(),
            Self::Rule => "rule".to_owned(),
            Self::Idle => "idle".to_owned(),
            Self::Paper => "paper".to_owned(),
            Self::Alarm => "alarm".to_owned(),
            Self::Phase(place) => format!("p{}", place % PHASES.len()),
            Self::Kind(place) => format!("k{}", place % KINDS),
            Self::Shade(step) => format!("h{step}"),
            Self::OnShade(step) => format!("t{step}"),
        }
    }

    /// The shade at a share from 0, the lightest, to 1.
    pub(super) fn of_share(share: f64) -> Self {
        Self::Shade((share.clamp(0.0, 1.0) * DARKEST as f64).round() as usize)
    }
}

/// The look of a phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// Its colour.
    pub(super) colour: Colour,
    /// True for hollow dots and dashed lines: the phases after the eighth, whose colours repeat.
    pub(super) hollow: bool,
}

/// Returns the look of the phase with that index.
pub(super) fn look(place: usize) -> Look {
    Look {
        colour: Colour::Phase(place % PHASES.len()),
        hollow: place / PHASES.len() % 2 == 1,
    }
}

fn shade(step: usize) -> RGBColor {
    const LIGHT: [f64; 3] = [222.0, 235.0, 247.0];
    const DARK: [f64; 3] = [8.0, 64.0, 129.0];
    let share = step.min(DARKEST) as f64 / DARKEST as f64;
    let mix = |i: usize| (LIGHT[i] + (DARK[i] - LIGHT[i]) * share).round() as u8;
    RGBColor(mix(0), mix(1), mix(2))
}

/// Black or white, whichever is readable on the colour. At the luminance 0.179 both have equal contrast.
fn text_on(fill: RGBColor) -> RGBColor {
    match luminance(fill) > 0.179 {
        true => RGBColor(0, 0, 0),
        false => RGBColor(255, 255, 255),
    }
}

/// Relative luminance (WCAG 2.2, <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>).
fn luminance(RGBColor(r, g, b): RGBColor) -> f64 {
    let linear = |part: u8| match f64::from(part) / 255.0 {
        part if part <= 0.04045 => part / 12.92,
        part => ((part + 0.055) / 1.055).powf(2.4),
    };
    0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b)
}

/// Contrast of two colours, from 1 to 21 (WCAG 2.2, <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>).
#[cfg(test)]
pub(in crate::render) fn contrast(a: RGBColor, b: RGBColor) -> f64 {
    let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
    a.max(b) / a.min(b)
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEMES: [Theme; 2] = [Theme::Light, Theme::Dark];

    /// WCAG 2 requires a contrast of 3 for marks.
    #[test]
    fn marks_can_be_seen_on_both_backgrounds() {
        let others = [Colour::Idle, Colour::Alarm, Colour::Muted, Colour::Ink];
        for colour in (0..PHASES.len()).map(Colour::Phase).chain(others) {
            for theme in THEMES {
                let contrast = contrast(colour.on(theme), Colour::Paper.on(theme));
                assert!(contrast >= 3.0, "{colour:?} on {theme:?}: {contrast}");
            }
        }
    }

    /// WCAG 2 requires a contrast of 4.5 for text.
    #[test]
    fn text_can_be_read_on_both_backgrounds_and_on_every_shade() {
        for theme in THEMES {
            let kinds = (0..KINDS).map(Colour::Kind);
            for colour in kinds.chain([Colour::Ink, Colour::Muted, Colour::Alarm]) {
                let contrast = contrast(colour.on(theme), Colour::Paper.on(theme));
                assert!(contrast >= 4.5, "{colour:?} on {theme:?}: {contrast}");
            }
            for step in 0..=DARKEST {
                let contrast = contrast(
                    Colour::OnShade(step).on(theme),
                    Colour::Shade(step).on(theme),
                );
                assert!(contrast >= 4.5, "shade {step}: {contrast}");
            }
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
