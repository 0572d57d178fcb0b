//! Findings made by hand: one connection that a proxy cut after a minute of silence, and changes to it.

use std::sync::Arc;
use std::time::Duration;

use crate::catalogue::{Advice, Cause, EndedBy, Severity, Value};
use crate::diagnosis::{
    Alternative, ApiView, Confidence, Diagnosis, Evidence, Finding, Fixes, Incident, IncidentKind, Params,
    ReconnectAdvice, Said, given,
};
use crate::event::Mark;
use crate::event::http::{Answered, AnsweredCommon, Asked, AskedCommon};
use crate::event::key::Key;
use crate::packet::{Dir, Endpoint, FlowKey, PacketRef, PointId};
use crate::record::{
    CloseFrame, ClosingHandshake, Detected, Ending, FrameSeen, Handshake, HandshakeState, Over, Record, RoleEvidence,
    Side, SideRecord, State, TransportEnd, TransportEndKind,
};
use crate::time::Timestamp;
use crate::wire::websocket::{CloseCode, Opcode};

/// The key of RFC 6455 §1.3: must never be printed.
pub const SECRET_KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

pub fn at(seconds: f64) -> Timestamp {
    Timestamp::new(1_700_000_000, 0) + Duration::from_secs_f64(seconds)
}

pub fn mark(seconds: f64, packet: u64) -> Mark {
    Mark { at: at(seconds), packet: PacketRef::new(0, packet), seq: 0, acked: None }
}

pub fn client() -> Endpoint {
    Endpoint::v4([10, 0, 0, 9], 50000)
}

pub fn server() -> Endpoint {
    Endpoint::v4([10, 0, 0, 1], 80)
}

/// `1006 · idle-timeout (likely) · server ended with FIN after 60.0 s of silence`.
pub fn idle_timeout() -> Finding {
    Finding { id: 0x00c0_ffee, record: record().into(), ending: cut_by_fin(), diagnosis: idle_diagnosis(), leg: None }
}

/// `1000 · normal (certain) · both Close frames`.
pub fn normal() -> Finding {
    let mut finding = idle_timeout();
    finding.id = 7;
    closes(&mut finding, 1000, "bye");
    finding.diagnosis = Diagnosis {
        cause: Cause::Normal,
        confidence: Confidence::Certain,
        ended_by: EndedBy::Client,
        severity: Severity::Ok,
        alternatives: Vec::new(),
        next_steps: Vec::new(),
        client_api: api(1000, true),
        server_api: api(1000, true),
        ..finding.diagnosis
    };
    finding
}

/// Both sides send this Close.
pub fn closes(finding: &mut Finding, code: u16, reason: &str) {
    let frame = |from, mark| CloseFrame {
        from,
        code: Some(CloseCode(code)),
        reason: Some(reason.to_owned()),
        reason_bytes: None,
        mark,
        ignored: false,
        valid: true,
    };
    finding.ending.frames = vec![frame(Side::Client, mark(61.0, 11)), frame(Side::Server, mark(61.0005, 12))];
    finding.ending.decided_by = Some(0);
    finding.ending.code = Some(CloseCode(code));
    finding.ending.inferred = false;
    finding.ending.clean = true;
    finding.ending.handshake = ClosingHandshake::Complete;
    finding.ending.by = Some(Side::Client);
    finding.ending.closed_from = Some(Side::Client);
}

pub fn incident() -> Incident {
    Incident {
        id: 1,
        kind: IncidentKind::MassClose,
        started_at: at(61.0),
        ended_at: at(61.25),
        is_final: true,
        connections: vec![0x00c0_ffee, 7],
        server: Some(server()),
        cause: Some(Cause::ProcessEnded),
        summary: Said {
            id: "mass-close-death",
            params: given([
                ("count", Value::Count(2)),
                ("server", server().to_string().into()),
                ("span_s", Value::Seconds(0.25)),
            ]),
        },
        evidence: vec![Evidence { said: fin_first(), packet: Some(PacketRef::new(0, 12)) }],
        fixes: Fixes {
            client: vec![said("ping-client", given([("recommended_s", Value::Seconds(25.0))]))],
            ..Fixes::default()
        },
    }
}

fn api(code: u16, clean: bool) -> ApiView {
    ApiView { code: Some(CloseCode(code)), reason: None, clean, certain: true }
}

