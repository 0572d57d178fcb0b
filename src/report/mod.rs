//! Findings out, in the form the reader wants.
//!
//! Given findings, incidents and at last the summary, each [`Sink`] writes them to the writer it was opened with: text
//! for people ([`Format::Text`]), the published JSON of [`schema`] for programs. Here ids become sentences, through the
//! catalogue; nothing is judged, and network text passes [`clean`] on its way to a terminal.

pub mod clean;
mod encode;
mod escape;
mod facts;
mod json;
mod ndjson;
mod places;
pub mod schema;
mod summary;
mod text;

#[cfg(test)]
mod tests;

use std::io;

pub use places::Places;
pub use summary::{CaptureStatistics, Summary};

use crate::catalogue::{Catalogue, Severity};
use crate::diagnosis::{Finding, Incident};

/// Where findings go. Errors are those of the writer, `BrokenPipe` included.
pub trait Sink {
    /// A connection is decided.
    fn finding(&mut self, finding: &Finding) -> io::Result<()>;

    /// Several endings belong together.
    fn incident(&mut self, incident: &Incident) -> io::Result<()>;

    /// All was told: writes the end of the report and flushes it.
    fn finish(&mut self, summary: &Summary) -> io::Result<()>;

    /// Everything written so far reaches the writer's other end.
    fn flush(&mut self) -> io::Result<()>;

    /// The name of a capturing interface, as soon as it is known: files tell it late.
    fn interface(&mut self, _file: usize, _interface: u32, _name: &str) {}
}

/// A form of output.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// For people, in their language.
    Text,
    /// One JSON object a line, as things are decided.
    Ndjson,
    /// One JSON object in all.
    Json,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Ndjson, Self::Json];

    /// The word that `--format` takes.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
        }
    }

    /// The format with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|format| format.id() == id)
    }

    /// The format that a file's suffix asks for.
    pub fn from_suffix(suffix: &str) -> Option<Self> {
        match suffix {
            "txt" | "text" | "log" => Some(Self::Text),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

/// How much the text report tells.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum Detail {
    /// One line a connection that did not end well, and the summary.
    Quiet,
    /// A block for each of those, one line for the others.
    #[default]
    Normal,
    /// A block for every connection, and everything in it.
    Verbose,
}

/// How to report.
#[derive(Clone, Copy, Debug)]
pub struct Options<'a> {
    /// Texts in the reader's language, for the formats made for people.
    pub catalogue: &'a Catalogue,
    /// Texts in English, for the formats made for programs.
    pub english: &'a Catalogue,
    /// Names of the inputs, as the user gave them, by file index; empty live, where no file holds the packets.
    pub files: &'a [String],
    /// Names of the observation points, by point number; empty where there is only one.
    pub points: &'a [String],
    /// What this sensor is called, where many report to one place.
    pub sensor: Option<&'a str>,
    /// Give Wireshark's `tcp.stream` numbers: not live, and not where several analyzers share the work.
    pub tcp_streams: bool,
    /// Flush each line as it happens: live.
    pub flush_each: bool,
    /// Colour the text.
    pub colour: bool,
    /// Columns of the text.
    pub width: usize,
    /// How much the text tells.
    pub detail: Detail,
}

impl<'a> Options<'a> {
    /// Plain text of 100 columns in the catalogue's language, nothing known about inputs.
    pub fn new(catalogue: &'a Catalogue, english: &'a Catalogue) -> Self {
        Self {
            catalogue,
            english,
            files: &[],
            points: &[],
            sensor: None,
            tcp_streams: true,
            flush_each: false,
            colour: false,
            width: 100,
            detail: Detail::Normal,
        }
    }
}

/// Opens a report of that form over `writer`, buffered here.
pub fn open<'a>(format: Format, writer: Box<dyn io::Write + 'a>, options: Options<'a>) -> Box<dyn Sink + 'a> {
    let writer = io::BufWriter::with_capacity(BUFFER_BYTES, writer);
    match format {
        Format::Text => Box::new(text::Text::new(writer, options)),
        Format::Ndjson => Box::new(ndjson::Ndjson::new(writer, options)),
        Format::Json => Box::new(json::Json::new(writer, options)),
    }
}

/// Findings are 3 kB each: few enough writes, and it stays in the processor's cache.
const BUFFER_BYTES: usize = 64 * 1024;

type Writer<'a> = io::BufWriter<Box<dyn io::Write + 'a>>;

/// A connection that needs no block: nothing to do, or an orderly ending that is merely worth knowing.
fn ended_well(finding: &Finding) -> bool {
    match finding.diagnosis.severity {
        Severity::Ok => true,
        Severity::Notice => finding.ending.clean,
        Severity::Warning | Severity::Error => false,
    }
}
