//! Flame graphs on one page without links to other files, so that a CI system can show it with one click.
//!
//! Each graph is a document of its own in a frame, because its script takes the first graph that it finds. A frame may run
//! that script, and nothing else: the page may have been written by a pull request.

use crate::render::chart::escape;

/// A flame graph of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Framed {
    /// The end of its address, after `#`.
    pub anchor: String,
    /// The heading.
    pub title: String,
    /// The graph.
    pub svg: String,
}

const HEAD: &str = "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
    <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n";

const STYLE: &str = "<style>\n\
    :root { color-scheme: light dark; font-family: sans-serif }\n\
    body { margin: 1rem }\n\
    h2 { font-size: 1rem; margin: 1.5rem 0 0.5rem }\n\
    iframe { border: 0; width: 100% }\n\
    </style>\n";

/// Height of a frame whose graph states none, in pixels.
const HEIGHT: u32 = 800;

/// A page with these graphs, in their order.
pub fn flame_page(title: &str, graphs: &[Framed]) -> String {
    let title = escape(title);
    let links = graphs.iter().map(|graph| {
        format!(
            "<li><a href=\"#{}\">{}</a></li>\n",
            escape(&graph.anchor),
            escape(&graph.title)
        )
    });
    let links = match graphs.len() {
        0 | 1 => String::new(),
        _ => format!("<ul>\n{}</ul>\n", links.collect::<String>()),
    };
    let frames = graphs.iter().map(|Framed { anchor, title, svg }| {
        let (anchor, title) = (escape(anchor), escape(title));
        format!(
            "<h2 id=\"{anchor}\">{title}</h2>\n\
             <iframe sandbox=\"allow-scripts\" title=\"{title}\" height=\"{}\" src=\"{}\"></iframe>\n",
            height(svg) + 20,
            address(svg)
        )
    });
    let frames: String = frames.collect();
    format!("{HEAD}<title>{title}</title>\n{STYLE}{links}{frames}</html>\n")
}

/// A graph as an address (RFC 2397), with percent codes for all characters that could end it.
fn address(svg: &str) -> String {
    let mut address = "data:image/svg+xml,".to_owned();
    for byte in svg.bytes() {
        match byte {
            b'%' | b'"' | b'#' | b'<' | b'>' | b'&' => address += &format!("%{byte:02X}"),
            byte if byte.is_ascii_graphic() => address.push(char::from(byte)),
            byte => address += &format!("%{byte:02X}"),
        }
    }
    address
}

/// The height that a graph states.
fn height(svg: &str) -> u32 {
    let stated = svg
        .split_once(" height=\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    stated
        .and_then(|(number, _)| number.parse().ok())
        .unwrap_or(HEIGHT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_cannot_leave_its_frame_and_has_its_height() {
        let graph = |number: u32| Framed {
            anchor: format!("g{number}"),
            title: "a <b> & \"c\"".to_owned(),
            svg: "<svg width=\"1200\" height=\"342\" onload=\"init('\"&amp;')\"></svg>".to_owned(),
        };
        insta::assert_snapshot!(flame_page("Flame graphs", &[graph(1), graph(2)]));
        assert_eq!(height("<svg>"), HEIGHT);
    }
}
