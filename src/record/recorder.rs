//! Folds events into a record.
//!
//! Given what the protocols say, keeps what a diagnosis may need: counters, first and last occurrences, bounded lists.
//! Opens a record only when something says WebSocket; other flows cost nothing here.

use super::facts::{
    BreachSeen, CloseSeen, FrameSeen, Handshake, HandshakeState, Injected, Oddities, Partial, Pings, SideRecord,
};
use super::{Detected, Over, Record, RoleEvidence, Side, TlsFacts, handshake, redact, shape};
use crate::event::http::{Answer, Asked, HttpEvent};
use crate::event::websocket::{Recognition, WebSocketEvent};
use crate::event::{Event, Mark, Via, What};
use crate::limits::{BREACHES_KEPT, CLOSES_KEPT, EARLIER_REFUSALS_KEPT, PINGS_WAITING};
use crate::packet::{ByDir, Dir, FlowKey, Unreachable};
use crate::tcp::{Rare, Tcp};
use crate::time::Timestamp;

/// What is known of a flow before anything is known of its protocol.
#[derive(Clone, Copy, Debug)]
pub struct Origin {
    /// Its addresses.
    pub key: FlowKey,
    /// Its number among all TCP connections of the input, from 0.
    pub tcp_stream: u64,
    /// Capturing interface of its first packet.
    pub interface: u32,
    /// Its first packet.
    pub first: Mark,
}

/// Folds the events of one flow.
#[derive(Default, Debug)]
pub struct Recorder {
    record: Option<Box<Record>>,
    via: Vec<Via>,
    tls: Option<Box<TlsFacts>>,
    unreachable: Option<Box<Unreachable>>,
}

impl Recorder {
    /// Takes an event in.
    pub fn apply(&mut self, event: Event, origin: &Origin) {
        match event.what {
            What::Via(via) => self.via.push(*via),
            What::Tls(said) => self.tls.get_or_insert_default().apply(event.dir, event.mark, said),
            What::Http(HttpEvent::Asked(asked)) => self.open(event.dir, origin).ask(asked, event.mark, event.dir),
            What::Http(HttpEvent::Answered(answer)) => {
                self.open(event.dir.opposite(), origin).answer(*answer, event.mark, event.dir);
            }
            What::WebSocket(WebSocketEvent::Begins { by: Recognition::Frames { frames } }) => {
                let record = self.open(event.dir, origin);
                record.detected = Detected::Frames(frames);
                record.learn_client(event.dir, RoleEvidence::Mask);
            }
            what => {
                if let Some(record) = &mut self.record {
                    record.apply(what, event.mark, event.dir);
                }
            }
        }
    }

    /// An ICMP error came about this flow.
    pub fn note_unreachable(&mut self, unreachable: Unreachable) {
        self.unreachable = Some(Box::new(unreachable));
    }

    /// Something says WebSocket: there is a record.
    pub fn has_record(&self) -> bool {
        self.record.is_some()
    }

    /// The record so far.
    pub fn record(&self) -> Option<&Record> {
        self.record.as_deref()
    }

    /// Opens the record of an attempt of which no request was seen.
    pub fn open_attempt(&mut self, client: Dir, origin: &Origin) {
        let record = self.open(client, origin);
        record.detected = Detected::KnownServer;
        record.handshake.state = HandshakeState::None;
    }

    /// What TLS showed so far.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.tls.as_deref()
    }

    /// The stream is over. Where TLS could not be read, its records may say WebSocket from outside: then there is a
    /// record.
    pub fn judge_shape(&mut self, tcp: &Tcp, origin: &Origin) {
        let Some(tls) = &mut self.tls else { return };
        let Some(opaque) = &tls.opaque else { return };
        let ends = ByDir(Dir::BOTH.map(|dir| {
            let tcp = &tcp.signals[dir];
            let rst = tcp.rst.as_ref().map(|reset| reset.mark.at);
            [tcp.fin.map(|fin| fin.at), rst].into_iter().flatten().min()
        }));
        let shape = shape::shape(opaque, &ends);
        let client = opaque.client;
        tls.shape = Some(shape);
        if shape.websocket.is_some() && self.record.is_none() {
            let record = self.open(client, origin);
            record.detected = Detected::TlsShape;
            record.learn_client(client, RoleEvidence::Request);
        }
    }

    /// Following the flow is over: completes the record with TCP's signals and gives it away.
    pub fn finish(&mut self, tcp: &mut Tcp, last: Mark, input_at: Timestamp, over: Over) -> Option<Box<Record>> {
        let mut record = self.record.take()?;
        record.via = std::mem::take(&mut self.via);
        record.tls = self.tls.take();
        record.unreachable = self.unreachable.take();
        record.last = last;
        record.input_at = input_at;
        record.over = over;
        for dir in Dir::BOTH {
            record.sides[dir].unacknowledged = tcp.unacknowledged(dir);
            record.sides[dir].started_late = !tcp.saw_start(dir);
            record.sides[dir].tcp = std::mem::take(&mut tcp.signals[dir]);
        }
        if let Some(client) = syn_sender(&record.sides) {
            record.learn_client(client, RoleEvidence::Syn);
        }
        record.settle_handshake();
        if let Detected::Frames(frames) = &mut record.detected {
            // All that were read: a wrong boundary would not have held for so many.
            *frames = u32::try_from(record.sides.0.iter().map(|side| side.frames).sum::<u64>()).unwrap_or(u32::MAX);
        }
        Some(record)
    }

    fn open(&mut self, client: Dir, origin: &Origin) -> &mut Record {
        self.record.get_or_insert_with(|| Box::new(Record::new(client, origin)))
    }
}

