//! Reads the parts of HTML and SVG that this test needs: tags with attributes, and text.

/// A part of a document.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Part {
    Open(Tag),
    Close(String),
    Text(String),
}

/// An opening tag.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Tag {
    pub(crate) name: String,
    attributes: Vec<(String, String)>,
}

impl Tag {
    /// The value of an attribute.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// True if this is one of its classes.
    pub(crate) fn has_class(&self, class: &str) -> bool {
        let classes = self.get("class").unwrap_or_default();
        classes.split_whitespace().any(|known| known == class)
    }
}

/// The parts of a document, without comments, styles, and scripts that are no data.
pub(crate) fn parts(document: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = document;
    while let Some(start) = rest.find('<') {
        if start > 0 {
            parts.push(Part::Text(unescaped(&rest[..start])));
        }
        let end = start + end_of_tag(&rest[start..]);
        let inside = &rest[start + 1..end];
        rest = &rest[(end + 1).min(rest.len())..];
        if let Some(name) = inside.strip_prefix('/') {
            parts.push(Part::Close(name.trim().to_lowercase()));
            continue;
        }
        if inside.starts_with('!') || inside.starts_with('?') {
            continue;
        }
        let tag = tag(inside.trim_end_matches('/'));
        if tag.name == "style" || tag.name == "script" {
            let close = format!("</{}", tag.name);
            let length = rest.find(&close).unwrap_or(rest.len());
            if tag.get("type") == Some("application/json") {
                parts.push(Part::Open(tag));
                parts.push(Part::Text(rest[..length].to_owned()));
            }
            rest = &rest[length..];
            continue;
        }
        let closes = inside.ends_with('/').then(|| tag.name.clone());
        parts.push(Part::Open(tag));
        parts.extend(closes.map(Part::Close));
    }
    parts.push(Part::Text(unescaped(rest)));
    parts
}

/// The place of the `>` that ends the tag, which an attribute may contain too.
fn end_of_tag(text: &str) -> usize {
    let mut quote = None;
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (None, '>') => return place,
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), _) if open == c => quote = None,
            _ => {}
        }
    }
    text.len() - 1
}

fn tag(inside: &str) -> Tag {
    let (name, mut rest) = inside
        .split_once(char::is_whitespace)
        .unwrap_or((inside, ""));
    let mut tag = Tag {
        name: name.to_lowercase(),
        attributes: Vec::new(),
    };
    loop {
        rest = rest.trim_start();
        let length = rest
            .find(|c: char| c == '=' || c.is_whitespace())
            .unwrap_or(rest.len());
        if length == 0 {
            return tag;
        }
        let name = rest[..length].to_owned();
        rest = &rest[length..];
        let value = match rest.strip_prefix('=') {
            None => "",
            Some(quoted) if quoted.starts_with(['"', '\'']) => {
                let end = quoted[1..]
                    .find(&quoted[..1])
                    .map_or(quoted.len(), |end| end + 1);
                rest = quoted.get(end + 1..).unwrap_or_default();
                &quoted[1..end]
            }
            Some(bare) => {
                let end = bare.find(char::is_whitespace).unwrap_or(bare.len());
                rest = &bare[end..];
                &bare[..end]
            }
        };
        tag.attributes.push((name, unescaped(value)));
    }
}

/// Replaces the entities that the report writes.
fn unescaped(text: &str) -> String {
    let entities = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2f;", "/"),
        ("&nbsp;", " "),
        ("\u{a0}", " "),
        ("&amp;", "&"),
    ];
    entities
        .iter()
        .fold(text.to_owned(), |text, (entity, c)| text.replace(entity, c))
}

#[test]
fn tags_have_attributes_and_text_is_unescaped() {
    let found =
        parts("a &lt;b<td class='x y' data-key=\"1 > 0\" hidden>5</td><br/><style>7</style>");
    let [
        Part::Text(first),
        Part::Open(cell),
        Part::Text(five),
        Part::Close(closed),
        Part::Open(br),
        ..,
    ] = found.as_slice()
    else {
        panic!("{found:?}")
    };
    assert_eq!(
        (first.as_str(), five.as_str(), closed.as_str()),
        ("a <b", "5", "td")
    );
    assert!(
        cell.has_class("y") && cell.get("data-key") == Some("1 > 0"),
        "{cell:?}"
    );
    assert_eq!((cell.get("hidden"), br.name.as_str()), (Some(""), "br"));
    assert!(!found.contains(&Part::Text("7".to_owned())), "{found:?}");
}
