//! What only the full report shows: the handshake's headers, the counters, how it was kept alive.

use super::Report;
use super::line::dotted;
use super::page::{Page, span};
use super::words::network;
use crate::catalogue::Value;
use crate::diagnosis::Finding;
use crate::record::{Side, SideRecord};
use crate::report::facts;

impl Report<'_> {
    pub(super) fn handshake(&self, finding: &Finding, page: &mut Page) {
        let record = &finding.record;
        let (asked, agreed) = (record.handshake.asked.as_ref(), facts::agreed(record));
        let answered = record.handshake.answered.as_ref();
        let headers = [
            ("Origin", asked.and_then(|asked| asked.origin.as_deref())),
            ("User-Agent", asked.and_then(|asked| asked.user_agent.as_deref())),
            ("Forwarded", asked.and_then(|asked| asked.forwarded_for())),
            ("Request-Id", facts::request_id(record)),
            ("Server", answered.and_then(|answered| answered.server.as_deref())),
            ("Via", answered.and_then(|answered| answered.via.as_deref())),
            ("Extensions", agreed.and_then(|answered| answered.extensions.as_deref())),
        ];
        let state = vec![span(self.words.report(record.handshake.state.id()))];
        let known = headers.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let items = known.map(|(name, value)| vec![span(format!("{name}: {}", network(value)))]);
        self.list("handshake", std::iter::once(state).chain(items).collect(), page);
    }

    pub(super) fn traffic(&self, finding: &Finding, page: &mut Page) {
        let mut label = self.words.report("traffic");
        for side in Side::BOTH {
            let mut parts = vec![self.words.label(side.id())];
            parts.extend(self.counters(finding.record.side(side)));
            page.field(&label, &dotted(parts));
            label.clear();
        }
        self.keepalive(finding, page);
    }

    /// How to make sure. Commands stand between fences and are never broken.
    pub(super) fn confirm(&self, finding: &Finding, page: &mut Page) {
        let mut label = self.words.report("confirm");
        let mut command = false;
        for line in self.words.cause(finding.diagnosis.cause).confirm.lines() {
            match line.trim() {
                "" => {}
                fence if fence.starts_with("```") => command = !command,
                text => {
                    page.field(&label, &[if command { span(text).whole() } else { span(text) }]);
                    label.clear();
                }
            }
        }
    }

    fn counters(&self, side: &SideRecord) -> Vec<String> {
        let counts = [
            ("frames", Value::Count(side.frames)),
            ("messages", Value::Count(side.messages)),
            ("payload", Value::Bytes(side.payload_bytes)),
            ("pings", Value::Count(side.pings.sent().into())),
            ("pongs", Value::Count(side.pongs)),
            ("retransmissions", Value::Count(side.tcp.retransmissions.into())),
            ("zero-windows", Value::Count(side.tcp.zero_windows.into())),
            ("missing", Value::Bytes(side.tcp.missing_bytes)),
        ];
        let seen = counts.into_iter().filter(|(_, count)| !matches!(count, Value::Count(0) | Value::Bytes(0)));
        seen.map(|(id, count)| self.words.sentence("traffic", id, &[("count", count)])).collect()
    }

    fn keepalive(&self, finding: &Finding, page: &mut Page) {
        let Some(keepalive) = &finding.diagnosis.keepalive else { return };
        let (client, server) = keepalive.longest_silence_s;
        let seconds = |id, seconds| self.words.sentence("keepalive", id, &[("seconds", Value::Seconds(seconds))]);
        let silence = [("client", Value::Seconds(client)), ("server", Value::Seconds(server))];
        let parts = [
            keepalive.ping_period_s.map(|period| seconds("period", period)),
            Some(self.words.sentence("keepalive", "silence", &silence)),
            keepalive.suffices_for_s.map(|limit| seconds("suffices", limit)),
            keepalive.recommended_s.map(|interval| seconds("recommended", interval)),
        ];
        page.field(&self.words.report("keepalive"), &dotted(parts.into_iter().flatten().collect()));
    }
}
