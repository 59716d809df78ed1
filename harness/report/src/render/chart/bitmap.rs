//! Draws a canvas as PNG, on a light background.

use plotters::backend::BitMapBackend;
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea};
use plotters::element::{Circle, PathElement, Polygon, Rectangle, Text};
use plotters::prelude::DrawingBackend;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{Color, FontDesc, FontFamily, FontStyle, ShapeStyle, TextStyle};

use crate::render::chart::canvas::{Anchor, Canvas, Place, Shape, Stroke, WIDTH, Words};
use crate::render::chart::font;
use crate::render::chart::palette::{Colour, Theme};

/// Pixels per layout unit: sharp on dense screens.
const SCALE: f64 = 3.0;

/// Returns the bytes of the file, or the reason why it cannot be drawn.
pub(super) fn png(canvas: &Canvas, height: f64) -> Result<Vec<u8>, String> {
    font::register()?;
    let (width, height) = ((WIDTH * SCALE) as u32, (height * SCALE).ceil() as u32);
    let mut pixels = vec![0; width as usize * height as usize * 3];
    let backend = BitMapBackend::with_buffer(&mut pixels, (width, height));
    draw(canvas, backend).map_err(|error| error.to_string())?;
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let encoded = encoder
        .write_header()
        .and_then(|mut writer| writer.write_image_data(&pixels));
    encoded.map_err(|error| error.to_string())?;
    Ok(bytes)
}

type Area<B> = DrawingArea<B, Shift>;
type Drawn<B> = Result<(), DrawingAreaErrorKind<<B as DrawingBackend>::ErrorType>>;

fn draw<B: DrawingBackend>(canvas: &Canvas, backend: B) -> Drawn<B> {
    let area = backend.into_drawing_area();
    area.fill(&Colour::Paper.on(Theme::Light))?;
    for shape in canvas.shapes() {
        draw_shape(shape, &area)?;
    }
    area.present()
}

fn draw_shape<B: DrawingBackend>(shape: &Shape, area: &Area<B>) -> Drawn<B> {
    let path = |points: &[Place]| -> Vec<_> { points.iter().copied().map(pixel).collect() };
    let thin = |colour| style(Stroke::new(colour, 1.0));
    match shape {
        Shape::Text(text, place, words) => draw_text(text, *place, *words, area),
        Shape::Line(points, stroke) if stroke.dashed => {
            for dash in points.windows(2).step_by(2) {
                area.draw(&PathElement::new(path(dash), style(*stroke)))?;
            }
            Ok(())
        }
        Shape::Line(points, stroke) => area.draw(&PathElement::new(path(points), style(*stroke))),
        Shape::Strokes(strokes, stroke) => {
            for ends in strokes {
                area.draw(&PathElement::new(path(ends), style(*stroke)))?;
            }
            Ok(())
        }
        Shape::Area(outline, colour) => {
            area.draw(&Polygon::new(
                path(outline),
                colour.on(Theme::Light).mix(0.25),
            ))?;
            area.draw(&PathElement::new(path(outline), thin(*colour)))
        }
        Shape::Block(corners, colour) => {
            let fill = colour.on(Theme::Light).filled();
            area.draw(&Rectangle::new(corners.map(pixel), fill))
        }
        Shape::Border(corners, colour) => {
            area.draw(&Rectangle::new(corners.map(pixel), thin(*colour)))
        }
        Shape::Dots(places, radius, look) => {
            let size = (radius * SCALE).round() as i32;
            let colour = look.colour.on(Theme::Light);
            for place in places {
                area.draw(&Circle::new(pixel(*place), size, colour.filled()))?;
                if look.hollow {
                    let paper = Colour::Paper.on(Theme::Light).filled();
                    let inside = size - (2.0 * SCALE) as i32;
                    area.draw(&Circle::new(pixel(*place), inside.max(1), paper))?;
                }
            }
            Ok(())
        }
        Shape::Open(_) | Shape::Close => Ok(()),
    }
}

fn draw_text<B: DrawingBackend>(
    text: &str,
    (x, y): Place,
    words: Words,
    area: &Area<B>,
) -> Drawn<B> {
    let style = if words.bold {
        FontStyle::Bold
    } else {
        FontStyle::Normal
    };
    // The drawing library takes the height of a line, which for this font is 1.21 em, and draws text too high by this share.
    let font = FontDesc::new(
        FontFamily::Name(font::FAMILY),
        words.size * SCALE * 1.24,
        style,
    );
    let from = match words.from {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let colour = words.colour.on(Theme::Light);
    let style = TextStyle::from(font)
        .color(&colour)
        .pos(Pos::new(from, VPos::Center));
    area.draw(&Text::new(text, pixel((x, y + words.size * 0.22)), style))
}

fn style(stroke: Stroke) -> ShapeStyle {
    let width = (stroke.width * SCALE).round().max(1.0) as u32;
    stroke.colour.on(Theme::Light).stroke_width(width)
}

fn pixel((x, y): Place) -> (i32, i32) {
    let scaled = |value: f64| (value * SCALE).round() as i32;
    (scaled(x), scaled(y))
}
