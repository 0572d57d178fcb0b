//! One line for a connection: sign, code, who, how long, between whom, the reason given.

use super::Report;
use super::page::{Page, Span, span};
use super::style::{Style, symbol};
use super::words::{network, quoted, time_of_day};
use crate::catalogue::{Cause, Value};
use crate::diagnosis::Finding;
use crate::record::Side;
use crate::report::facts;

impl Report<'_> {
    pub(super) fn line(&self, finding: &Finding, page: &mut Page) {
        let severity = finding.diagnosis.severity;
        let at = finding.ending.closed.map_or(finding.record.first.at, |mark| mark.at);
        let mut spans = vec![
            span(symbol(severity)).style(Style::Severity(severity)),
            span(format!(" {} ", time_of_day(at))).style(Style::Dim),
            span(self.headline(finding)).style(Style::Bold),
            span(" · ").style(Style::Dim),
        ];
        spans.extend(dotted(self.line_parts(finding)));
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
        let (cause, ending) = (finding.diagnosis.cause, &finding.ending);
        let says_more = cause != Cause::StillOpen && !self.words.says_the_same(ending.code, cause);
        let reason = facts::decided_by(ending).and_then(|frame| frame.reason.as_deref());
        let parts = [
            says_more.then(|| cause.id().to_owned()),
            Some(self.who_and_when(finding)),
            Some(self.ends(finding)),
            reason.filter(|reason| !reason.is_empty()).map(quoted),
        ];
        parts.into_iter().flatten().collect()
    }

    /// `by client after 61.0 s`, or for how long it has been open.
    fn who_and_when(&self, finding: &Finding) -> String {
        let record = &finding.record;
        let (id, seconds) = match facts::duration_s(finding) {
            Some(seconds) => ("by-after", seconds),
            None => ("open-for", record.last.at.seconds_since(record.first.at)),
        };
        let by = ("by", Value::Label(finding.diagnosis.ended_by.id()));
        self.words.sentence("verdict", id, &[by, ("duration", self.words.seconds(seconds).into())])
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

/// Host and path as the client asked for them; the path alone where the host is the server's address again.
fn resource(finding: &Finding) -> Option<String> {
    let (record, asked) = (&finding.record, finding.record.handshake.asked.as_ref()?);
    let server = record.endpoint(Side::Server);
    let host = asked.host.as_deref().filter(|host| *host != server.to_string() && *host != server.ip().to_string());
    Some(format!("{}{}", network(host.unwrap_or_default()), network(&asked.target)))
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