fn syn_sender(sides: &ByDir<SideRecord>) -> Option<Dir> {
    let syn = |dir: Dir, ack: bool| sides[dir].tcp.syn.is_some() && sides[dir].tcp.syn_ack == ack;
    let asked = Dir::BOTH.into_iter().find(|dir| syn(*dir, false));
    asked.or_else(|| Dir::BOTH.into_iter().find(|dir| syn(*dir, true)).map(Dir::opposite))
}

impl Record {
    fn new(client: Dir, origin: &Origin) -> Self {
        Self {
            key: origin.key,
            client,
            role: RoleEvidence::default(),
            tcp_stream: origin.tcp_stream,
            h2_stream: None,
            interface: origin.interface,
            first: origin.first,
            last: origin.first,
            via: Vec::new(),
            detected: Detected::Handshake,
            handshake: Handshake::default(),
            sides: ByDir::default(),
            closes: Vec::new(),
            before_close: ByDir::default(),
            breaches: Vec::new(),
            breaches_more: 0,
            injected: None,
            tls: None,
            unreachable: None,
            input_at: origin.first.at,
            over: Over::default(),
        }
    }

    fn learn_client(&mut self, client: Dir, evidence: RoleEvidence) {
        if evidence >= self.role {
            self.client = client;
            self.role = evidence;
        }
    }

    fn ask(&mut self, mut asked: Box<Asked>, mark: Mark, dir: Dir) {
        self.learn_client(dir, RoleEvidence::Request);
        redact::asked(&mut asked);
        let mut before = std::mem::take(&mut self.handshake);
        let mut odd = Oddities { earlier: before.odd.take().earlier, ..Oddities::default() };
        if before.state == HandshakeState::Refused && odd.earlier.len() < EARLIER_REFUSALS_KEPT {
            odd.earlier.extend(before.answered.map(|answered| answered.status));
        }
        odd.problems = if asked.cut { Vec::new() } else { handshake::problems_of_request(&asked) };
        let is_odd = !(odd.earlier.is_empty() && odd.problems.is_empty());
        self.handshake = Handshake {
            state: HandshakeState::Incomplete,
            asked: Some(asked),
            asked_mark: Some(mark.into()),
            odd: if is_odd { odd.into() } else { Rare::default() },
            ..Handshake::default()
        };
    }

    fn answer(&mut self, mut answer: Answer, mark: Mark, dir: Dir) {
        self.learn_client(dir.opposite(), RoleEvidence::Request);
        if !answer.head.cut {
            let asked = self.handshake.asked.as_deref().filter(|asked| !asked.cut);
            let problems = handshake::problems_of_answer(asked, &answer);
            if !problems.is_empty() {
                self.handshake.odd.problems.extend(problems);
            }
        }
        redact::answered(&mut answer.head);
        let is_upgrade = answer.head.status == 101;
        self.handshake.state = if is_upgrade { HandshakeState::Accepted } else { HandshakeState::Refused };
        self.handshake.answered = Some(answer.head);
        self.handshake.answered_mark = Some(mark.into());
    }

    fn apply(&mut self, what: What, mark: Mark, dir: Dir) {
        match what {
            What::Http(HttpEvent::RefusalBody(piece)) => {
                let before = self.handshake.odd.body.take().unwrap_or_default();
                self.handshake.odd.body = Some((String::from(before) + &piece).into());
            }
            What::Http(HttpEvent::NotHttp(body)) => {
                self.handshake.odd.body = Some(body);
                self.handshake.odd.not_http = true;
            }
            What::WebSocket(event) => self.apply_websocket(event, mark, dir),
            What::Missing { bytes } => self.sides[dir].hide(mark, bytes),
            What::Http(_) | What::Tls(_) | What::Via(_) => {}
        }
    }

