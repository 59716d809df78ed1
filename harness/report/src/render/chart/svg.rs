//! Draws a canvas as SVG. Colours and text sizes are style classes with a shade for each background, so that one file suits both
//! themes, inside a page and on its own. Coordinates are rounded to a tenth of a unit, which keeps files small.

use std::collections::BTreeSet;

use plotters::style::RGBColor;

use crate::render::chart::canvas::{Anchor, Canvas, Place, Shape, Stroke, WIDTH, Words};
use crate::render::chart::font;
use crate::render::chart::palette::{Colour, Theme};

/// Pixels per layout unit of a file that is opened on its own.
const SCALE: f64 = 1.5;
/// Distance of the baseline below the middle of capital letters, as a share of the size.
const BASELINE: f64 = 0.36;

/// Most text has this size, and needs no class for it.
const USUAL: Size = (125, false);

/// Tenths of a unit, and true for bold.
type Size = (u32, bool);

/// A chart as SVG, without a style sheet.
pub(super) struct Svg {
    /// The root element and its content.
    text: String,
    colours: BTreeSet<(Property, Colour)>,
    sizes: BTreeSet<Size>,
}

/// The style sheet for any of these charts on one page.
pub(super) fn style<'a>(charts: impl IntoIterator<Item = &'a Svg>) -> String {
    let (mut colours, mut sizes) = (BTreeSet::new(), BTreeSet::new());
    for chart in charts {
        colours.extend(&chart.colours);
        sizes.extend(&chart.sizes);
    }
    let mut text = format!(
        ".chart text{{font:{}px {}}}\n.chart path{{fill:none}}\n.chart .m{{text-anchor:middle}}\n.chart .e{{text-anchor:end}}\n",
        f64::from(USUAL.0) / 10.0,
        font::FAMILY
    );
    for &(size, bold) in &sizes {
        let class = size_class((size, bold));
        let weight = if bold { ";font-weight:600" } else { "" };
        let size = f64::from(size) / 10.0;
        text += &format!(".chart .{class}{{font-size:{size}px{weight}}}\n");
    }
    let rules = |theme: Theme| {
        let rule = |&(property, colour): &(Property, Colour)| {
            let RGBColor(r, g, b) = colour.on(theme);
            let (class, property) = (class(property, colour), property.name());
            format!(".chart .{class}{{{property}:#{r:02x}{g:02x}{b:02x}}}\n")
        };
        // A set, because texts on different shades can have the same rule.
        let rules: BTreeSet<String> = colours.iter().map(rule).collect();
        rules.into_iter().collect::<String>()
    };
    let (light, dark) = (rules(Theme::Light), rules(Theme::Dark));
    text + &light + "@media screen and (prefers-color-scheme:dark){\n" + &dark + "}\n"
}

impl Svg {
    /// Draws a canvas. `attributes` are written into the root element.
    pub(super) fn new(canvas: &Canvas, title: &str, attributes: &str, height: f64) -> Self {
        let mut body = Body::default();
        body.rectangle([(0.0, 0.0), (WIDTH, height)], Some(Colour::Paper), None);
        for shape in canvas.shapes() {
            body.shape(shape);
        }
        let [wide, high] = [WIDTH, height].map(|length| number(length * SCALE));
        let box_size = format!("{} {}", number(WIDTH), number(height));
        let title = escape(title);
        let text = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"chart\" width=\"{wide}\" height=\"{high}\" \
             viewBox=\"0 0 {box_size}\" role=\"img\" aria-label=\"{title}\"{attributes}>\n{}</svg>\n",
            body.text
        );
        Self {
            text,
            colours: body.colours,
            sizes: body.sizes,
        }
    }

    /// The element for a page that has the style sheet.
    pub(super) fn element(&self) -> &str {
        &self.text
    }

    /// The document with its style sheet.
    pub(super) fn document(&self) -> String {
        let style = format!(">\n<style>\n{}</style>\n", style([self]));
        self.text.replacen(">\n", &style, 1)
    }
}

/// A property that a class sets to a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Property {
    Fill,
    Stroke,
}

