//! Draws a canvas as SVG. Colours and text sizes are style classes with a shade for each background, so that one file suits both
//! themes, inside a page and on its own. Coordinates are rounded to a tenth of a unit, which keeps files small.

use std::collections::BTreeSet;
use std::fmt::Write;

use plotters::style::RGBColor;

use crate::render::chart::canvas::{Anchor, Canvas, Place, Shape, Stroke, WIDTH, Words};
use crate::render::chart::font;
use crate::render::chart::palette::{Colour, Theme};

/// Pixels per layout unit of a file that is opened on its own.
const SCALE: f64 = 1.5;
/// Distance of the baseline below the middle of capital letters, as a share of the size.
const BASELINE: f64 = 0.36;

/// Returns the document.
pub(super) fn svg(canvas: &Canvas, title: &str, height: f64) -> String {
    let mut body = Body::default();
    body.rectangle([(0.0, 0.0), (WIDTH, height)], "fill", Colour::Paper);
    for shape in canvas.shapes() {
        body.shape(shape);
    }
    let (wide, high) = (number(WIDTH * SCALE), number(height * SCALE));
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"{wide}\" height=\"{high}\" viewBox=\"0 0 {} {}\" \
         role=\"img\" aria-label=\"{}\">\n<style>\n",
        number(WIDTH),
        number(height),
        escape(title)
    );
    let _ = writeln!(
        text,
        ".chart text{{font-family:{}}}\n.chart path{{fill:none}}",
        font::FAMILY
    );
    for (size, bold) in &body.sizes {
        let weight = if *bold { ";font-weight:600" } else { "" };
        let size = *size as f64 / 10.0;
        let _ = writeln!(
            text,
            ".chart .{}{{font-size:{size}px{weight}}}",
            size_class(size, *bold)
        );
    }
    let rules = |theme: Theme| {
        let rule = |(property, colour): &(&str, Colour)| {
            let RGBColor(r, g, b) = colour.on(theme);
            let class = class(property, *colour);
            format!(".chart .{class}{{{property}:#{r:02x}{g:02x}{b:02x}}}\n")
        };
        body.colours.iter().map(rule).collect::<String>()
    };
    let _ = write!(
        text,
        "{}@media screen and (prefers-color-scheme:dark){{\n{}}}\n</style>\n{}</svg>\n",
        rules(Theme::Light),
        rules(Theme::Dark),
        body.text
    );
    text
}

/// The elements so far, and the classes that they need.
#[derive(Default)]
struct Body {
    text: String,
    colours: BTreeSet<(&'static str, Colour)>,
    /// Sizes in tenths of a unit; true for bold.
    sizes: BTreeSet<(u32, bool)>,
}

impl Body {
    fn shape(&mut self, shape: &Shape) {
        match shape {
            Shape::Text(text, place, words) => self.words(text, *place, *words),
            Shape::Line(points, stroke) => self.path(&path(points), *stroke, ""),
            Shape::Strokes(strokes, stroke) => {
                let data: String = strokes.iter().map(|ends| path(ends)).collect();
                self.path(&data, *stroke, "");
            }
            Shape::Area(outline, colour) => {
                let class = self.class("fill", *colour);
                let data = path(outline);
                self.text +=
                    &format!("<path d=\"{data}z\" class=\"{class}\" fill-opacity=\".25\"/>\n");
                self.path(&format!("{data}z"), Stroke::new(*colour, 0.7), "");
            }
            Shape::Block(corners, colour) => self.rectangle(*corners, "fill", *colour),
            Shape::Border(corners, colour) => self.rectangle(*corners, "stroke", *colour),
            Shape::Dots(places, radius, look) if look.hollow => {
                let fill = self.class("fill", Colour::Paper);
                let stroke = self.class("stroke", look.colour);
                for (x, y) in places {
                    let (x, y, r) = (number(*x), number(*y), number(radius - 1.0));
                    self.text += &format!(
                        "<circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\" stroke-width=\"2\" class=\"{fill} {stroke}\"/>\n"
                    );
                }
            }
            // A line without length and with round ends is a dot, in fewer characters than a circle.
            Shape::Dots(places, radius, look) => {
                let dot = |&(x, y): &Place| format!("M{} {}h0", number(x), number(y));
                let data: String = places.iter().map(dot).collect();
                let stroke = Stroke::new(look.colour, 2.0 * radius);
                self.path(&data, stroke, " stroke-linecap=\"round\"");
            }
            Shape::Open(description) => {
                self.text += &format!("<g><title>{}</title>\n", escape(description));
            }
            Shape::Close => self.text += "</g>\n",
        }
    }

