//! Findings made by hand, through every form of output.

mod build;
mod contract;
mod hostile;
mod summary;
mod text;

use std::cell::RefCell;
use std::io;
use std::rc::Rc;

use super::{Format, Options, Summary, open};
use crate::catalogue::{Catalogue, Language};
use crate::diagnosis::{Finding, Incident};

/// A report of these findings, then of the incidents, then of the summary.
fn report(format: Format, findings: &[Finding], incidents: &[Incident], change: impl Fn(&mut Options<'_>)) -> String {
    let english = Catalogue::new(Language::English);
    let files = ["capture.pcap".to_owned(), "second.pcap".to_owned()];
    let mut options = Options { files: &files, ..Options::new(&english, &english) };
    change(&mut options);
    let out = Shared::default();
    let mut sink = open(format, Box::new(out.clone()), options);
    let mut summary = Summary::default();
    for finding in findings {
        sink.finding(finding).unwrap();
        summary.finding(finding);
    }
    for incident in incidents {
        sink.incident(incident).unwrap();
        summary.incident(incident);
    }
    sink.finish(&summary).unwrap();
    out.text()
}

/// A writer whose bytes can be read afterwards.
#[derive(Clone, Default)]
struct Shared(Rc<RefCell<Vec<u8>>>);

impl Shared {
    fn text(&self) -> String {
        String::from_utf8(self.0.borrow().clone()).unwrap()
    }
}

impl io::Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A reader that went away, as `head` does.
struct Closed;

impl io::Write for Closed {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::BrokenPipe.into())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_broken_pipe_is_told_as_such() {
    let english = Catalogue::new(Language::English);
    for format in Format::ALL {
        for flush_each in [true, false] {
            let options = Options { flush_each, ..Options::new(&english, &english) };
            let mut sink = open(*format, Box::new(Closed), options);
            let told = sink.finding(&build::idle_timeout()).and_then(|()| sink.finish(&Summary::default()));
            assert_eq!(told.unwrap_err().kind(), io::ErrorKind::BrokenPipe, "{format:?}");
        }
    }
}

#[test]
fn live_lines_go_out_at_once() {
    let english = Catalogue::new(Language::English);
    for (format, flush_each, expected) in [(Format::Ndjson, true, 1), (Format::Ndjson, false, 0)] {
        let out = Shared::default();
        let options = Options { flush_each, ..Options::new(&english, &english) };
        let mut sink = open(format, Box::new(out.clone()), options);
        sink.finding(&build::normal()).unwrap();
        assert_eq!(out.text().lines().count(), expected);
    }
}
