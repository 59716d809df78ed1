//! Texts with numbers, and the words around them that tell the meaning.

/// A text that a reader sees.
#[derive(Debug, Clone, Default)]
pub(crate) struct Text {
    pub(crate) text: String,
    /// The heading, the caption, the title of the chart: from far to near.
    pub(crate) around: String,
    /// The heading of its column.
    pub(crate) heading: String,
    /// The words of its row.
    pub(crate) row: String,
}

impl Text {
    pub(crate) fn new(around: &str, text: &str) -> Self {
        Self {
            text: collapsed(text),
            around: around.to_owned(),
            ..Self::default()
        }
    }
}

/// A table as it is shown.
#[derive(Debug, Clone, Default)]
pub(crate) struct Grid {
    pub(crate) around: String,
    pub(crate) headings: Vec<String>,
    pub(crate) rows: Vec<Row>,
}

/// A row of a table: its group, and its cells with their alignment.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) group: String,
    pub(crate) cells: Vec<(String, bool)>,
}

impl Row {
    /// The words of the row: its group and its cells of words.
    fn words(&self) -> String {
        let words = self.cells.iter().filter(|(_, is_number)| !is_number);
        let words = words.map(|(text, _)| text.as_str());
        std::iter::once(self.group.as_str())
            .chain(words)
            .collect::<Vec<_>>()
            .join(" | ")
    }
}

impl Grid {
    /// The texts of the table.
    pub(crate) fn texts(&self) -> Vec<Text> {
        let headings = self
            .headings
            .iter()
            .map(|heading| Text::new(&self.around, heading));
        let mut texts: Vec<Text> = headings.collect();
        for row in &self.rows {
            texts.push(Text::new(&self.around, &row.group));
            let words = row.words();
            let is_interval = |index: usize| {
                self.headings
                    .get(index)
                    .is_some_and(|heading| heading == "interval")
            };
            for (index, (text, _)) in row.cells.iter().enumerate() {
                // A value with its interval in the next column is one text.
                let text = match row.cells.get(index + 1) {
                    Some((interval, _)) if is_interval(index + 1) => format!("{text} {interval}"),
                    _ => text.clone(),
                };
                if is_interval(index) {
                    continue;
                }
                texts.push(Text {
                    heading: self.headings.get(index).cloned().unwrap_or_default(),
                    row: words.clone(),
                    ..Text::new(&self.around, &text)
                });
            }
        }
        texts
    }
}

/// The text with single spaces.
pub(crate) fn collapsed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The texts and the tables of a Markdown document.
pub(crate) fn of_markdown(document: &str) -> (Vec<Text>, Vec<Grid>) {
    let plain = document
        .replace('\\', "")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&amp;", "&");
    let (mut texts, mut grids) = (Vec::new(), Vec::<Grid>::new());
    let (mut heading, mut is_table) = (String::new(), false);
    let mut numbers: Vec<bool> = Vec::new();
    for line in plain.lines() {
        let cells: Vec<String> = match line
            .strip_prefix("| ")
            .and_then(|line| line.strip_suffix(" |"))
        {
            Some(inside) => inside
                .split(" | ")
                .map(|cell| cell.trim_matches('*').to_owned())
                .collect(),
            None => {
                is_table = false;
                if line.starts_with('#') {
                    heading = line.trim_start_matches('#').trim().to_owned();
                }
                texts.push(Text::new(&heading, &line.replace("**", "")));
                continue;
            }
        };
        if !is_table {
            is_table = true;
            grids.push(Grid {
                around: heading.clone(),
                headings: cells,
                rows: Vec::new(),
            });
        } else if cells
            .iter()
            .all(|cell| cell.starts_with(':') || cell.starts_with("--"))
        {
            numbers = cells.iter().map(|cell| cell.ends_with(':')).collect();
        } else if let Some(grid) = grids.last_mut() {
            let mut cells = cells;
            // A name is not repeated in the next row.
            if let (Some(first), Some(above)) = (cells.first_mut(), grid.rows.last())
                && first.is_empty()
            {
                first.clone_from(&above.cells[0].0);
            }
            grid.rows.push(Row {
                group: String::new(),
                cells: cells.into_iter().zip(numbers.iter().copied()).collect(),
            });
        }
    }
    (texts, grids)
}
