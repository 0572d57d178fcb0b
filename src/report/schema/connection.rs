//! One WebSocket connection, or an attempt at one.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Context;
use super::cause::CauseView;
use super::ending::{ApiJson, CloseFrameView, TransportEndView};
use super::flow::{CommunityId, Filter, KeyHash};
use super::handshake::HandshakeView;
use super::tls::TlsView;
use super::traffic::{BySide, TrafficView};
use super::violation::ViolationView;
use super::vocabulary::VocabularyView;
use crate::catalogue::{EndedBy, code_name};
use crate::diagnosis::{Confidence, Finding, Leg};
use crate::record::{ClosingHandshake, Side};
use crate::report::encode::{Digits, Encode, Encoded, Hex, List, Plain, Word, object};
use crate::report::facts;
use crate::wire::websocket::CloseCode;

/// A connection. Fields that are not known are absent; `code` and `reason` are null.
pub(in crate::report) struct Connection<'a> {
    pub finding: &'a Finding,
    pub context: Context<'a>,
}

impl Encode for Connection<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { finding, context } = self;
        let Finding { id, record, ending, diagnosis, leg } = finding;
        let (client, server) = (record.endpoint(Side::Client).text(), record.endpoint(Side::Server).text());
        let (asked, answered) = (record.handshake.asked.as_ref(), facts::agreed(record));
        let (places, home) = (context.places, record.first.packet);
        let idle = ending.closed.map(|closed| BySide(move |side| facts::idle_s(record, side, closed)));
        let decided_by = facts::decided_by(ending);
        let (recent, manner) = (&context.texts.recent, Manner::of(finding));
        let reason_bytes = decided_by.and_then(|frame| frame.reason_bytes.as_ref());
        object!(json, {
            // `connection`.
            type: Word("connection"),
            // `wsclose-sniff/1`, where the object stands alone.
            schema?: context.schema.map(Word),
            // Stable: the same in every run over the same packets.
            id: Hex(*id),
            // Who opened it, asked for the upgrade, masks its frames: `ip:port`, `[v6]:port`.
            client: Plain(client.whole()),
            // Who was asked.
            server: Plain(server.whole()),
            // The client's address.
            client_ip: Plain(client.address()),
            // The client's port.
            client_port: Digits(client.port()),
            // The server's address.
            server_ip: Plain(server.address()),
            // The server's port.
            server_port: Digits(server.port()),
            // Wrappers stepped over, outermost first.
            via?: Some(&record.via).filter(|via| !via.is_empty()).map(List),
            // The observation point, where there are several.
            point?: places.point(record.key.point),
            // The input that holds the first packet; packet numbers are of this file unless one says otherwise.
            file?: places.file_json(home),
            // The capturing interface.
            interface?: places.interface(home, record.interface),
            // Who reports.
            sensor?: places.sensor,
            // Community ID v1, seed 0.
            community_id: CommunityId(&record.key),
            // Wireshark's `tcp.stream`.
            tcp_stream?: places.tcp_streams.then_some(record.tcp_stream),
            // A display filter to paste into Wireshark.
            wireshark_filter: Filter::new(record, &client, &server, places.file(home).is_some()),
            // Stream id, where it runs over HTTP/2 (RFC 8441).
            h2_stream?: record.h2_stream,
            // `tcp`, `tls`, `h2` or `h2+tls`.
            transport: Word(facts::transport(record)),
            // TLS below it.
            tls?: record.tls.as_deref().map(|tls| TlsView { tls, record, context }),
            // Why it is taken for a WebSocket.
            detected: recent.detected.made(0, record.detected, || record.detected),
            // Host or :authority.
            host?: asked.and_then(|asked| asked.host.as_deref()),
            // Request target, redacted.
            path?: asked.map(|asked| &*asked.target),
            // Origin.
            origin?: asked.and_then(|asked| asked.origin.as_deref()),
            // Subprotocol agreed.
            subprotocol?: answered.and_then(|answered| answered.subprotocol.as_deref()),
            // Extensions agreed.
            extensions?: answered.and_then(|answered| answered.extensions.as_deref()),
            // User-Agent.
            user_agent?: asked.and_then(|asked| asked.user_agent.as_deref()),
            // The answer's Server header.
            server_header?: record.handshake.answered.as_ref().and_then(|answered| answered.server.as_deref()),
            // X-Forwarded-For or Forwarded.
            forwarded_for?: asked.and_then(|asked| asked.forwarded_for()),
            // X-Request-Id and its kin.
            request_id?: facts::request_id(record),
            // W3C traceparent.
            traceparent?: asked.and_then(|asked| asked.traceparent()),
            // A hash of Sec-WebSocket-Key: the same on both legs of a proxy.
            key_hash?: asked.and_then(|asked| asked.key.as_ref()).map(KeyHash),
            // The opening handshake.
            handshake: HandshakeView { handshake: &record.handshake, context },
            // `closed`, `closing`, `open`, `lost` or `evicted`.
            state: Word(ending.state.id()),
            // First SYN, else first packet.
            opened_at: record.first.at,
            // The answer that agreed.
            accepted_at?: facts::accepted_at(record),
            // The first ending act: Close, FIN, RST or alert.
            closed_at?: ending.closed.map(|mark| mark.at),
            // Last FIN or RST.
            tcp_ended_at?: ending.tcp_ended.map(|mark| mark.at),
            // `closed_at` − `opened_at`.
            duration_s?: facts::duration_s(finding),
            // From each side's last payload byte to the ending act.
            idle_before_close_s?: idle,
            // The connection's code, and its name.
            ..recent.codes.made(number(ending.code), ending.code, || Coded(ending.code)),
            // Text of the frame that gave the code; invalid bytes as U+FFFD.
            reason: decided_by.and_then(|frame| frame.reason.as_deref()),
            // The reason's bytes, where they are no UTF-8.
            reason_base64?: reason_bytes.map(|bytes| STANDARD.encode(bytes)).as_deref(),
            // How the closing handshake went, and who ended it.
            ..recent.manners.made(manner.number(), manner, || manner),
            // All Close frames in causal order.
            close_frames: List(ending.frames.iter().map(|frame| CloseFrameView { frame, home, context })),
            // The first end of the transport.
            transport_end: TransportEndView { end: &ending.transport, home, context },
            // What the client's API most likely reported.
            client_api: ApiJson(&diagnosis.client_api, context.texts),
            // What the server's API most likely reported.
            server_api: ApiJson(&diagnosis.server_api, context.texts),
            // Why it ended.
            cause: CauseView { diagnosis, context },
            // `ok`, `notice`, `warning` or `error`.
            severity: Word(diagnosis.severity.id()),
            // Rules of the protocol that were broken.
            violations: List(record.breaches.iter().map(|seen| ViolationView { seen, record, context })),
            // Violations beyond those listed.
            violations_more?: Some(record.breaches_more).filter(|more| *more > 0),
            // The private vocabulary that names the code.
            vocabulary?: diagnosis.vocabulary.as_deref().map(|named| VocabularyView { named, context }),
            // How well it was kept alive.
            keepalive?: diagnosis.keepalive.as_ref(),
            // The other leg, where it runs through a proxy.
            leg?: *leg,
            // What travelled.
            traffic: TrafficView(record),
        });
    }
}

