//! Flame graphs as SVG, drawn by inferno: of one profile, coloured by kinds of functions, or of the difference between two.
//!
//! Inferno writes colours for one background. A style sheet replaces them on a dark one: it selects frames by the colour that
//! inferno gave them, because its search marks frames by changing that very attribute.

use std::borrow::Cow;
use std::io;

use harness_record::profile::Kinds;
use inferno::differential;
use inferno::flamegraph::color::{BackgroundColor, Color, PaletteMap};
use inferno::flamegraph::{self, Options, TextTruncateDirection};
use plotters::style::RGBColor;

use crate::render::chart::escape;
use crate::render::chart::palette::{Colour, KINDS, Theme};

/// A flame graph of folded stacks, each a line `outermost;...;innermost cost`.
#[derive(Debug, Clone, Copy)]
pub struct FlameGraph<'a> {
    /// The heading.
    pub title: &'a str,
    /// Unit of the costs.
    pub unit: &'a str,
    /// The stacks.
    pub folded: &'a str,
    /// The meaning of the colours.
    pub colours: Colours<'a>,
}

/// The meaning of the colours of a flame graph.
#[derive(Debug, Clone, Copy)]
pub enum Colours<'a> {
    /// A colour for each kind of function.
    ByKind {
        /// The kinds.
        kinds: &'a Kinds,
        /// The kinds that occur, with their own costs, for the legend.
        costs: &'a [(String, u64)],
    },
    /// Red costs more than in other stacks, blue less.
    ByDifference {
        /// The other stacks.
        base: &'a str,
        /// The line below the title.
        legend: &'a str,
    },
}

/// Stands for the legend until it is put in its place.
const LEGEND: &str = "LEGEND";
/// Most kinds in a legend.
const MOST: usize = 7;

impl FlameGraph<'_> {
    /// Draws the graph; none without stacks.
    ///
    /// # Errors
    /// If the stacks are malformed.
    pub fn svg(&self) -> io::Result<Option<String>> {
        if self.folded.is_empty() {
            return Ok(None);
        }
        let mut palette = self.palette();
        let mut options = Options::default();
        options.title = self.title.to_owned();
        options.subtitle = Some(LEGEND.to_owned());
        options.count_name = self.unit.to_owned();
        options.name_type = "Function:".to_owned();
        // A name has the same colour in every graph, and equal stacks give equal files.
        options.deterministic = true;
        options.palette_map = palette.as_mut();
        options.bgcolors = Some(BackgroundColor::Flat(inferno_colour(Colour::Paper)));
        options.text_truncate_direction = TextTruncateDirection::Right;
        options.font_type = "sans-serif".to_owned();
        options.font_width = 0.55;
        let mut lines = Vec::new();
        match self.colours {
            Colours::ByKind { .. } => lines.extend_from_slice(self.folded.as_bytes()),
            Colours::ByDifference { base, .. } => {
                let options = differential::Options::default();
                differential::from_readers(
                    options,
                    base.as_bytes(),
                    self.folded.as_bytes(),
                    &mut lines,
                )?;
            }
        }
        let lines = String::from_utf8_lossy(&lines);
        let mut svg = Vec::new();
        flamegraph::from_lines(&mut options, lines.lines(), &mut svg)?;
        let svg = String::from_utf8_lossy(&svg);
        let svg = svg.replacen("</style>", &format!("{}</style>", self.style()), 1);
        let legend = format!(">{}</text>", self.legend());
        Ok(Some(svg.replacen(&format!(">{LEGEND}</text>"), &legend, 1)))
    }

    /// The colour of each name; none for a difference.
    fn palette(&self) -> Option<PaletteMap> {
        let Colours::ByKind { kinds, .. } = self.colours else {
            return None;
        };
        let stacks = self.folded.lines().filter_map(|line| line.rsplit_once(' '));
        let names = stacks.flat_map(|(stack, _)| stack.split(';'));
        let mut map = PaletteMap::default();
        // The frame around all has no name.
        for name in names.chain([""]) {
            map.insert(name, inferno_colour(colour(kinds, &kinds.of(name))));
        }
        Some(map)
    }

    /// The kinds, each with its colour and its share, or the meaning of red and blue.
    fn legend(&self) -> String {
        let (kinds, costs) = match self.colours {
            Colours::ByKind { kinds, costs } => (kinds, costs),
            Colours::ByDifference { legend, .. } => return escape(legend),
        };
        let whole: u64 = costs.iter().map(|(_, own)| own).sum();
        let percent = |own: u64| 100.0 * own as f64 / whole.max(1) as f64;
        let mut text = String::new();
        for (kind, own) in costs.iter().take(MOST) {
            let Colour::Kind(index) = colour(kinds, kind) else {
                continue;
            };
            text += &format!(
                "<tspan class=\"kind{index}\">\u{25A0}</tspan> {} {:.1} %\u{2003}",
                escape(kind),
                percent(*own)
            );
        }
        let rest: u64 = costs.iter().skip(MOST).map(|(_, own)| own).sum();
        if rest > 0 {
            text += &format!("others {:.1} %", percent(rest));
        }
        text.trim_end_matches('\u{2003}').to_owned()
    }

    /// The rules that inferno's style sheet lacks: text on frames, the legend, and all colours on a dark background.
    fn style(&self) -> String {
        let of_kinds = matches!(self.colours, Colours::ByKind { .. });
        let rules = |theme: Theme| {
            let [ink, paper] = [Colour::Ink, Colour::Paper].map(|colour| hex(colour.on(theme)));
            let mut text = format!("text {{ fill:{ink}; }}\nstop {{ stop-color:{paper}; }}\n");
            // The colours of a difference are light in both themes.
            let on_frames = if of_kinds { paper.as_str() } else { "#000000" };
            text += &format!("#frames text {{ fill:{on_frames}; }}\n");
            for index in (0..KINDS).filter(|_| of_kinds) {
                let kind = Colour::Kind(index);
                let fill = hex(kind.on(theme));
                text += &format!(".kind{index} {{ fill:{fill}; }}\n");
                if theme == Theme::Dark {
                    let RGBColor(r, g, b) = kind.on(Theme::Light);
                    text += &format!("rect[fill=\"rgb({r},{g},{b})\"] {{ fill:{fill}; }}\n");
                }
            }
            text
        };
        format!(
            "{}#search {{ opacity:.7; }}\n@media (prefers-color-scheme:dark) {{\n{}}}\n",
            rules(Theme::Light),
            rules(Theme::Dark)
        )
    }
}

