//! Folds events into a record.
//!
//! Given what the protocols say, keeps what a diagnosis may need: counters, first and last occurrences, bounded lists.
//! Opens a record only when something says WebSocket; other flows cost nothing here.

use super::beside::Beside;
use super::facts::{BreachSeen, CloseSeen, Handshake, HandshakeState, Injected, Partial, SideRecord};
use super::live::Live;
use super::{Detected, Over, Record, RoleEvidence, Side, TlsFacts, Told, shape};
use crate::event::http::HttpEvent;
use crate::event::websocket::{Frame, Recognition, WebSocketEvent};
use crate::event::{Event, Mark, What, When};
use crate::limits::{BREACHES_KEPT, CLOSES_KEPT};
use crate::packet::{ByDir, Dir, FlowKey, Unreachable};
use crate::rare::Rare;
use crate::tcp::Tcp;
use crate::time::Timestamp;

/// What is known of a flow before anything is known of its protocol. Only where it is: few events need it.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Its addresses.
    pub key: &'a FlowKey,
    /// Its number among all TCP connections of the input, from 0.
    pub tcp_stream: &'a u64,
    /// Capturing interface of its first packet.
    pub interface: &'a u16,
    /// Its first packet.
    pub first: &'a When,
}

/// Folds the events of one flow.
// Laid out as written, like the flow it ends: counters of frames begin with a cache line.
#[repr(C)]
#[derive(Default, Debug)]
pub struct Recorder {
    beside: Rare<Beside>,
    live: Live,
}

impl Recorder {
    /// Where what frames need begins in it, in bytes.
    #[cfg(test)]
    pub(crate) const FRAMES_AT: usize = std::mem::offset_of!(Self, live) + std::mem::offset_of!(Live, detected);

    /// Takes an event in.
    pub fn apply(&mut self, event: Event, origin: &Origin<'_>, told: &mut Told<Record>) {
        let Event { mark, dir, what, .. } = event;
        match what {
            What::WebSocket(WebSocketEvent::Begins { by: Recognition::Frames { frames } }) => {
                let live = self.live.open(dir);
                live.detected = Detected::Frames(u8::try_from(frames).unwrap_or(u8::MAX));
                live.learn_client(dir, RoleEvidence::Mask);
            }
            What::WebSocket(event) => {
                if let Some(live) = self.live.opened() {
                    live.apply(event, mark, dir, origin, told, &mut self.beside);
                }
            }
            What::Http(HttpEvent::Asked(asked)) => {
                let live = self.live.open(dir);
                live.ask(asked, mark, dir, *origin.first, &mut self.beside);
            }
            What::Http(HttpEvent::Answered(answered)) => {
                let live = self.live.open(dir.opposite());
                live.answer(answered, mark, dir, *origin.first, &mut self.beside);
            }
            What::Http(HttpEvent::RefusalBody(piece)) => {
                if self.has_record() {
                    let odd = &mut self.beside.odd;
                    let before = odd.body.take().unwrap_or_default();
                    odd.body = Some((String::from(before) + &piece).into());
                }
            }
            What::Http(HttpEvent::NotHttp(body)) => {
                if self.has_record() {
                    let odd = &mut self.beside.odd;
                    (odd.body, odd.not_http) = (Some(body), true);
                }
            }
            What::Missing { bytes } => {
                if let Some(live) = self.live.opened() {
                    live.seldom(origin, told).sides[dir].hide(mark, bytes);
                }
            }
            What::Http(HttpEvent::EarlyData { .. }) => {}
            What::Via(via) => self.beside.via.push(*via),
            What::Tls(said) => self.beside.tls.get_or_insert_default().apply(dir, mark, said),
        }
    }

    /// Keeps the beginning of the first text message of `dir`.
    pub fn keep_text(&mut self, dir: Dir, text: &[u8]) {
        if self.has_record() {
            self.beside.keep_text(dir, text);
        }
    }

    /// Takes a frame in.
    #[inline]
    pub fn count(&mut self, frame: Frame, mark: Mark, dir: Dir) {
        if let Some(live) = self.live.opened() {
            live.count(frame, mark, dir, &mut self.beside);
        }
    }

    /// Asks for what frames of `dir` need.
    #[inline]
    pub fn prefetch(&self, dir: Dir) {
        self.live.prefetch(dir);
    }

    /// An ICMP error came about this flow.
    pub fn note_unreachable(&mut self, unreachable: Unreachable) {
        self.beside.unreachable = Some(Box::new(unreachable));
    }

    /// Something says WebSocket: there is a record.
    #[inline]
    pub fn has_record(&self) -> bool {
        self.live.opened
    }

    /// A Close was seen.
    pub fn has_close(&self) -> bool {
        self.live.has_close()
    }

