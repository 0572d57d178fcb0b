//! The end of the report: how many of what, and what limited the view.

use std::collections::BTreeMap;

use super::Report;
use super::line::dotted;
use super::page::{Page, columns, pad, span};
use super::style::Style;
use super::words::{date_and_time, time_of_day};
use crate::catalogue::Value;
use crate::report::{Detail, Summary};

/// Rows of a table that are shown unless all are asked for.
const ROWS: usize = 10;

impl Report<'_> {
    pub(super) fn summary(&self, summary: &Summary, page: &mut Page) {
        page.blank();
        page.paragraph(0, &[span(self.words.report("summary")).style(Style::Bold)]);
        page.indented(&dotted(self.totals(summary)));
        self.table("by-code", self.codes(summary), page);
        self.table("by-cause", self.causes(summary), page);
        let by = summary.by_ended_by.iter().map(|(by, count)| (*count, self.words.label(by.id()))).collect();
        self.table("by-ended-by", by, page);
        if summary.by_server.len() > 1 {
            let mut servers = counted(&summary.by_server, |server| server.to_string());
            if summary.other_servers > 0 {
                servers.push((summary.other_servers, self.words.report("others")));
            }
            self.table("by-server", servers, page);
        }
        self.limits(summary, page);
    }

    fn totals(&self, summary: &Summary) -> Vec<String> {
        let (capture, words) = (&summary.capture, &self.words);
        let count = |id, count| words.sentence("summary", id, &[("count", Value::Count(count))]);
        let mut parts = vec![count("connections", summary.connections)];
        if summary.incidents > 0 {
            parts.push(count("incidents", summary.incidents));
        }
        parts.push(count("flows", capture.flows));
        parts.push(count("packets", capture.packets));
        parts.push(words.bytes(capture.bytes));
        if capture.files > 1 {
            parts.push(count("files", capture.files));
        }
        if let (Some(first), Some(last)) = (capture.first_at, capture.last_at) {
            parts.push(format!("{} → {} UTC", date_and_time(first), time_of_day(last)));
        }
        parts
    }

    fn codes(&self, summary: &Summary) -> Vec<(u64, String)> {
        counted(&summary.by_code, |code| match code {
            Some(code) => self.words.code(code),
            None => self.words.report("no-code"),
        })
    }

    fn causes(&self, summary: &Summary) -> Vec<(u64, String)> {
        counted(&summary.by_cause, |cause| format!("{} · {}", cause.id(), self.words.title(cause)))
    }

    fn table(&self, label: &str, mut rows: Vec<(u64, String)>, page: &mut Page) {
        // Stable: equal counts stay in order of their names.
        rows.sort_by_key(|(count, _)| std::cmp::Reverse(*count));
        let shown = if self.detail == Detail::Verbose { rows.len() } else { ROWS };
        let width = rows.first().map_or(1, |(count, _)| columns(&count.to_string()));
        let mut label = self.words.report(label);
        for (count, name) in rows.iter().take(shown) {
            page.hanging(&label, &pad(&format!("{count:>width$}"), width + 2), width + 2, &[span(name.as_str())]);
            label.clear();
        }
        if rows.len() > shown {
            let more = Value::Count((rows.len() - shown) as u64);
            page.field("", &[span(self.words.sentence("verdict", "more", &[("count", more)])).style(Style::Dim)]);
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