    fn apply_websocket(&mut self, event: WebSocketEvent, mark: Mark, dir: Dir) {
        let side = &mut self.sides[dir];
        match event {
            WebSocketEvent::Frame { opcode, fin, payload_len, message_len, masked } => {
                side.frames += 1;
                side.payload_bytes = side.payload_bytes.saturating_add(payload_len);
                side.last_frame = Some(FrameSeen { mark, opcode, payload_len, message_len });
                if !opcode.is_control() {
                    side.messages += u64::from(fin);
                    side.largest_message = side.largest_message.max(message_len);
                }
                let back = &mut self.sides[dir.opposite()];
                let received = |end: u32| mark.acked.is_some_and(|acked| acked.wrapping_sub(end).cast_signed() >= 0);
                if !opcode.is_control() && back.hidden_until.is_some_and(received) {
                    back.carried_on = back.carried_on.saturating_add(1);
                }
                if self.sides[dir].frames == 1 && self.role < RoleEvidence::Mask {
                    self.learn_client(if masked { dir } else { dir.opposite() }, RoleEvidence::Mask);
                }
            }
            WebSocketEvent::Ping { digest } => side.pings.send(digest, mark),
            WebSocketEvent::Pong { digest } => {
                side.pongs += 1;
                // A heartbeat sent unasked answers nothing.
                let pings = &mut self.sides[dir.opposite()].pings;
                if pings.sent > 0 {
                    pings.answer(digest, mark);
                }
            }
            WebSocketEvent::Close(close) => {
                if self.closes.is_empty() {
                    self.before_close =
                        ByDir(self.sides.0.each_ref().map(|side| side.last_frame.map(|frame| frame.mark)));
                }
                if self.closes.is_empty() {
                    self.closes.reserve_exact(2);
                }
                if self.closes.len() < CLOSES_KEPT {
                    self.closes.push(CloseSeen { dir, mark, close: *close });
                }
            }
            WebSocketEvent::Text(text) => side.texts.push(text),
            WebSocketEvent::Breach(breach) => self.note_breach(BreachSeen { dir, mark, breach }),
            WebSocketEvent::HttpInjected { status } => self.injected = Some(Injected { dir, mark, status }),
            WebSocketEvent::Lost => {
                side.lost = true;
                side.carried_on = 0;
            }
            WebSocketEvent::Resynchronised { skipped } => {
                side.lost = false;
                if skipped > 0 {
                    side.hide(mark, skipped);
                }
            }
            WebSocketEvent::EndedInFrame { opcode, declared, missing } => {
                side.ended_in_frame = Some(Partial { opcode, declared, missing });
            }
            WebSocketEvent::EndedInMessage { received } => side.ended_in_message = Some(received),
            WebSocketEvent::Begins { .. } => {}
        }
    }

    fn note_breach(&mut self, seen: BreachSeen) {
        let known = self.breaches.iter().any(|other| other.dir == seen.dir && other.breach == seen.breach);
        if self.breaches.len() < BREACHES_KEPT && !known {
            self.breaches.push(seen);
        } else {
            self.breaches_more = self.breaches_more.saturating_add(1);
        }
    }

    /// A 101 that the client must or may reject was rejected if the client then left without a frame.
    fn settle_handshake(&mut self) {
        if self.handshake.state == HandshakeState::Incomplete && self.sides.0.iter().any(|side| side.frames > 0) {
            // The answer is missing from the capture; frames show what it was.
            self.handshake.state = HandshakeState::Accepted;
        }
        let doubtful =
            self.handshake.odd.problems.iter().any(|problem| problem.in_answer && problem.id != "extension-declined");
        if self.handshake.state != HandshakeState::Accepted || !doubtful {
            return;
        }
        let client = self.side(Side::Client);
        let left = client.tcp.fin.or(client.tcp.rst.as_ref().map(|reset| reset.mark));
        let server = self.side(Side::Server);
        let server_left = server.tcp.fin.or(server.tcp.rst.as_ref().map(|reset| reset.mark));
        let first = match (left, server_left) {
            (Some(left), Some(server_left)) => left.precedes(&server_left),
            (left, _) => left.is_some(),
        };
        let whole = self.sides.0.iter().all(|side| side.tcp.missing_bytes == 0);
        if first && client.frames == 0 && whole {
            self.handshake.state = HandshakeState::Refused;
        }
    }
}

impl SideRecord {
    /// Bytes are missing that may have held frames.
    fn hide(&mut self, mark: Mark, bytes: u64) {
        let (_, hidden) = self.hidden.unwrap_or((mark, 0));
        self.hidden = Some((mark, hidden.saturating_add(bytes)));
        self.hidden_until = Some(mark.seq.wrapping_add(u32::try_from(bytes & 0xFFFF_FFFF).unwrap_or(0)));
        self.carried_on = 0;
    }
}

impl Pings {
    fn send(&mut self, digest: u32, mark: Mark) {
        self.sent += 1;
        self.first.get_or_insert(mark);
        self.last = Some(mark);
        self.unanswered += 1;
        self.unanswered_since.get_or_insert(mark);
        if self.waiting.len() >= PINGS_WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push((digest, mark));
    }

    /// A Pong answers its Ping and all before it (RFC 6455 §5.5.3); one that fits none was sent unasked.
    fn answer(&mut self, digest: u32, mark: Mark) {
        let Some(at) = self.waiting.iter().rposition(|(waiting, _)| *waiting == digest) else { return };
        if let Some((_, sent)) = self.waiting.get(at) {
            self.slowest_ns = self.slowest_ns.max(mark.at.0.saturating_sub(sent.at.0));
        }
        self.waiting.drain(..=at);
        self.unanswered = self.waiting.len() as u64;
        self.unanswered_since = self.waiting.first().map(|(_, mark)| *mark);
    }
}
