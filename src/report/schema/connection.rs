//! One WebSocket connection, or an attempt at one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;

use super::Context;
use super::cause::CauseView;
use super::ending::{ApiReportView, CloseFrameView, TransportEndView};
use super::flow::{CommunityId, Filter, KeyHash};
use super::handshake::{DetectedView, HandshakeView, ViaView};
use super::tls::TlsView;
use super::traffic::{BySide, KeepaliveView, TrafficView};
use super::values::{Hex, Text};
use super::violation::ViolationView;
use super::vocabulary::VocabularyView;
use crate::catalogue::code_name;
use crate::diagnosis::Finding;
use crate::packet::{Address, Endpoint};
use crate::record::Side;
use crate::report::facts;
use crate::time::Timestamp;

/// A connection. Fields that are not known are absent; `code` and `reason` are null.
#[derive(Serialize)]
pub struct Connection<'a> {
    /// `connection`.
    #[serde(rename = "type")]
    pub kind_of_object: &'static str,
    /// `wsclose-sniff/1`, where the object stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<&'static str>,
    /// Stable: the same in every run over the same packets.
    pub id: Hex,
    /// Who opened it, asked for the upgrade, masks its frames: `ip:port`, `[v6]:port`.
    pub client: Text<Endpoint>,
    /// Who was asked.
    pub server: Text<Endpoint>,
    /// The client's address.
    pub client_ip: Text<Address>,
    /// The client's port.
    pub client_port: u16,
    /// The server's address.
    pub server_ip: Text<Address>,
    /// The server's port.
    pub server_port: u16,
    /// Wrappers stepped over, outermost first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub via: Vec<ViaView<'a>>,
    /// The observation point, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<&'a str>,
    /// The input that holds the first packet; packet numbers are of this file unless one says otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// The capturing interface.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interface: Option<&'a str>,
    /// Who reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensor: Option<&'a str>,
    /// Community ID v1, seed 0.
    pub community_id: CommunityId<'a>,
    /// Wireshark's `tcp.stream`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_stream: Option<u64>,
    /// A display filter to paste into Wireshark.
    pub wireshark_filter: Text<Filter>,
    /// Stream id, where it runs over HTTP/2 (RFC 8441).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub h2_stream: Option<u32>,
    /// `tcp`, `tls`, `h2` or `h2+tls`.
    pub transport: &'static str,
    /// TLS below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tls: Option<TlsView<'a>>,
    /// Why it is taken for a WebSocket.
    pub detected: DetectedView,
    /// Host or :authority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<&'a str>,
    /// Request target, redacted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<&'a str>,
    /// Origin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<&'a str>,
    /// Subprotocol agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subprotocol: Option<&'a str>,
    /// Extensions agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extensions: Option<&'a str>,
    /// User-Agent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user_agent: Option<&'a str>,
    /// The answer's Server header.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_header: Option<&'a str>,
    /// X-Forwarded-For or Forwarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub forwarded_for: Option<&'a str>,
    /// X-Request-Id and its kin.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_id: Option<&'a str>,
    /// W3C traceparent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub traceparent: Option<&'a str>,
    /// A hash of Sec-WebSocket-Key: the same on both legs of a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_hash: Option<KeyHash<'a>>,
    /// The opening handshake.
    pub handshake: HandshakeView<'a>,
    /// `closed`, `closing`, `open`, `lost` or `evicted`.
    pub state: &'static str,
    /// First SYN, else first packet.
    pub opened_at: Text<Timestamp>,
    /// The answer that agreed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Text<Timestamp>>,
    /// The first ending act: Close, FIN, RST or alert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Text<Timestamp>>,
    /// Last FIN or RST.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tcp_ended_at: Option<Text<Timestamp>>,
    /// `closed_at` − `opened_at`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duration_s: Option<f64>,
    /// From each side's last payload byte to the ending act.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_before_close_s: Option<BySide<Option<f64>>>,
    /// The connection's code; null while open or where the capture cannot tell.
    pub code: Option<u16>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code_name: Option<&'static str>,
    /// Text of the frame that gave the code; invalid bytes as U+FFFD.
    pub reason: Option<&'a str>,
    /// The reason's bytes, where they are no UTF-8.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason_base64: Option<String>,
    /// No Close frame carried the code.
    pub inferred: bool,
    /// `complete`, `one-sided`, `none` or `unknown`.
    pub close_handshake: &'static str,
    /// `certain`, `likely` or `possible`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub close_handshake_confidence: Option<&'static str>,
    /// Both Close frames seen (or the missing one explained by a gap), then TCP ended.
    pub clean: bool,
    /// `client`, `server`, `proxy`, `network` or `unknown`: whose act ended it.
    pub ended_by: &'static str,
    /// All Close frames in causal order.
    pub close_frames: Vec<CloseFrameView<'a>>,
    /// The first end of the transport.
    pub transport_end: TransportEndView<'a>,
    /// What the client's API most likely reported.
    pub client_api: ApiReportView<'a>,
    /// What the server's API most likely reported.
    pub server_api: ApiReportView<'a>,
    /// Why it ended.
    pub cause: CauseView<'a>,
    /// `ok`, `notice`, `warning` or `error`.
    pub severity: &'static str,
    /// Rules of the protocol that were broken.
    pub violations: Vec<ViolationView<'a>>,
    /// Violations beyond those listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub violations_more: u32,
    /// The private vocabulary that names the code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub vocabulary: Option<VocabularyView<'a>>,
    /// How well it was kept alive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keepalive: Option<KeepaliveView>,
    /// The other leg, where it runs through a proxy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub leg: Option<LegView>,
    /// What travelled.
    pub traffic: TrafficView,
}

