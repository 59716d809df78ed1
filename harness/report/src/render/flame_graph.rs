//! Flame graphs as SVG, drawn by inferno: of one profile, or of the difference between two.

use std::io;

use inferno::differential;
use inferno::flamegraph::color::{BackgroundColor, Color};
use inferno::flamegraph::{self, Options, TextTruncateDirection};

/// A flame graph of folded stacks, each a line `outermost;...;innermost cost`.
#[derive(Debug, Clone, Copy)]
pub struct FlameGraph<'a> {
    /// The heading.
    pub title: &'a str,
    /// A line below it.
    pub subtitle: &'a str,
    /// Unit of the costs.
    pub unit: &'a str,
    /// The stacks.
    pub folded: &'a str,
    /// Stacks to compare with: red costs more than there, blue less.
    pub base: Option<&'a str>,
}

impl FlameGraph<'_> {
    /// Draws the graph; none without stacks.
    ///
    /// # Errors
    /// If the stacks are malformed.
    pub fn svg(&self) -> io::Result<Option<String>> {
        if self.folded.is_empty() {
            return Ok(None);
        }
        let mut options = Options::default();
        options.title = self.title.to_owned();
        options.subtitle = Some(self.subtitle.to_owned());
        options.count_name = self.unit.to_owned();
        options.name_type = "Function:".to_owned();
        // A name has the same colour in every graph, and equal stacks give equal files.
        options.deterministic = true;
        options.bgcolors = Some(BackgroundColor::Flat(Color {
            r: 255,
            g: 255,
            b: 255,
        }));
        options.text_truncate_direction = TextTruncateDirection::Right;
        options.font_type = "sans-serif".to_owned();
        options.font_width = 0.55;
        let mut lines = Vec::new();
        match self.base {
            None => lines.extend_from_slice(self.folded.as_bytes()),
            Some(base) => {
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
        Ok(Some(String::from_utf8_lossy(&svg).into_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAPH: FlameGraph<'_> = FlameGraph {
        title: "<time> by function",
        subtitle: "2 runs & more",
        unit: "ns",
        folded: "decode;norm 30\ndecode;<Gelu as Op>::run 70\n",
        base: None,
    };

    #[test]
    fn names_costs_and_words_are_in_the_picture() {
        let svg = GRAPH.svg().expect("well-formed").expect("stacks");
        for part in [
            "&lt;time&gt; by function",
            "2 runs &amp; more",
            "&lt;Gelu as Op&gt;::run (70 ns, 70.00%)",
            "all (100 ns, 100%)",
        ] {
            assert!(svg.contains(part), "{part} is not in {svg}");
        }
        assert_eq!(
            GRAPH.svg().ok().flatten(),
            Some(svg),
            "the same stacks make the same picture"
        );
    }

    #[test]
    fn growth_is_red_and_shrinkage_is_blue() {
        let base = "decode;norm 60\ndecode;<Gelu as Op>::run 35\n";
        let svg = FlameGraph {
            base: Some(base),
            ..GRAPH
        }
        .svg()
        .expect("well-formed")
        .expect("stacks");
        let colour = |name: &str| {
            let rest = &svg[svg.find(name).expect(name)..];
            let rgb = &rest[rest.find("rgb(").expect("a colour") + 4..];
            rgb[..rgb.find(')').expect("its end")]
                .split(',')
                .map(|part| part.parse().expect("a number"))
                .collect::<Vec<u8>>()
        };
        let (grown, shrunk) = (
            colour("&lt;Gelu as Op&gt;::run (70 ns"),
            colour("norm (30 ns"),
        );
        assert!(
            grown[0] > grown[2] && shrunk[2] > shrunk[0],
            "{grown:?} {shrunk:?}"
        );
    }

    #[test]
    fn without_stacks_there_is_no_picture() {
        assert_eq!(
            FlameGraph {
                folded: "",
                ..GRAPH
            }
            .svg()
            .expect("fine"),
            None
        );
    }
}
