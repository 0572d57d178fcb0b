//! The report for the engineer on call: a block for each connection that did not end well, a line for the others.
//!
//! Given findings, writes what ended, who ended it, what was seen and what to change, in the reader's language and in
//! the terminal's width. Whatever is written passes the page, and there [`super::clean`].

mod api;
mod block;
mod extra;
mod fix;
mod head;
mod incident;
mod line;
mod page;
mod story;
mod style;
mod summary;
mod words;

use std::io::{self, Write};

use fix::Told;
use page::Page;
use words::Words;

use super::{Detail, Options, Places, Sink, Summary, Writer, ended_well};
use crate::diagnosis::{Finding, Incident};

/// The sink behind [`super::Format::Text`].
pub(super) struct Text<'a> {
    writer: Writer<'a>,
    page: Page,
    report: Report<'a>,
    flush_each: bool,
}

/// What every part of the text needs.
struct Report<'a> {
    words: Words<'a>,
    places: Places<'a>,
    detail: Detail,
    told: Told,
}

impl<'a> Text<'a> {
    pub fn new(writer: Writer<'a>, options: Options<'a>) -> Self {
        let words = Words::new(options.catalogue);
        let page = Page::new(options.width, options.colour, words.column());
        let report = Report { words, places: Places::new(&options), detail: options.detail, told: Told::default() };
        Self { writer, page, report, flush_each: options.flush_each }
    }

    fn write(&mut self) -> io::Result<()> {
        self.writer.write_all(self.page.take().as_bytes())?;
        if self.flush_each { self.writer.flush() } else { Ok(()) }
    }
}

impl Sink for Text<'_> {
    fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match (self.report.detail, ended_well(finding)) {
            (Detail::Quiet, true) => {}
            (Detail::Quiet, false) | (Detail::Normal, true) => self.report.line(finding, &mut self.page),
            (Detail::Normal, false) | (Detail::Verbose, _) => self.report.block(finding, &mut self.page),
        }
        self.write()
    }

    fn incident(&mut self, incident: &Incident) -> io::Result<()> {
        self.report.incident(incident, &mut self.page);
        self.write()
    }

    fn finish(&mut self, summary: &Summary) -> io::Result<()> {
        self.report.summary(summary, &mut self.page);
        self.write()?;
        self.writer.flush()
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.flush()
    }

    fn interface(&mut self, file: usize, interface: u32, name: &str) {
        self.report.places.name_interface(file, interface, name);
    }
}