    /// Opens the record of an attempt of which no request was seen.
    pub fn open_attempt(&mut self, client: Dir) {
        let live = self.live.open(client);
        live.detected = Detected::KnownServer;
        live.state = HandshakeState::None;
    }

    /// What TLS showed so far.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.beside.tls.as_deref()
    }

    /// The stream is over. Where TLS could not be read, its records may say WebSocket from outside: then there is a
    /// record.
    pub fn judge_shape(&mut self, tcp: &Tcp) {
        let Some(tls) = self.beside.get_mut().and_then(|beside| beside.tls.as_mut()) else { return };
        let Some(opaque) = &tls.opaque else { return };
        let ends = ByDir(Dir::BOTH.map(|dir| {
            let tcp = tcp.seldom(dir);
            let rst = tcp.rst.as_ref().map(|reset| reset.mark.at);
            [tcp.fin.map(|fin| fin.at), rst].into_iter().flatten().min()
        }));
        let shape = shape::shape(opaque, &ends);
        let client = opaque.client;
        let is_websocket = shape.websocket.is_some();
        tls.shape = Some(shape);
        if is_websocket && !self.live.opened {
            let live = self.live.open(client);
            live.detected = Detected::TlsShape;
            live.learn_client(client, RoleEvidence::Request);
        }
    }

    /// Following the flow is over: completes the record with TCP's signals and gives it away.
    pub fn finish(
        &mut self,
        origin: &Origin<'_>,
        tcp: &mut Tcp,
        input_at: Timestamp,
        over: Over,
        told: &mut Told<Record>,
    ) -> Option<Box<Record>> {
        let live = self.live.opened().map(std::mem::take)?;
        let mut record = live.into_record(origin, told, std::mem::take(&mut self.beside));
        record.last = tcp.last();
        record.input_at = input_at;
        record.over = over;
        for dir in Dir::BOTH {
            record.sides[dir].unacknowledged = tcp.unacknowledged(dir);
            record.sides[dir].started_late = !tcp.saw_start(dir);
            record.sides[dir].tcp = tcp.take_signals(dir);
        }
        if let Some(client) = syn_sender(&record.sides) {
            record.learn_client(client, RoleEvidence::Syn);
        }
        record.settle_handshake();
        if let Detected::Frames(frames) = &mut record.detected {
            // All that were read: a wrong boundary would not have held for so many.
            *frames = u8::try_from(record.sides.0.iter().map(|side| side.frames).sum::<u64>()).unwrap_or(u8::MAX);
        }
        Some(record)
    }
}

fn syn_sender(sides: &ByDir<SideRecord>) -> Option<Dir> {
    let syn = |dir: Dir, ack: bool| sides[dir].tcp.syn.is_some() && sides[dir].tcp.syn_ack == ack;
    let asked = Dir::BOTH.into_iter().find(|dir| syn(*dir, false));
    asked.or_else(|| Dir::BOTH.into_iter().find(|dir| syn(*dir, true)).map(Dir::opposite))
}

impl Record {
    pub(super) fn new(origin: &Origin<'_>) -> Self {
        Self {
            key: *origin.key,
            client: Dir::Forward,
            role: RoleEvidence::default(),
            tcp_stream: *origin.tcp_stream,
            h2_stream: None,
            interface: u32::from(*origin.interface),
            first: *origin.first,
            last: *origin.first,
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

    pub(super) fn note_close(&mut self, seen: CloseSeen, quiet_since: ByDir<Option<When>>) {
        if self.closes.is_empty() {
            self.before_close = quiet_since;
            self.closes.reserve_exact(2);
        }
        if self.closes.len() < CLOSES_KEPT {
            self.closes.push(seen);
        }
    }

    /// What is seldom.
    pub(super) fn apply(&mut self, event: WebSocketEvent, mark: Mark, dir: Dir) {
        let side = &mut self.sides[dir];
        match event {
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
            _ => {}
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
    /// The other side sent data after it had received what a gap hid: behind a Close it would send none.
    pub(super) fn note_carrying_on(&mut self, mark: Mark) {
        let received = |end: u32| mark.acked.is_some_and(|acked| acked.get().wrapping_sub(end).cast_signed() >= 0);
        if self.hidden_until.is_some_and(received) {
            self.carried_on = self.carried_on.saturating_add(1);
        }
    }

    /// Bytes are missing that may have held frames.
    pub(super) fn hide(&mut self, mark: Mark, bytes: u64) {
        let (_, hidden) = self.hidden.unwrap_or((mark, 0));
        self.hidden = Some((mark, hidden.saturating_add(bytes)));
        self.hidden_until = Some(mark.seq.wrapping_add(u32::try_from(bytes & 0xFFFF_FFFF).unwrap_or(0)));
        self.carried_on = 0;
    }
}