/// The colour of a kind: by its place among the rules, and for a crate by its name, so that it is the same in every graph.
fn colour(kinds: &Kinds, kind: &str) -> Colour {
    /// The last colour, grey, is for names without a crate.
    const GREY: usize = KINDS - 1;
    let kind: Cow<'_, str> = kind.into();
    match kinds.index(&kind) {
        Some(index) => Colour::Kind(index % GREY),
        None if kinds.of("") == kind => Colour::Kind(GREY),
        None => {
            let mixed = kind.bytes().fold(7_usize, |sum, byte| {
                sum.wrapping_mul(31).wrapping_add(byte.into())
            });
            // Colours that no rule has, if there are any.
            let first = kinds.with_rules() % GREY;
            Colour::Kind(first + mixed % (GREY - first))
        }
    }
}

fn inferno_colour(colour: Colour) -> Color {
    let RGBColor(r, g, b) = colour.on(Theme::Light);
    Color { r, g, b }
}

fn hex(RGBColor(r, g, b): RGBColor) -> String {
    format!("#{r:02x}{g:02x}{b:02x}")
}

#[cfg(test)]
mod tests {
    use harness_record::profile::Kind;

    use super::*;

    const FOLDED: &str =
        "decode;layer norm 30\ndecode;<Gelu as Op>::run 60\ndecode;engine::sum 10\n";

    fn kinds() -> Kinds {
        Kinds::new(vec![Kind::new("normalization", &["norm"])])
    }

    fn drawn(folded: &str, colours: Colours<'_>) -> Option<String> {
        let graph = FlameGraph {
            title: "<time> by function",
            unit: "ns",
            folded,
            colours,
        };
        graph.svg().expect("well-formed")
    }

    #[test]
    fn names_costs_and_the_legend_are_in_the_picture() {
        let (kinds, costs) = (
            kinds(),
            [("engine".to_owned(), 10), ("normalization".to_owned(), 30)],
        );
        let by_kind = Colours::ByKind {
            kinds: &kinds,
            costs: &costs,
        };
        let svg = drawn(FOLDED, by_kind).expect("stacks");
        for part in [
            "&lt;time&gt; by function",
            "&lt;Gelu as Op&gt;::run (60 ns, 60.00%)",
            "all (100 ns, 100%)",
            "<tspan class=\"kind0\">\u{25A0}</tspan> normalization 75.0 %",
            "prefers-color-scheme:dark",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert!(!svg.contains(LEGEND));
        assert_eq!(
            drawn(FOLDED, by_kind),
            Some(svg),
            "the same stacks make the same picture"
        );
        assert_eq!(drawn("", by_kind), None, "without stacks");
    }

    #[test]
    fn a_kind_has_one_colour_and_a_crate_has_another() {
        let kinds = kinds();
        assert_eq!(colour(&kinds, "normalization"), Colour::Kind(0));
        assert_eq!(colour(&kinds, "other"), Colour::Kind(KINDS - 1));
        let of_crate = colour(&kinds, "engine");
        assert_eq!(of_crate, colour(&kinds, "engine"));
        let Colour::Kind(index) = of_crate else {
            panic!("{of_crate:?}");
        };
        assert!((kinds.with_rules()..KINDS - 1).contains(&index), "{index}");
    }

    #[test]
    fn growth_is_red_and_shrinkage_is_blue() {
        let by_difference = Colours::ByDifference {
            base: "decode;layer norm 60\ndecode;<Gelu as Op>::run 35\ndecode;engine::sum 10\n",
            legend: "red & blue",
        };
        let svg = drawn(FOLDED, by_difference).expect("stacks");
        assert!(svg.contains("red &amp; blue"));
        let colour = |name: &str| {
            let rest = &svg[svg.find(name).expect(name)..];
            let rgb = &rest[rest.find("rgb(").expect("a colour") + 4..];
            rgb[..rgb.find(')').expect("its end")]
                .split(',')
                .map(|part| part.parse().expect("a number"))
                .collect::<Vec<u8>>()
        };
        let (grown, shrunk) = (
            colour("&lt;Gelu as Op&gt;::run (60 ns"),
            colour("layer norm (30 ns"),
        );
        assert!(
            grown[0] > grown[2] && shrunk[2] > shrunk[0],
            "{grown:?} {shrunk:?}"
        );
    }
}
