//! The end of the report: how many of what, and what limited the view.

use std::collections::BTreeMap;

use super::Report;
use super::line::dotted;
use super::page::{Page, columns, span};
use super::style::Style;
use super::words::date_and_time;
use crate::catalogue::{EndedBy, Severity, Value};
use crate::report::{Detail, Summary};

/// Rows of a table that are shown unless all are asked for.
const ROWS: usize = 10;

impl Report<'_> {
    pub(super) fn summary(&self, summary: &Summary, page: &mut Page) {
        page.blank();
        page.headline(&[span(self.words.report("summary")).style(Style::Bold)]);
        page.paragraph(&dotted(self.totals(summary)));
        self.table("by-code", self.codes(summary), page);
        self.table("by-cause", self.causes(summary), page);
        let by = summary.by_ended_by().into_iter().map(|(by, count)| (count, self.words.label(by.id()))).collect();
        self.table("by-ended-by", by, page);
        let by_server = summary.by_server();
        if by_server.len() > 1 {
            let mut servers = counted(&by_server, |server| server.to_string());
            if summary.other_servers > 0 {
                servers.push((summary.other_servers, self.words.report("others")));
            }
            self.table("by-server", servers, page);
        }
        page.field(&self.words.report("capture"), &dotted(self.extent(summary)));
        self.limits(summary, page);
        self.more(summary, page);
    }

    fn totals(&self, summary: &Summary) -> Vec<String> {
        let mut parts = vec![self.count("connections", summary.connections)];
        let severities = summary.by_severity().into_iter().rev();
        parts.extend(severities.map(|(severity, count)| format!("{count} {}", self.words.report(severity.id()))));
        if summary.incidents > 0 {
            parts.push(self.count("incidents", summary.incidents));
        }
        parts
    }

    /// What was read to come to this.
    fn extent(&self, summary: &Summary) -> Vec<String> {
        let capture = &summary.capture;
        let mut parts = vec![
            self.count("packets", capture.packets),
            self.words.bytes(capture.bytes),
            self.count("flows", capture.flows),
            self.count("files", capture.files),
        ];
        if let (Some(first), Some(last)) = (capture.first_at, capture.last_at) {
            parts.push(format!("{} → {} UTC", date_and_time(first), date_and_time(last)));
        }
        parts
    }

    fn count(&self, id: &str, count: u64) -> String {
        self.words.sentence("summary", id, &[("count", Value::Count(count))])
    }

    fn codes(&self, summary: &Summary) -> Vec<(u64, String)> {
        counted(&summary.by_code(), |code| match code {
            Some(code) => self.words.code(code),
            None => self.words.report("no-code"),
        })
    }

    fn causes(&self, summary: &Summary) -> Vec<(u64, String)> {
        counted(&summary.by_cause(), |cause| format!("{} · {}", cause.id(), self.words.title(cause)))
    }

    fn table(&self, label: &str, mut rows: Vec<(u64, String)>, page: &mut Page) {
        // Stable: equal counts stay in order of their names.
        rows.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let shown = if self.detail == Detail::Verbose { rows.len() } else { ROWS };
        let width = rows.first().map_or(1, |(count, _)| columns(&count.to_string()));
        let mut label = self.words.report(label);
        for (count, name) in rows.iter().take(shown) {
            page.item(&label, &format!("{count:>width$}  "), &[span(name.as_str())]);
            label.clear();
        }
        if rows.len() > shown {
            let more = Value::Count((rows.len() - shown) as u64);
            page.field("", &[span(self.words.sentence("verdict", "more", &[("count", more)])).style(Style::Dim)]);
        }
    }

    /// Where there is more to read about what went wrong most.
    fn more(&self, summary: &Summary, page: &mut Page) {
        let wrong =
            summary.by_cause().into_iter().filter(|(cause, _)| cause.severity(EndedBy::Unknown) > Severity::Notice);
        if let Some((cause, _)) = wrong.max_by_key(|(_, count)| *count) {
            let command = format!("wsclose-sniff explain {}", cause.id());
            page.field(&self.words.report("more"), &[span(command).whole()]);
        }
    }

    /// What the reader must know before believing the rest.
    fn limits(&self, summary: &Summary, page: &mut Page) {
        let capture = &summary.capture;
        let counts = [
            ("packets-dropped", Value::Count(capture.packets_dropped)),
            ("snaplen-cut", Value::Count(capture.snaplen_cut)),
            ("missing-bytes", Value::Bytes(summary.missing_bytes)),
            ("flows-evicted", Value::Count(capture.flows_evicted)),
            ("tls-without-keys", Value::Count(capture.tls_without_keys)),
            ("truncated-files", Value::Count(capture.truncated_files)),
            ("clock-steps", Value::Count(capture.clock_steps)),
        ];
        let reached = counts.into_iter().filter(|(_, count)| !matches!(count, Value::Count(0) | Value::Bytes(0)));
        let mut items: Vec<_> =
            reached.map(|(id, count)| self.words.sentence("limit", id, &[("count", count)])).collect();
        if items.is_empty() {
            items.push(self.words.sentence("limit", "none", &[]));
        }
        let mut label = self.words.report("limited-by");
        for item in items {
            page.field(&label, &[span(item)]);
            label.clear();
        }
    }
}

fn counted<K: Copy>(counts: &BTreeMap<K, u64>, name: impl Fn(K) -> String) -> Vec<(u64, String)> {
    counts.iter().map(|(key, count)| (*count, name(*key))).collect()
}