/// What neighbouring codes differ by.
pub(super) fn number(code: Option<CloseCode>) -> u16 {
    code.map_or(0, |code| code.0)
}

/// The connection's code.
struct Coded(Option<CloseCode>);

impl Encode for Coded {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // The connection's code; null while open or where the capture cannot tell.
            code: self.0.map(|code| code.0),
            // Its name.
            code_name?: self.0.and_then(|code| code_name(code.0)).map(Word),
        });
    }
}

/// How the closing handshake went, and who ended it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Manner {
    inferred: bool,
    handshake: ClosingHandshake,
    confidence: Option<Confidence>,
    clean: bool,
    by: EndedBy,
}

impl Manner {
    fn of(finding: &Finding) -> Self {
        let Finding { record, ending, diagnosis, .. } = finding;
        Self {
            inferred: ending.inferred,
            handshake: ending.handshake,
            confidence: facts::close_handshake_confidence(ending, record.detected),
            clean: ending.clean,
            by: diagnosis.ended_by,
        }
    }

    /// Another for nearly every manner.
    fn number(self) -> u16 {
        self.handshake as u16 | (self.by as u16) << 2 | u16::from(self.clean) << 5 | u16::from(self.inferred) << 6
    }
}

impl Encode for Manner {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // No Close frame carried the code.
            inferred: self.inferred,
            // `complete`, `one-sided`, `none` or `unknown`.
            close_handshake: Word(self.handshake.id()),
            // `certain`, `likely` or `possible`.
            close_handshake_confidence?: self.confidence.map(Confidence::id).map(Word),
            // Both Close frames seen (or the missing one explained by a gap), then TCP ended.
            clean: self.clean,
            // `client`, `server`, `proxy`, `network` or `unknown`: whose act ended it.
            ended_by: Word(self.by.id()),
        });
    }
}

/// The other leg of a proxied connection.
impl Encode for Leg {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // Id of its connection.
            of: Hex(self.of),
            // `front` or `back`: which leg this one is.
            role: Word(self.role.id()),
        });
    }
}
