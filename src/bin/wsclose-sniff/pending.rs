//! Stands where the analyzer and the reports will be, and does nothing.
//!
//! Has their shape, so that `run` is the loop it is going to be. To be removed with the first real report.

use std::convert::Infallible;
use std::io;

use wsclose_sniff::packet::Item;

use crate::args::Severity;
use crate::plan::{Output, WebsocketServer};

/// No finding can exist yet.
pub struct Finding(Infallible);

impl Finding {
    pub fn severity(&self) -> Severity {
        match self.0 {}
    }
}

pub struct Analyzer;

impl Analyzer {
    pub fn new(_: Vec<WebsocketServer>) -> Self {
        Self
    }

    pub fn take(&mut self, _: Item<'_>) {}

    pub fn next_finding(&mut self) -> Option<Finding> {
        None
    }

    pub fn finish(&mut self) {}
}

pub struct Sinks(Vec<Output>);

impl Sinks {
    pub fn new(outputs: Vec<Output>) -> Self {
        Self(outputs)
    }

    pub fn finding(&mut self, finding: &Finding) -> io::Result<()> {
        match finding.0 {}
    }

    /// Only flushes: there is nothing to report.
    pub fn finish(&mut self) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|output| output.writer.flush())
    }
}