    fn words(&mut self, text: &str, (x, y): Place, words: Words) {
        self.sizes
            .insert(((words.size * 10.0).round() as u32, words.bold));
        let anchor = match words.from {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let (x, y) = (number(x), number(y + words.size * BASELINE));
        let (size, fill) = (
            size_class(words.size, words.bold),
            self.class("fill", words.colour),
        );
        let text = escape(text);
        self.text +=
            &format!("<text x=\"{x}\" y=\"{y}\"{anchor} class=\"{size} {fill}\">{text}</text>\n");
    }

    fn rectangle(&mut self, [a, b]: [Place; 2], property: &'static str, colour: Colour) {
        let class = self.class(property, colour);
        let (x, y) = (number(a.0.min(b.0)), number(a.1.min(b.1)));
        let (w, h) = (number((a.0 - b.0).abs()), number((a.1 - b.1).abs()));
        let fill = if property == "stroke" {
            " fill=\"none\""
        } else {
            ""
        };
        self.text += &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{fill} class=\"{class}\"/>\n"
        );
    }

    fn path(&mut self, data: &str, stroke: Stroke, more: &str) {
        let class = self.class("stroke", stroke.colour);
        let width = match stroke.width {
            1.0 => String::new(),
            width => format!(" stroke-width=\"{}\"", number(width)),
        };
        let dashes = if stroke.dashed {
            " stroke-dasharray=\"5 3\""
        } else {
            ""
        };
        self.text += &format!("<path d=\"{data}\"{width}{dashes}{more} class=\"{class}\"/>\n");
    }

    fn class(&mut self, property: &'static str, colour: Colour) -> String {
        self.colours.insert((property, colour));
        class(property, colour)
    }
}

/// The class that sets a property to a colour: `fill-ink`, `stroke-p3`.
fn class(property: &str, colour: Colour) -> String {
    format!("{property}-{}", colour.class())
}

fn size_class(size: f64, bold: bool) -> String {
    format!("{}{:.0}", if bold { "bold" } else { "size" }, size * 10.0)
}

/// A path through points: the first one absolute, the others relative to the one before, in tenths of a unit.
fn path(points: &[Place]) -> String {
    let tenths = |value: f64| (value * 10.0).round() as i64;
    let mut text = String::new();
    let mut before = (0, 0);
    for (index, &(x, y)) in points.iter().enumerate() {
        let place = (tenths(x), tenths(y));
        let (dx, dy) = (place.0 - before.0, place.1 - before.1);
        before = place;
        match index {
            0 => text += "M",
            1 => text += "l",
            _ if dx >= 0 => text += " ",
            _ => {}
        }
        text += &tenth(dx);
        if dy >= 0 {
            text.push(' ');
        }
        text += &tenth(dy);
    }
    text
}

/// A number rounded to a tenth, without needless digits: `12.3`, `12`, `.5`.
fn number(value: f64) -> String {
    tenth((value * 10.0).round() as i64)
}

fn tenth(tenths: i64) -> String {
    let sign = if tenths < 0 { "-" } else { "" };
    let (whole, part) = (tenths.unsigned_abs() / 10, tenths.unsigned_abs() % 10);
    match (whole, part) {
        (_, 0) => format!("{sign}{whole}"),
        (0, _) => format!("{sign}.{part}"),
        _ => format!("{sign}{whole}.{part}"),
    }
}

/// Escapes text for XML.
pub(in crate::render) fn escape(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_paths_are_short() {
        assert_eq!(
            [0.0, 12.34, -0.5, -3.0, 0.04].map(number),
            ["0", "12.3", "-.5", "-3", "0"]
        );
        assert_eq!(
            path(&[(1.0, 2.0), (3.05, 1.5), (2.0, 1.5)]),
            "M1 2l2.1-.5-1.1 0"
        );
    }

    #[test]
    fn a_chart_has_no_colour_without_a_class() {
        let mut canvas = Canvas::default();
        canvas.words("a < b", 1.0, 2.0, Words::new(13.0, Colour::Ink));
        canvas.described("a \"value\"", |canvas| {
            canvas.dot(1.0, 1.0, 4.0, crate::render::chart::palette::look(9));
        });
        let svg = svg(&canvas, "title & more", 100.0);
        let (style, body) = svg.split_once("</style>").expect("a style");
        assert!(style.contains("prefers-color-scheme:dark"), "{style}");
        assert!(!body.contains('#') && body.contains("a &lt; b"), "{body}");
        assert!(
            body.contains("<title>a &quot;value&quot;</title>"),
            "{body}"
        );
    }
}
