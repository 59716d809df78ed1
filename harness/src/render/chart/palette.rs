//! Colours: the palette of Okabe and Ito (<https://jfly.uni-koeln.de/color/>), which people with any kind of colour
//! vision can tell apart. Ink, muted ink, rules and paper are colours of their own, so that a page can exchange them
//! where its background is dark.

use plotters::style::RGBColor;

/// Words and axes. Also the first phase.
pub(super) const INK: RGBColor = RGBColor(0x1F, 0x23, 0x28);
/// Words of lesser weight.
pub(super) const MUTED: RGBColor = RGBColor(0x59, 0x63, 0x6E);
/// Rules behind the data.
pub(super) const RULE: RGBColor = RGBColor(0xE1, 0xE4, 0xE8);
/// What is left over.
pub(super) const IDLE: RGBColor = RGBColor(0xC4, 0xC9, 0xCF);
/// The background.
pub(super) const PAPER: RGBColor = RGBColor(0xFF, 0xFF, 0xFF);
/// What went wrong.
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

/// How a phase is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Look {
    /// Its colour.
    pub(super) colour: RGBColor,
    /// Whether its dots are hollow and its lines dashed: so are those of the phases after the eighth, whose colours
    /// come round again.
    pub(super) hollow: bool,
}

/// How the phase at that place in the record is drawn.
pub(super) fn look(place: usize) -> Look {
    Look { colour: PHASES[place % PHASES.len()], hollow: place / PHASES.len() % 2 == 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sixteen_phases_look_different() {
        let looks: Vec<Look> = (0..16).map(look).collect();
        for (index, look) in looks.iter().enumerate() {
            assert!(!looks[..index].contains(look), "{index}");
        }
    }
}
