//! The whole in numbers, and what limited the view.

use std::collections::BTreeMap;

use crate::report::Summary;
use crate::report::encode::{Encode, Encoded, Map, Word, object};

/// The summary. Counts are objects from name to number.
pub(in crate::report) struct SummaryView<'a> {
    pub summary: &'a Summary,
    pub schema: Option<&'static str>,
}

impl Encode for SummaryView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { summary, schema } = self;
        let capture = &summary.capture;
        object!(json, {
            // `summary`.
            type: Word("summary"),
            // `wsclose-sniff/1`, where the object stands alone.
            schema?: schema.map(Word),
            // Packets read.
            packets: capture.packets,
            // Bytes read.
            bytes: capture.bytes,
            // Inputs read.
            files: capture.files,
            // Time of the first packet.
            first_at: capture.first_at,
            // Time of the last packet.
            last_at: capture.last_at,
            // TCP connections seen.
            flows: capture.flows,
            // WebSocket connections and attempts at one.
            connections: summary.connections,
            // By code; `none` for connections without one.
            by_code: counts(&summary.by_code(), |code| code.map_or("none".to_owned(), |code| code.0.to_string())),
            // By cause id.
            by_cause: counts(&summary.by_cause(), |cause| cause.id().to_owned()),
            // By `ended_by`.
            by_ended_by: counts(&summary.by_ended_by(), |by| by.id().to_owned()),
            // By severity.
            by_severity: counts(&summary.by_severity(), |severity| severity.id().to_owned()),
            // By `ip:port`; `other` for servers beyond a limit.
            by_server: servers(summary),
            // Incidents.
            incidents: summary.incidents,
            // What limited the view; all 0 where nothing did.
            limited_by: LimitedBy(summary),
        });
    }
}

/// What limited the view.
struct LimitedBy<'a>(&'a Summary);

impl Encode for LimitedBy<'_> {
    fn encode(self, json: &mut Encoded) {
        let (summary, capture) = (self.0, &self.0.capture);
        object!(json, {
            // Packets that the capture says it lost.
            packets_dropped: capture.packets_dropped,
            // Packets that hold fewer bytes than the wire had.
            snaplen_cut: capture.snaplen_cut,
            // Payload bytes of WebSocket connections that the capture lacks.
            missing_bytes: summary.missing_bytes,
            // Connections let go because of a limit of this program.
            flows_evicted: capture.flows_evicted,
            // TLS connections that no key was known for.
            tls_without_keys: capture.tls_without_keys,
            // Inputs that end inside a packet.
            truncated_files: capture.truncated_files,
            // Times that the capture's clock jumped.
            clock_steps: capture.clock_steps,
        });
    }
}

fn counts<K: Copy>(counts: &BTreeMap<K, u64>, name: impl Fn(K) -> String) -> impl Encode {
    Map(counts.iter().map(move |(key, count)| (name(*key), *count)))
}

fn servers(summary: &Summary) -> impl Encode {
    let named = summary.by_server().into_iter().map(|(server, count)| (server.to_string(), count));
    let others = ("other".to_owned(), summary.other_servers);
    Map(named.chain(Some(others).filter(|(_, count)| *count > 0)))
}
