//! The block of one connection: verdict first, then what was seen, then what to do.

use super::Report;
use super::page::{Page, Span, span};
use super::style::Style;
use crate::catalogue::Value;
use crate::diagnosis::{Confidence, Finding};
use crate::packet::PacketRef;
use crate::record::{Problem, Record, Side};
use crate::report::Detail;
use crate::report::schema::{Filter, problem_params, violation_params};

/// Before each item of a list.
pub(super) const BULLET: &str = "• ";
/// Lines of a list that are shown unless all are asked for.
const SHOWN: usize = 4;

impl Report<'_> {
    pub(super) fn block(&mut self, finding: &Finding, page: &mut Page) {
        page.blank();
        self.verdict(finding, page);
        self.connection(finding, page);
        self.story(finding, page);
        self.evidence(finding, page);
        self.violations(finding, page);
        self.apis(finding, page);
        self.advice(finding, page);
        if self.detail == Detail::Verbose {
            self.handshake(finding, page);
            self.traffic(finding, page);
            self.confirm(finding, page);
        }
        let record = &finding.record;
        let (client, server) = (record.endpoint(Side::Client).text(), record.endpoint(Side::Server).text());
        let filter = Filter::new(record, &client, &server, self.places.file(record.first.packet).is_some());
        page.field(&self.words.report("wireshark"), &[span(filter.to_string()).whole()]);
        page.blank();
    }

    fn evidence(&self, finding: &Finding, page: &mut Page) {
        let evidence = &finding.diagnosis.evidence;
        let items = evidence.iter().map(|evidence| {
            let mut spans = vec![span(self.words.said("evidence", &evidence.said))];
            spans.extend(evidence.packet.map(|packet| self.packet(packet, finding)));
            spans
        });
        self.list("evidence", items.collect(), page);
    }

    fn violations(&self, finding: &Finding, page: &mut Page) {
        let record = &finding.record;
        let problems = shown_problems(record, self.detail).map(|problem| {
            let text = self.words.sentence("problem", &[problem.id, ".text"].concat(), &problem_params(problem));
            self.rule(text, self.words.rfc("problem", problem.id), None)
        });
        let breaches = record.breaches.iter().map(|seen| {
            let id = seen.breach.id();
            let text = self.words.sentence("violation", &[id, ".text"].concat(), &violation_params(seen, record));
            self.rule(text, self.words.rfc("violation", id), Some(self.packet(seen.mark.packet, finding)))
        });
        self.list("violations", problems.chain(breaches).collect(), page);
    }

    fn rule(&self, text: String, rfc: Option<String>, packet: Option<Span>) -> Vec<Span> {
        let rfc = rfc.map(|rfc| span(format!(" ({rfc})")));
        [Some(span(text)), rfc, packet].into_iter().flatten().collect()
    }

    /// What else it may be and how to decide; only where that is a question.
    pub(super) fn undecided(&self, finding: &Finding, page: &mut Page) {
        let diagnosis = &finding.diagnosis;
        if diagnosis.confidence == Confidence::Certain && self.detail != Detail::Verbose {
            return;
        }
        let others = diagnosis.alternatives.iter().map(|other| {
            let sure = self.words.report(other.confidence.id());
            let why_not = self.words.said("why_not", &other.why_not);
            vec![span(format!("{} ({sure}): {why_not}", self.words.title(other.cause)))]
        });
        self.list("other", others.collect(), page);
        let next = diagnosis.next_steps.iter().map(|step| vec![span(self.words.said("next", step))]);
        self.list("next", next.collect(), page);
    }

    /// A field with one item a line; beyond some of them, how many more.
    pub(super) fn list(&self, label: &str, items: Vec<Vec<Span>>, page: &mut Page) {
        let shown = if self.detail == Detail::Verbose { items.len() } else { SHOWN };
        let more = items.len().saturating_sub(shown);
        let mut label = self.words.report(label);
        for item in items.iter().take(shown) {
            page.item(&label, BULLET, item);
            label.clear();
        }
        if more > 0 {
            let text = self.words.sentence("verdict", "more", &[("count", Value::Count(more as u64))]);
            page.field("", &[span(text).style(Style::Dim)]);
        }
    }

    /// ` #120`, with the file where it is another than the connection's.
    pub(super) fn packet(&self, packet: PacketRef, finding: &Finding) -> Span {
        let other = self.places.other_file(packet, finding.record.first.packet);
        let file = other.map(|file| format!("{file} ")).unwrap_or_default();
        span(format!(" {file}#{}", packet.number())).style(Style::Dim)
    }
}

/// What made the client reject the answer; the rest is for those who ask for all.
fn shown_problems(record: &Record, detail: Detail) -> impl Iterator<Item = &Problem> {
    record.handshake.odd.problems.iter().filter(move |problem| problem.fatal || detail == Detail::Verbose)
}
