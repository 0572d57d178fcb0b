//! One JSON object in all, written as things are decided: only incidents wait for the end.

use std::io::{self, Write};

use super::encode::{Encode, Encoded};
use super::schema::{Connection, Context, IncidentView, SCHEMA, SummaryView, Texts};
use super::{Options, Places, Sink, Summary, Writer};
use crate::diagnosis::{Finding, Incident};

/// The sink behind [`super::Format::Json`].
pub(super) struct Json<'a> {
    writer: Writer<'a>,
    texts: Texts<'a>,
    places: Places<'a>,
    begun: bool,
    piece: Encoded,
    incidents: Encoded,
}

impl<'a> Json<'a> {
    pub fn new(writer: Writer<'a>, options: Options<'a>) -> Self {
        let (texts, places) = (Texts::new(options.english), Places::new(&options));
        Self { writer, texts, places, begun: false, piece: Encoded::default(), incidents: Encoded::default() }
    }

    /// Before the first connection, the beginning of the object; before the others, a comma.
    fn separate(&mut self) -> io::Result<()> {
        if self.begun {
            return self.writer.write_all(b",\n");
        }
        self.begun = true;
        writeln!(self.writer, "{{\"schema\":\"{SCHEMA}\",\"connections\":[")
    }

    fn end_connections(&mut self) -> io::Result<()> {
        if !self.begun {
            self.separate()?;
        }
        self.writer.write_all(b"\n],\"incidents\":[\n")
    }
}

impl Sink for Json<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        self.separate()?;
        let context = Context { texts: &self.texts, places: &self.places, schema: None };
        write_piece(&mut self.writer, &mut self.piece, Connection { finding, context })
    }

    fn incident(&mut self, incident: &Incident) -> io::Result<()> {
        if !self.incidents.as_bytes().is_empty() {
            self.incidents.push(",\n");
        }
        let context = Context { texts: &self.texts, places: &self.places, schema: None };
        self.incidents.push_value(IncidentView { incident, context });
        Ok(())
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.end_connections()?;
        self.writer.write_all(self.incidents.as_bytes())?;
        self.writer.write_all(b"\n],\"summary\":\n")?;
        write_piece(&mut self.writer, &mut self.piece, SummaryView { summary, schema: None })?;
        self.writer.write_all(b"\n}\n")?;
        self.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn interface(&mut self, file: usize, interface: u32, name: &str) {
        self.places.name_interface(file, interface, name);
    }
}

/// Serialising into memory first is faster than into a writer behind two layers.
fn write_piece(writer: &mut Writer<'_>, piece: &mut Encoded, object: impl Encode) -> io::Result<()> {
    piece.clear();
    piece.push_value(object);
    writer.write_all(piece.as_bytes())
}