/// The other leg of a proxied connection.
#[derive(Serialize)]
pub struct LegView {
    /// Id of its connection.
    pub of: Hex,
    /// `front` or `back`: which leg this one is.
    pub role: &'static str,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl<'a> Connection<'a> {
    pub(in crate::report) fn new(finding: &'a Finding, context: Context<'a>) -> Self {
        let Finding { id, record, ending, diagnosis, leg } = finding;
        let (client, server) = (record.endpoint(Side::Client), record.endpoint(Side::Server));
        let (asked, answered) = (record.handshake.asked.as_deref(), facts::agreed(record));
        let (places, home) = (context.places, record.first.packet);
        let decided_by = facts::decided_by(ending);
        let time = |at: Option<Timestamp>| at.map(Text);
        Self {
            kind_of_object: "connection",
            schema: context.schema,
            id: Hex(*id),
            client: Text(client),
            server: Text(server),
            client_ip: Text(Address(client.ip())),
            client_port: client.port,
            server_ip: Text(Address(server.ip())),
            server_port: server.port,
            via: record.via.iter().map(ViaView::new).collect(),
            point: places.point(record.key.point),
            file: places.file(home),
            interface: places.interface(home, record.interface),
            sensor: places.sensor,
            community_id: CommunityId(&record.key),
            tcp_stream: places.tcp_streams.then_some(record.tcp_stream),
            wireshark_filter: Text(Filter::new(record, places.file(home).is_some())),
            h2_stream: record.h2_stream,
            transport: facts::transport(record),
            tls: record.tls.as_deref().map(|tls| TlsView::new(tls, record, home, context)),
            detected: DetectedView::new(record.detected),
            host: asked.and_then(|asked| asked.host.as_deref()),
            path: asked.map(|asked| &*asked.target),
            origin: asked.and_then(|asked| asked.origin.as_deref()),
            subprotocol: answered.and_then(|answered| answered.subprotocol.as_deref()),
            extensions: answered.and_then(|answered| answered.extensions.as_deref()),
            user_agent: asked.and_then(|asked| asked.user_agent.as_deref()),
            server_header: record.handshake.answered.as_ref().and_then(|answered| answered.server.as_deref()),
            forwarded_for: asked.and_then(|asked| asked.forwarded_for()),
            request_id: facts::request_id(record),
            traceparent: asked.and_then(|asked| asked.traceparent()),
            key_hash: asked.and_then(|asked| asked.key.as_ref()).map(KeyHash),
            handshake: HandshakeView::new(&record.handshake, context),
            state: ending.state.id(),
            opened_at: Text(record.first.at),
            accepted_at: time(facts::accepted_at(record)),
            closed_at: time(ending.closed.map(|mark| mark.at)),
            tcp_ended_at: time(ending.tcp_ended.map(|mark| mark.at)),
            duration_s: facts::duration_s(finding),
            idle_before_close_s: ending.closed.map(|closed| BySide::new(|side| facts::idle_s(record, side, closed))),
            code: ending.code.map(|code| code.0),
            code_name: ending.code.and_then(|code| code_name(code.0)),
            reason: decided_by.and_then(|frame| frame.reason.as_deref()),
            reason_base64: decided_by.and_then(|frame| frame.reason_bytes.as_ref()).map(|bytes| STANDARD.encode(bytes)),
            inferred: ending.inferred,
            close_handshake: ending.handshake.id(),
            close_handshake_confidence: facts::close_handshake_confidence(ending, record.detected),
            clean: ending.clean,
            ended_by: diagnosis.ended_by.id(),
            close_frames: ending.frames.iter().map(|frame| CloseFrameView::new(frame, home, context)).collect(),
            transport_end: TransportEndView::new(&ending.transport, home, context),
            client_api: ApiReportView::new(&diagnosis.client_api),
            server_api: ApiReportView::new(&diagnosis.server_api),
            cause: CauseView::new(diagnosis, context),
            severity: diagnosis.severity.id(),
            violations: record.breaches.iter().map(|seen| ViolationView::new(seen, record, context)).collect(),
            violations_more: record.breaches_more,
            vocabulary: diagnosis.vocabulary.as_ref().map(|named| VocabularyView::new(named, context)),
            keepalive: diagnosis.keepalive.as_ref().map(KeepaliveView::new),
            leg: leg.map(|leg| LegView { of: Hex(leg.of), role: leg.role.id() }),
            traffic: TrafficView::new(record),
        }
    }
}
