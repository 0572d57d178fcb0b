//! One JSON object a line, as things are decided.

use std::io::{self, Write};

use super::encode::{Encode, Encoded};
use super::schema::{Connection, Context, IncidentView, SCHEMA, SummaryView, Texts};
use super::{BUFFER_BYTES, Options, Places, Sink, Summary, Writer};
use crate::diagnosis::{Finding, Incident};

/// The sink behind [`super::Format::Ndjson`].
pub(super) struct Ndjson<'a> {
    lines: Lines<'a>,
    texts: Texts<'a>,
    places: Places<'a>,
}

impl<'a> Ndjson<'a> {
    pub fn new(writer: Writer<'a>, options: Options<'a>) -> Self {
        Self {
            lines: Lines {
                writer,
                waiting: Encoded::with_capacity(BUFFER_BYTES + 8192),
                flush_each: options.flush_each,
            },
            texts: Texts::new(options.english),
            places: Places::new(&options),
        }
    }
}

impl Sink for Ndjson<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        let context = Context { texts: &self.texts, places: &self.places, schema: Some(SCHEMA) };
        self.lines.write(Connection { finding, context })
    }

    fn incident(&mut self, incident: &Incident) -> io::Result<()> {
        let context = Context { texts: &self.texts, places: &self.places, schema: Some(SCHEMA) };
        self.lines.write(IncidentView { incident, context })
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.lines.write(SummaryView { summary, schema: Some(SCHEMA) })?;
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.lines.flush()
    }

    fn interface(&mut self, file: usize, interface: u32, name: &str) {
        self.places.name_interface(file, interface, name);
    }
}

/// Lines go out whole: a reader of the stream never sees half an object.
struct Lines<'a> {
    writer: Writer<'a>,
    /// What waits to be written: enough at a time that the writer need not copy it.
    waiting: Encoded,
    flush_each: bool,
}

impl Lines<'_> {
    fn write(&mut self, object: impl Encode) -> io::Result<()> {
        self.waiting.push_value(object);
        self.waiting.push("\n");
        if self.flush_each { self.flush() } else { self.write_waiting(BUFFER_BYTES) }
    }

    /// Gives what waits to the writer, if it is as much as that.
    fn write_waiting(&mut self, bytes: usize) -> io::Result<()> {
        if self.waiting.as_bytes().len() >= bytes {
            self.writer.write_all(self.waiting.as_bytes())?;
            self.waiting.clear();
        }
        Ok(())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.write_waiting(1)?;
        self.writer.flush()
    }
}