impl Property {
    fn name(self) -> &'static str {
        match self {
            Self::Fill => "fill",
            Self::Stroke => "stroke",
        }
    }
}

/// The elements so far, and the classes that they need.
#[derive(Default)]
struct Body {
    text: String,
    colours: BTreeSet<(Property, Colour)>,
    sizes: BTreeSet<Size>,
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
                let class = self.class(Property::Fill, *colour);
                let data = path(outline);
                self.text +=
                    &format!("<path d=\"{data}z\" class=\"{class}\" fill-opacity=\".25\"/>\n");
                self.path(&format!("{data}z"), Stroke::new(*colour, 0.7), "");
            }
            Shape::Block(corners, colour) => self.rectangle(*corners, Some(*colour), None),
            Shape::Box(corners, fill) => self.rectangle(*corners, *fill, Some(Colour::Muted)),
            Shape::Dots(places, radius, look) if look.hollow => {
                let fill = self.class(Property::Fill, Colour::Paper);
                let stroke = self.class(Property::Stroke, look.colour);
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
        let size = ((words.size * 10.0).round() as u32, words.bold);
        let mut classes = vec![self.class(Property::Fill, words.colour)];
        if size != USUAL {
            self.sizes.insert(size);
            classes.push(size_class(size));
        }
        match words.from {
            Anchor::Start => {}
            Anchor::Middle => classes.push("m".to_owned()),
            Anchor::End => classes.push("e".to_owned()),
        }
        if words.is_tick {
            classes.push("tick".to_owned());
        }
        let (classes, text) = (classes.join(" "), escape(text));
        let (x, y) = (number(x), number(y + words.size * BASELINE));
        self.text += &format!("<text x=\"{x}\" y=\"{y}\" class=\"{classes}\">{text}</text>\n");
    }

    fn rectangle(&mut self, [a, b]: [Place; 2], fill: Option<Colour>, stroke: Option<Colour>) {
        let inside = match fill {
            Some(_) => "",
            None => " fill=\"none\"",
        };
        let fill = fill.map(|colour| self.class(Property::Fill, colour));
        let stroke = stroke.map(|colour| self.class(Property::Stroke, colour));
        let classes: Vec<String> = fill.into_iter().chain(stroke).collect();
        let classes = classes.join(" ");
        let (x, y) = (number(a.0.min(b.0)), number(a.1.min(b.1)));
        let (w, h) = (number((a.0 - b.0).abs()), number((a.1 - b.1).abs()));
        self.text += &format!(
            "<rect x=\"{x}\" y=\"{y}\" width=\"{w}\" height=\"{h}\"{inside} class=\"{classes}\"/>\n"
        );
    }

    fn path(&mut self, data: &str, stroke: Stroke, more: &str) {
        let class = self.class(Property::Stroke, stroke.colour);
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

    fn class(&mut self, property: Property, colour: Colour) -> String {
        self.colours.insert((property, colour));
        class(property, colour)
    }
}

/// The class that sets a property to a colour: `f-ink`, `s-p3`.
fn class(property: Property, colour: Colour) -> String {
    let property = match property {
        Property::Fill => 'f',
        Property::Stroke => 's',
    };
    format!("{property}-{}", colour.class())
}

fn size_class((size, bold): Size) -> String {
    format!("{}{size}", if bold { "bold" } else { "size" })
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
        let svg = Svg::new(&canvas, "title & more", "", 100.0);
        let body = svg.element();
        assert!(!body.contains('#') && body.contains("a &lt; b"), "{body}");
        assert!(
            body.contains("<title>a &quot;value&quot;</title>"),
            "{body}"
        );
        let style = style([&svg]);
        assert!(style.contains("prefers-color-scheme:dark"), "{style}");
        let classes = body.split("class=\"").skip(2);
        let classes = classes.filter_map(|rest| rest.split('"').next());
        for class in classes.flat_map(|names| names.split(' ')) {
            assert!(
                style.matches(&format!(".{class}{{")).count() >= 1,
                "{class} has no rule in {style}"
            );
        }
        assert_eq!(
            svg.document()
                .replace(&format!("<style>\n{style}</style>\n"), ""),
            body
        );
    }
}
