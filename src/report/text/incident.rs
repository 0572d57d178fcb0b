//! The block of an incident: what many endings have in common.

use super::Report;
use super::line::dotted;
use super::page::{Page, Span, span};
use super::style::Style;
use super::words::{date_and_time, time_of_day};
use crate::catalogue::{EndedBy, Severity, Value};
use crate::diagnosis::{Evidence, Incident};

impl Report<'_> {
    pub(super) fn incident(&self, incident: &Incident, page: &mut Page) {
        let words = &self.words;
        let severity = incident.cause.map_or(Severity::Warning, |cause| cause.severity(EndedBy::Unknown));
        page.blank();
        let headline = format!("◆ {}", words.report(incident.kind.id()));
        page.headline(&[span(headline).style(Style::Severity(severity))]);
        page.paragraph(&[span(words.said("incident", &incident.summary))]);
        page.field(&words.report("incident"), &dotted(self.whose(incident)));
        self.list("evidence", incident.evidence.iter().map(|evidence| self.shown(evidence)).collect(), page);
        if let Some(cause) = incident.cause {
            self.fix_lists(cause, &incident.fixes, page);
        }
        page.blank();
    }

    fn whose(&self, incident: &Incident) -> Vec<String> {
        let (started, ended) = (date_and_time(incident.started_at), time_of_day(incident.ended_at));
        let count = incident.connections.len() as u64;
        let mut parts = vec![
            format!("{started} → {ended} UTC"),
            self.words.sentence("summary", "connections", &[("count", Value::Count(count))]),
        ];
        parts.extend(incident.server.map(|server| server.to_string()));
        parts.extend(incident.cause.map(|cause| cause.id().to_owned()));
        parts
    }

    fn shown(&self, evidence: &Evidence) -> Vec<Span> {
        let mut spans = vec![span(self.words.said("evidence", &evidence.said))];
        if let Some(packet) = evidence.packet {
            let file = self.places.file_of_many(packet).map(|file| format!("{file} ")).unwrap_or_default();
            spans.push(span(format!(" {file}#{}", packet.number())).style(Style::Dim));
        }
        spans
    }
}
