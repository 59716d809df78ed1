//! Writes rows as they come, one row group after the other, so that memory does not grow with their number.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;

use crate::columns::{LAYOUT, Reading, Rows, schema};

/// Rows in a group. A group is in memory until it is written: about a hundred bytes for each row.
pub const ROWS_IN_GROUP: usize = 1 << 16;

/// Writes a file.
pub struct Writer<W: Write + Send> {
    file: SerializedFileWriter<W>,
    rows: Rows,
    written: usize,
}

impl<W: Write + Send> Writer<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// If the start of the file cannot be written.
    pub fn new(output: W) -> Result<Self> {
        let layout = KeyValue::new("harness.layout".to_owned(), LAYOUT.to_owned());
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .set_created_by(format!("harness {}", env!("CARGO_PKG_VERSION")))
            .set_key_value_metadata(Some(vec![layout]))
            .build();
        let schema = Arc::new(parse_message_type(&schema())?);
        Ok(Self {
            file: SerializedFileWriter::new(output, schema, Arc::new(properties))?,
            rows: Rows::new(),
            written: 0,
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// If a row group cannot be written.
    pub fn push(&mut self, row: &Reading<'_>) -> Result<()> {
        self.rows.push(row);
        match self.rows.count() == ROWS_IN_GROUP {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    /// Ends the file. Returns the output and the number of rows.
    ///
    /// # Errors
    /// If the rest cannot be written.
    pub fn finish(mut self) -> Result<(W, usize)> {
        if self.rows.count() > 0 {
            self.write_group()?;
        }
        Ok((self.file.into_inner()?, self.written))
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.file.next_row_group()?;
        let mut place = 0;
        while let Some(mut column) = group.next_column()? {
            self.rows.write(place, &mut column)?;
            column.close()?;
            place += 1;
        }
        group.close()?;
        self.written += self.rows.count();
        self.rows.clear();
        Ok(())
    }
}
