//! Rows of `counts.csv` that were read before: two states of a baseline differ in few rows, and checking the checksum of every
//! line of a hundred states takes a minute.

use std::collections::{HashMap, HashSet};
use std::path::Path;

use crate::baseline::counts::{self, Frame};
use crate::{FileError, Row};

/// The rows that earlier states of a baseline contained, by their lines.
#[derive(Debug, Default)]
pub struct KnownRows {
    isa: String,
    schema: u32,
    rows: HashMap<String, Row>,
}

impl KnownRows {
    /// Reads the text of a file as [`counts::read`] does.
    pub(super) fn read(
        &mut self,
        text: &str,
        path: &Path,
        isa: &str,
    ) -> Result<(String, Vec<Row>), FileError> {
        match self.by_groups(text, path, isa) {
            Some(found) => Ok(found),
            // It is unusual or invalid: the whole reader knows the reason.
            None => counts::read(text, path, isa),
        }
    }

    /// The date and the rows, if all lines of each row are adjacent and valid.
    fn by_groups(&mut self, text: &str, path: &Path, isa: &str) -> Option<(String, Vec<Row>)> {
        let frame = Frame::of(text, path)?;
        if (self.isa.as_str(), self.schema) != (isa, frame.schema) {
            *self = Self {
                isa: isa.to_owned(),
                schema: frame.schema,
                rows: HashMap::new(),
            };
        }
        let (mut rows, mut lines) = (Vec::new(), 0);
        for (_, group, count) in groups(frame.body)? {
            lines += count;
            match self.rows.get(group) {
                Some(row) => rows.push(row.clone()),
                None => {
                    let (_, read) = counts::read(&frame.around(group, count), path, isa).ok()?;
                    let [row] = <[Row; 1]>::try_from(read).ok()?;
                    self.rows.insert(group.to_owned(), row.clone());
                    rows.push(row);
                }
            }
        }
        let names = rows.iter().map(|row: &Row| (&row.workload, &row.phase));
        let distinct = names.collect::<HashSet<_>>().len();
        (distinct == rows.len() && lines == frame.stated).then(|| (frame.measured.clone(), rows))
    }
}

/// The lines of each row: the text of the workload and phase, all its lines, and their number. None if a name is quoted: its
/// line may end anywhere.
fn groups(body: &str) -> Option<Vec<(&str, &str, u64)>> {
    let mut groups: Vec<(&str, &str, u64)> = Vec::new();
    let mut start = 0;
    let mut place = 0;
    for line in body.split_inclusive('\n') {
        let (workload, rest) = line.split_once(',')?;
        let (phase, _) = rest.split_once(',')?;
        let name = &line[..workload.len() + 1 + phase.len()];
        if line.contains('"') {
            return None;
        }
        let end = place + line.len();
        match groups.last_mut().filter(|(last, ..)| *last == name) {
            Some((_, group, count)) => {
                *group = &body[start..end];
                *count += 1;
            }
            None => {
                start = place;
                groups.push((name, line, 1));
            }
        }
        place = end;
    }
    Some(groups)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::{awkward, callgrind, dhat, record, row};

    fn text(counts: [u64; 3]) -> String {
        let rows = ["a", "b", "c"].iter().zip(counts);
        let rows =
            rows.map(|(name, count)| row(name, "fast", vec![callgrind(count), dhat(count, 1)]));
        counts::write(&record(rows.collect()).rows, "2026-01-02T03:04:05Z")
    }

    /// What a reader returns; an error as text.
    type Found = Result<(String, Vec<Row>), String>;

    /// What both readers return for these texts in turn.
    fn both(texts: &[String]) -> Vec<[Found; 2]> {
        let mut known = KnownRows::default();
        let path = Path::new("x");
        let of = |text: &String| {
            [
                counts::read(text, path, "avx2"),
                known.read(text, path, "avx2"),
            ]
            .map(|found| found.map_err(|error| error.to_string()))
        };
        texts.iter().map(of).collect()
    }

    #[test]
    fn it_reads_what_the_whole_reader_reads() {
        let first = text([1, 2, 3]);
        let lines: Vec<&str> = first.lines().collect();
        let swapped = [&lines[..2], &lines[3..4], &lines[2..3], &lines[4..]]
            .concat()
            .join("\n");
        let torn = [&lines[..2], &lines[10..11], &lines[2..10], &lines[11..]]
            .concat()
            .join("\n");
        let doubled = [&lines[..10], &lines[2..]].concat().join("\n");
        let short = [&lines[..2], &lines[3..]].concat().join("\n");
        let texts = [
            first.clone(),
            text([1, 20, 3]),
            first.clone(),
            counts::write(&awkward().rows, "2026-01-02T03:04:05Z"),
            swapped + "\n",
            torn + "\n",
            doubled + "\n",
            short + "\n",
            first.replace("instructions,1,", "instructions,9,"),
            first.replace("b,fast,total-bytes", "<<<<<<< HEAD\nb,fast,total-bytes"),
            first.replace("schema 2", "schema 9"),
            first.replace('\n', "\r\n"),
            String::new(),
        ];
        for (number, [whole, known]) in both(&texts).into_iter().enumerate() {
            assert_eq!(whole, known, "text {number}");
            if number < 3 {
                assert!(whole.is_ok(), "text {number}");
            }
        }
    }

    #[test]
    fn only_rows_that_changed_are_read_again() {
        let mut known = KnownRows::default();
        for (counts, distinct) in [([1, 2, 3], 3), ([1, 2, 4], 4), ([1, 2, 3], 4)] {
            known
                .read(&text(counts), Path::new("x"), "avx2")
                .expect("valid");
            assert_eq!(known.rows.len(), distinct);
        }
    }
}
