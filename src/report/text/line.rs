//! One line for a connection: sign, code, who, how long, between whom, the reason given.

use super::Report;
use super::page::{Page, Span, span};
use super::style::{Style, symbol};
use super::words::{network, quoted, time_of_day};
use crate::diagnosis::Finding;
use crate::record::Side;
use crate::report::facts;

impl Report<'_> {
    pub(super) fn line(&self, finding: &Finding, page: &mut Page) {
        let severity = finding.diagnosis.severity;
        let mut spans = vec![span(symbol(severity)).style(Style::Severity(severity)), span(" ")];
        spans.push(span(self.headline(finding)).style(Style::Bold));
        for part in self.line_parts(finding) {
            spans.extend([span(" · ").style(Style::Dim), span(part)]);
        }
        page.line(&spans);
    }

    /// `1006 Abnormal Closure`, or where there is no code the state.
    pub(super) fn headline(&self, finding: &Finding) -> String {
        match finding.ending.code {
            Some(code) => self.words.code(code),
            None => self.words.report(finding.ending.state.id()),
        }
    }

    fn line_parts(&self, finding: &Finding) -> Vec<String> {
        let (record, words) = (&finding.record, &self.words);
        let cause = finding.diagnosis.cause;
        let mut parts = vec![cause.id().to_owned()];
        if let Some(seconds) = facts::duration_s(finding) {
            let by = words.label(finding.diagnosis.ended_by.id());
            parts.push(format!("{by}, {}", words.seconds(seconds)));
        }
        parts.push(time_of_day(finding.ending.closed.map_or(record.first.at, |mark| mark.at)));
        parts.push(self.ends(finding));
        parts.extend(facts::decided_by(&finding.ending).and_then(|frame| frame.reason.as_deref()).map(quoted));
        parts
    }

    /// `10.0.0.9:50000 → 10.0.0.1:80 ws.example.com/chat`.
    pub(super) fn ends(&self, finding: &Finding) -> String {
        let record = &finding.record;
        let (client, server) = (record.endpoint(Side::Client), record.endpoint(Side::Server));
        match resource(finding) {
            Some(resource) => format!("{client} → {server} {resource}"),
            None => format!("{client} → {server}"),
        }
    }
}

/// Host and path as the client asked for them.
pub(super) fn resource(finding: &Finding) -> Option<String> {
    let asked = finding.record.handshake.asked.as_ref()?;
    let host = asked.host.as_deref().map(network).unwrap_or_default();
    Some(format!("{host}{}", network(&asked.target)))
}

/// Pieces with dim dots between them.
pub(super) fn dotted(parts: Vec<String>) -> Vec<Span> {
    let mut spans = Vec::with_capacity(parts.len() * 2);
    for part in parts {
        if !spans.is_empty() {
            spans.push(span(" · ").style(Style::Dim));
        }
        spans.push(span(part));
    }
    spans
}