fn record() -> Record {
    let (key, forward) = FlowKey::new(client(), server(), PointId(0));
    let mut record = Record {
        key,
        client: forward,
        role: RoleEvidence::Request,
        tcp_stream: 4,
        h2_stream: None,
        interface: 0,
        first: mark(0.0, 1).into(),
        last: mark(61.003, 13).into(),
        via: Vec::new(),
        detected: Detected::Handshake,
        handshake: handshake(),
        sides: Default::default(),
        closes: Vec::new(),
        before_close: Default::default(),
        breaches: Vec::new(),
        breaches_more: 0,
        injected: None,
        tls: None,
        unreachable: None,
        input_at: at(300.0),
        over: Over::Ended,
    };
    let (of_client, of_server) = (record.dir(Side::Client), record.dir(Side::Server));
    record.sides[of_client] = sent(of_client, mark(1.0, 9));
    record.sides[of_client].tcp.syn = Some(mark(0.0, 1).into());
    record.sides[of_client].tcp.fin = Some(mark(61.002, 12));
    record.sides[of_server] = sent(of_server, mark(1.001, 10));
    record.sides[of_server].tcp.fin = Some(mark(61.001, 11));
    record
}

fn sent(_dir: Dir, last: Mark) -> SideRecord {
    let mut side = SideRecord { frames: 3, messages: 3, payload_bytes: 15, ..SideRecord::default() };
    side.last_frame = Some(FrameSeen { mark: last.into(), opcode: Opcode::TEXT, payload_len: 5 });
    side.tcp.last_payload = Some(last.into());
    side.tcp.wire_bytes = 230;
    side
}

fn handshake() -> Handshake {
    Handshake {
        state: HandshakeState::Accepted,
        asked: Some(Asked {
            common: Arc::new(AskedCommon {
                method: "GET".into(),
                http_version: 11,
                host: Some("ws.example.com".into()),
                user_agent: Some("Mozilla/5.0".into()),
                upgrade: true,
                connection_upgrade: true,
                ..AskedCommon::default()
            }),
            target: "/chat?token=***".into(),
            key: Some(Key::new(SECRET_KEY)),
            rare: None,
        }),
        asked_mark: Some(mark(0.002, 4).into()),
        answered: Some(Answered {
            common: Arc::new(AnsweredCommon {
                status: 101,
                subprotocol: Some("graphql-transport-ws".into()),
                server: Some("nginx/1.22.1".into()),
                ..AnsweredCommon::default()
            }),
            rare: None,
        }),
        answered_mark: Some(mark(0.004, 6).into()),
        ..Handshake::default()
    }
}

fn cut_by_fin() -> Ending {
    Ending {
        state: State::Closed,
        code: Some(CloseCode::ABNORMAL),
        inferred: true,
        decided_by: None,
        frames: Vec::new(),
        handshake: ClosingHandshake::None,
        clean: false,
        by: Some(Side::Server),
        transport: TransportEnd { kind: TransportEndKind::Fin, from: Some(Side::Server), mark: Some(mark(61.001, 11)) },
        closed: Some(mark(61.001, 11)),
        closed_from: Some(Side::Server),
        tcp_ended: Some(mark(61.002, 12)),
        hidden: false,
    }
}

fn idle_diagnosis() -> Diagnosis {
    Diagnosis {
        cause: Cause::IdleTimeout,
        confidence: Confidence::Likely,
        ended_by: EndedBy::Proxy,
        severity: Severity::Warning,
        evidence: vec![
            Evidence { said: fin_first(), packet: Some(PacketRef::new(0, 11)) },
            Evidence { said: said("ping-none", given([])), packet: None },
        ],
        fixes: Fixes::default(),
        next_steps: vec![Said::bare("event-loop")],
        alternatives: vec![Alternative {
            cause: Cause::ClosedWithoutCloseFrame,
            confidence: Confidence::Possible,
            why_not: said("no-ping", given([])),
        }],
        reconnect: ReconnectAdvice { advice: Advice::Backoff, delay_s: Some(1), delay_max_s: Some(30) },
        client_api: api(1006, false),
        server_api: api(1006, false),
        vocabulary: None,
        keepalive: None,
    }
}

fn fin_first() -> Said {
    said("fin-first", given([("side", Value::Label("server")), ("idle_s", Value::Seconds(60.0))]))
}

fn said(id: &'static str, params: Params) -> Said {
    Said { id, params }
}
