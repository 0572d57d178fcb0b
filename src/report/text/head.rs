//! The head of a block: the verdict in three lines, then which connection it is about.

use super::Report;
use super::line::dotted;
use super::page::{Page, span};
use super::style::{Style, symbol};
use super::words::{date_and_time, network, time_of_day};
use crate::catalogue::Value;
use crate::diagnosis::{Finding, NamedCode};
use crate::event::Via;
use crate::record::HandshakeState;
use crate::report::{Detail, facts};

impl Report<'_> {
    /// Sign, code and cause; how sure, whose act; what that means.
    pub(super) fn verdict(&self, finding: &Finding, page: &mut Page) {
        let (words, diagnosis) = (&self.words, &finding.diagnosis);
        let title = format!("{}: {}", self.headline(finding), words.title(diagnosis.cause));
        let style = Style::Severity(diagnosis.severity);
        page.headline(&[span(symbol(diagnosis.severity)).style(style), span(" "), span(title).style(style)]);
        page.paragraph(&dotted(self.certainty(finding)));
        let explanation = words.cause(diagnosis.cause).explanation.as_str();
        let told = self.told.knows(diagnosis.cause) && self.detail != Detail::Verbose;
        if !explanation.is_empty() && !told {
            page.paragraph(&[span(explanation)]);
        }
        if let Some(named) = &diagnosis.vocabulary {
            page.paragraph(&[span(self.vocabulary(named))]);
        }
    }

    /// What the code means in the protocol that is spoken, and how that is known.
    fn vocabulary(&self, named: &NamedCode) -> String {
        let clue =
            |(kind, value): &(&str, String)| self.words.sentence("clue", kind, &[("value", value.as_str().into())]);
        let clues: Vec<String> = named.clues.iter().map(clue).collect();
        let texts = [&named.code_name, &named.meaning, &named.fix].into_iter().flatten();
        let said: Vec<_> = texts.filter(|text| !text.is_empty()).map(|text| network(text)).collect();
        format!("{} ({}): {}", network(&named.vocabulary), clues.join("; "), said.join(" — "))
    }

    fn certainty(&self, finding: &Finding) -> Vec<String> {
        let (words, diagnosis) = (&self.words, &finding.diagnosis);
        let handshake = &finding.record.handshake;
        let refusal = handshake.answered.as_ref().filter(|_| handshake.state == HandshakeState::Refused);
        let inferred = finding.ending.inferred.then(|| words.report("inferred"));
        let mut parts = vec![
            format!("{} ({})", diagnosis.cause.id(), words.report(diagnosis.confidence.id())),
            words.sentence("verdict", "ended-by", &[("by", Value::Label(diagnosis.ended_by.id()))]),
        ];
        parts.extend(refusal.map(|answered| format!("HTTP {}", answered.status)));
        parts.extend(inferred);
        parts
    }

    pub(super) fn connection(&self, finding: &Finding, page: &mut Page) {
        page.field(&self.words.report("connection"), &[span(self.ends(finding))]);
        for via in &finding.record.via {
            page.field("", &[span(told_via(via))]);
        }
        page.field("", &dotted(self.when(finding)));
        page.field("", &dotted(self.whereabouts(finding)));
    }

    fn when(&self, finding: &Finding) -> Vec<String> {
        let opened = date_and_time(finding.record.first.at);
        let times = match finding.ending.closed {
            Some(closed) => format!("{opened} → {} UTC", time_of_day(closed.at)),
            None => format!("{opened} UTC"),
        };
        let duration = facts::duration_s(finding).map(|seconds| self.words.seconds(seconds));
        [Some(times), duration].into_iter().flatten().collect()
    }

    /// What runs over what, and where it was seen.
    fn whereabouts(&self, finding: &Finding) -> Vec<String> {
        let (record, places) = (&finding.record, &self.places);
        let home = record.first.packet;
        let subprotocol = facts::agreed(record).and_then(|answered| answered.subprotocol.as_deref());
        let parts = [
            Some(facts::transport(record).to_owned()),
            subprotocol.map(|name| network(name).into_owned()),
            finding.leg.map(|leg| self.words.report(leg.role.id())),
            places.point(record.key.point).map(str::to_owned),
            places.file(home).map(str::to_owned),
            places.interface(home, record.interface).map(str::to_owned),
            places.tcp_streams.then(|| format!("tcp.stream {}", record.tcp_stream)),
        ];
        parts.into_iter().flatten().collect()
    }
}

/// `proxy-protocol 203.0.113.9:1234 → 10.0.0.1:443`.
fn told_via(via: &Via) -> String {
    let ends = [via.client.as_deref(), via.target.as_deref().map(|_| "→"), via.target.as_deref()];
    let words = [Some(via.kind)].into_iter().chain(ends).flatten();
    words.map(|word| network(word).into_owned()).collect::<Vec<_>>().join(" ")
}
