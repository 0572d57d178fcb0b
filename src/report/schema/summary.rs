//! The whole in numbers, and what limited the view.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::ser::Serializer;

use super::values::Text;
use crate::catalogue::{Cause, EndedBy, Severity};
use crate::report::Summary;
use crate::time::Timestamp;

/// The summary. Counts are objects from name to number.
#[derive(Serialize)]
pub struct SummaryView {
    /// `summary`.
    #[serde(rename = "type")]
    pub kind_of_object: &'static str,
    /// `wsclose-sniff/1`, where the object stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<&'static str>,
    /// Packets read.
    pub packets: u64,
    /// Bytes read.
    pub bytes: u64,
    /// Inputs read.
    pub files: u64,
    /// Time of the first packet.
    pub first_at: Option<Text<Timestamp>>,
    /// Time of the last packet.
    pub last_at: Option<Text<Timestamp>>,
    /// TCP connections seen.
    pub flows: u64,
    /// WebSocket connections and attempts at one.
    pub connections: u64,
    /// By code; `none` for connections without one.
    pub by_code: Counts,
    /// By cause id.
    pub by_cause: Counts,
    /// By `ended_by`.
    pub by_ended_by: Counts,
    /// By severity.
    pub by_severity: Counts,
    /// By `ip:port`; `other` for servers beyond a limit.
    pub by_server: Counts,
    /// Incidents.
    pub incidents: u64,
    /// What limited the view; all 0 where nothing did.
    pub limited_by: LimitedByView,
}

/// Numbers by name, in order.
pub struct Counts(pub Vec<(String, u64)>);

/// What limited the view.
#[derive(Serialize)]
pub struct LimitedByView {
    /// Packets that the capture says it lost.
    pub packets_dropped: u64,
    /// Packets that hold fewer bytes than the wire had.
    pub snaplen_cut: u64,
    /// Payload bytes of WebSocket connections that the capture lacks.
    pub missing_bytes: u64,
    /// Connections let go because of a limit of this program.
    pub flows_evicted: u64,
    /// TLS connections that no key was known for.
    pub tls_without_keys: u64,
    /// Inputs that end inside a packet.
    pub truncated_files: u64,
    /// Times that the capture's clock jumped.
    pub clock_steps: u64,
}

impl SummaryView {
    pub(in crate::report) fn new(summary: &Summary, schema: Option<&'static str>) -> Self {
        let capture = &summary.capture;
        Self {
            kind_of_object: "summary",
            schema,
            packets: capture.packets,
            bytes: capture.bytes,
            files: capture.files,
            first_at: capture.first_at.map(Text),
            last_at: capture.last_at.map(Text),
            flows: capture.flows,
            connections: summary.connections,
            by_code: Counts::of(&summary.by_code, |code| code.map_or("none".to_owned(), |code| code.0.to_string())),
            by_cause: Counts::of(&summary.by_cause, |cause: Cause| cause.id().to_owned()),
            by_ended_by: Counts::of(&summary.by_ended_by, |by: EndedBy| by.id().to_owned()),
            by_severity: Counts::of(&summary.by_severity, |severity: Severity| severity.id().to_owned()),
            by_server: servers(summary),
            incidents: summary.incidents,
            limited_by: LimitedByView::new(summary),
        }
    }
}

impl LimitedByView {
    fn new(summary: &Summary) -> Self {
        let capture = &summary.capture;
        Self {
            packets_dropped: capture.packets_dropped,
            snaplen_cut: capture.snaplen_cut,
            missing_bytes: summary.missing_bytes,
            flows_evicted: capture.flows_evicted,
            tls_without_keys: capture.tls_without_keys,
            truncated_files: capture.truncated_files,
            clock_steps: capture.clock_steps,
        }
    }
}

fn servers(summary: &Summary) -> Counts {
    let mut counts = Counts::of(&summary.by_server, |server| server.to_string());
    if summary.other_servers > 0 {
        counts.0.push(("other".to_owned(), summary.other_servers));
    }
    counts
}

impl Counts {
    fn of<K: Copy>(counts: &BTreeMap<K, u64>, name: impl Fn(K) -> String) -> Self {
        Self(counts.iter().map(|(key, count)| (name(*key), *count)).collect())
    }
}

impl Serialize for Counts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, count)| (name, count)))
    }
}
