//! Folds events into a record.
//!
//! Given what the protocols say, keeps what a diagnosis may need: counters, first and last occurrences, bounded lists.
//! Opens a record only when something says WebSocket; other flows cost nothing here.

use super::facts::{
    BreachSeen, CloseSeen, FrameSeen, Handshake, HandshakeState, Injected, Oddities, Partial, Pings, SideRecord,
};
use super::{Detected, Over, Record, RoleEvidence, Side, TlsFacts, handshake, redact, shape};
use crate::event::http::{Answer, Asked, HttpEvent};
use crate::event::websocket::{Frame, Recognition, WebSocketEvent};
use crate::event::{Event, Mark, Via, What, When};
use crate::limits::{BREACHES_KEPT, CLOSES_KEPT, EARLIER_REFUSALS_KEPT, PINGS_WAITING};
use crate::packet::{ByDir, Dir, FlowKey, Unreachable};
use crate::tcp::{Rare, Tcp};
use crate::time::Timestamp;
use crate::wire::websocket::Opcode;

/// What is known of a flow before anything is known of its protocol.
#[derive(Clone, Copy, Debug)]
pub struct Origin<'a> {
    /// Its addresses.
    pub key: &'a FlowKey,
    /// Its number among all TCP connections of the input, from 0.
    pub tcp_stream: u64,
    /// Capturing interface of its first packet.
    pub interface: u32,
    /// Its first packet.
    pub first: When,
}

/// Folds the events of one flow.
#[derive(Default, Debug)]
pub struct Recorder {
    live: Option<Box<Live>>,
    around: Option<Box<Around>>,
}

/// What stands around the WebSocket, if anything does.
#[derive(Default, Debug)]
struct Around {
    via: Vec<Via>,
    tls: Option<Box<TlsFacts>>,
    unreachable: Option<Box<Unreachable>>,
}

/// What becomes a [`Record`]: small as long as nothing seldom is seen, since a hundred thousand may be open at once.
// Laid out as written: what every frame touches stands together.
#[repr(C)]
#[derive(Debug)]
struct Live {
    /// What is seldom or comes near the end: Close frames, breaches, gaps. The rest of it is filled in at the end.
    seldom: Option<Box<Record>>,
    detected: Detected,
    client: Dir,
    role: RoleEvidence,
    sides: ByDir<Traffic>,
    handshake: Handshake,
    /// The first text message of each direction, cut short.
    texts: Option<Box<ByDir<Option<Box<str>>>>>,
}

/// Frames of one direction, in one cache line. What counts to four billion stays there.
#[repr(C)]
#[derive(Default, Debug)]
struct Traffic {
    frames: u32,
    messages: u32,
    pongs: u32,
    last_opcode: Opcode,
    last_len: u64,
    last_at: Option<When>,
    payload_bytes: u64,
    largest_message: u64,
    pings: Rare<Pings>,
}

impl Traffic {
    fn last_frame(&self) -> Option<FrameSeen> {
        self.last_at.map(|mark| FrameSeen { mark, opcode: self.last_opcode, payload_len: self.last_len })
    }
}

impl Recorder {
    /// Takes an event in.
    pub fn apply(&mut self, event: Event, origin: &Origin<'_>) {
        let Event { mark, dir, what, .. } = event;
        match what {
            What::WebSocket(WebSocketEvent::Begins { by: Recognition::Frames { frames } }) => {
                let live = self.open(dir);
                live.detected = Detected::Frames(frames);
                live.learn_client(dir, RoleEvidence::Mask);
            }
            What::WebSocket(event) => {
                if let Some(live) = &mut self.live {
                    live.apply(event, mark, dir, origin);
                }
            }
            What::Http(HttpEvent::Asked(asked)) => self.open(dir).ask(asked, mark, dir),
            What::Http(HttpEvent::Answered(answered)) => self.open(dir.opposite()).answer(answered, mark, dir),
            What::Http(HttpEvent::RefusalBody(piece)) => {
                if let Some(live) = &mut self.live {
                    let odd = &mut *live.handshake.odd;
                    let before = odd.body.take().unwrap_or_default();
                    odd.body = Some((String::from(before) + &piece).into());
                }
            }
            What::Http(HttpEvent::NotHttp(body)) => {
                if let Some(live) = &mut self.live {
                    live.handshake.odd.body = Some(body);
                    live.handshake.odd.not_http = true;
                }
            }
            What::Missing { bytes } => {
                if let Some(live) = &mut self.live {
                    live.seldom(origin).sides[dir].hide(mark, bytes);
                }
            }
            What::Http(HttpEvent::EarlyData { .. }) => {}
            What::Via(via) => self.around_mut().via.push(*via),
            What::Tls(said) => self.around_mut().tls.get_or_insert_default().apply(dir, mark, said),
        }
    }

    /// Takes a frame in.
    #[inline]
    pub fn count(&mut self, frame: Frame, mark: Mark, dir: Dir) {
        if let Some(live) = &mut self.live {
            live.count(frame, mark, dir);
        }
    }

    fn around_mut(&mut self) -> &mut Around {
        self.around.get_or_insert_default()
    }

    /// Reads a little of what the next event of `dir` needs.
    #[inline]
    pub fn touch(&self, dir: Dir) -> u64 {
        self.live
            .as_ref()
            .map_or(0, |live| u64::from(live.sides[dir].frames ^ u32::from(live.role == RoleEvidence::Request)))
    }

    /// An ICMP error came about this flow.
    pub fn note_unreachable(&mut self, unreachable: Unreachable) {
        self.around_mut().unreachable = Some(Box::new(unreachable));
    }

    /// Something says WebSocket: there is a record.
    #[inline]
    pub fn has_record(&self) -> bool {
        self.live.is_some()
    }

    /// A Close was seen.
    pub fn has_close(&self) -> bool {
        let seldom = self.live.as_ref().and_then(|live| live.seldom.as_ref());
        seldom.is_some_and(|record| !record.closes.is_empty())
    }

    /// Opens the record of an attempt of which no request was seen.
    pub fn open_attempt(&mut self, client: Dir) {
        let live = self.open(client);
        live.detected = Detected::KnownServer;
        live.handshake.state = HandshakeState::None;
    }

    /// What TLS showed so far.
    pub fn tls(&self) -> Option<&TlsFacts> {
        self.around.as_ref()?.tls.as_deref()
    }

    /// The stream is over. Where TLS could not be read, its records may say WebSocket from outside: then there is a
    /// record.
    pub fn judge_shape(&mut self, tcp: &Tcp) {
        let Some(tls) = self.around.as_mut().and_then(|around| around.tls.as_mut()) else { return };
        let Some(opaque) = &tls.opaque else { return };
        let ends = ByDir(Dir::BOTH.map(|dir| {
            let tcp = tcp.sender(dir).seldom();
            let rst = tcp.rst.as_ref().map(|reset| reset.mark.at);
            [tcp.fin.map(|fin| fin.at), rst].into_iter().flatten().min()
        }));
        let shape = shape::shape(opaque, &ends);
        let client = opaque.client;
        let is_websocket = shape.websocket.is_some();
        tls.shape = Some(shape);
        if is_websocket && self.live.is_none() {
            let live = self.open(client);
            live.detected = Detected::TlsShape;
            live.learn_client(client, RoleEvidence::Request);
        }
    }

    /// Following the flow is over: completes the record with TCP's signals and gives it away.
    pub fn finish(
        &mut self,
        origin: &Origin<'_>,
        tcp: &mut Tcp,
        last: When,
        input_at: Timestamp,
        over: Over,
    ) -> Option<Box<Record>> {
        let mut record = self.live.take()?.into_record(origin);
        if let Some(around) = self.around.take() {
            record.via = around.via;
            record.tls = around.tls;
            record.unreachable = around.unreachable;
        }
        record.last = last;
        record.input_at = input_at;
        record.over = over;
        for dir in Dir::BOTH {
            record.sides[dir].unacknowledged = tcp.unacknowledged(dir);
            record.sides[dir].started_late = !tcp.saw_start(dir);
            record.sides[dir].tcp = tcp.take_signals(dir).into();
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

    fn open(&mut self, client: Dir) -> &mut Live {
        self.live.get_or_insert_with(|| {
            Box::new(Live {
                seldom: None,
                detected: Detected::Handshake,
                client,
                role: RoleEvidence::default(),
                sides: ByDir::default(),
                handshake: Handshake::default(),
                texts: None,
            })
        })
    }
}

fn syn_sender(sides: &ByDir<SideRecord>) -> Option<Dir> {
    let syn = |dir: Dir, ack: bool| sides[dir].tcp.syn.is_some() && sides[dir].tcp.syn_ack == ack;
    let asked = Dir::BOTH.into_iter().find(|dir| syn(*dir, false));
    asked.or_else(|| Dir::BOTH.into_iter().find(|dir| syn(*dir, true)).map(Dir::opposite))
}

impl Live {
    fn learn_client(&mut self, client: Dir, evidence: RoleEvidence) {
        if evidence >= self.role {
            self.client = client;
            self.role = evidence;
        }
    }

    fn seldom(&mut self, origin: &Origin<'_>) -> &mut Record {
        self.seldom.get_or_insert_with(|| Box::new(Record::new(origin)))
    }

    fn into_record(self, origin: &Origin<'_>) -> Box<Record> {
        let mut record = self.seldom.unwrap_or_else(|| Box::new(Record::new(origin)));
        record.client = self.client;
        record.role = self.role;
        record.detected = self.detected;
        record.handshake = self.handshake;
        for (side, traffic) in record.sides.0.iter_mut().zip(self.sides.0) {
            side.frames = traffic.frames.into();
            side.messages = traffic.messages.into();
            side.payload_bytes = traffic.payload_bytes;
            side.largest_message = traffic.largest_message;
            side.last_frame = traffic.last_frame();
            side.pongs = traffic.pongs.into();
            side.pings = traffic.pings;
        }
        if let Some(texts) = self.texts {
            for (side, text) in record.sides.0.iter_mut().zip(texts.0) {
                side.text = text;
            }
        }
        record
    }

    fn ask(&mut self, mut asked: Asked, mark: Mark, dir: Dir) {
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
            let asked = self.handshake.asked.as_ref().filter(|asked| !asked.cut);
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

    #[inline]
    fn count(&mut self, frame: Frame, mark: Mark, dir: Dir) {
        let Frame { opcode, fin, payload_len, message_len, masked } = frame;
        let side = &mut self.sides[dir];
        side.frames = side.frames.saturating_add(1);
        side.payload_bytes = side.payload_bytes.saturating_add(payload_len);
        (side.last_at, side.last_opcode, side.last_len) = (Some(mark.into()), opcode, payload_len);
        if !opcode.is_control() {
            side.messages = side.messages.saturating_add(u32::from(fin));
            side.largest_message = side.largest_message.max(message_len);
            if let Some(seldom) = &mut self.seldom {
                seldom.sides[dir.opposite()].note_carrying_on(mark);
            }
        }
        if self.role < RoleEvidence::Mask && self.sides[dir].frames == 1 {
            self.learn_client(if masked { dir } else { dir.opposite() }, RoleEvidence::Mask);
        }
    }

    fn apply(&mut self, event: WebSocketEvent, mark: Mark, dir: Dir, origin: &Origin<'_>) {
        match event {
            WebSocketEvent::Frame(frame) => self.count(frame, mark, dir),
            WebSocketEvent::Ping { digest } => self.sides[dir].pings.send(digest, mark),
            WebSocketEvent::Pong { digest } => {
                self.sides[dir].pongs = self.sides[dir].pongs.saturating_add(1);
                // A heartbeat sent unasked answers nothing.
                let pings = &mut self.sides[dir.opposite()].pings;
                if pings.sent > 0 {
                    pings.answer(digest);
                }
            }
            WebSocketEvent::Close(close) => {
                let quiet_since = ByDir(self.sides.0.each_ref().map(|side| side.last_at));
                self.seldom(origin).note_close(CloseSeen { dir, mark, close }, quiet_since);
            }
            WebSocketEvent::Text(text) => self.texts.get_or_insert_default()[dir] = Some(text),
            WebSocketEvent::Begins { .. } => {}
            seldom => self.seldom(origin).apply(seldom, mark, dir),
        }
    }
}

impl Record {
    fn new(origin: &Origin<'_>) -> Self {
        Self {
            key: *origin.key,
            client: Dir::Forward,
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

    fn note_close(&mut self, seen: CloseSeen, quiet_since: ByDir<Option<When>>) {
        if self.closes.is_empty() {
            self.before_close = quiet_since;
            self.closes.reserve_exact(2);
        }
        if self.closes.len() < CLOSES_KEPT {
            self.closes.push(seen);
        }
    }

    /// What is seldom.
    fn apply(&mut self, event: WebSocketEvent, mark: Mark, dir: Dir) {
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
    fn note_carrying_on(&mut self, mark: Mark) {
        let received = |end: u32| mark.acked.is_some_and(|acked| acked.get().wrapping_sub(end).cast_signed() >= 0);
        if self.hidden_until.is_some_and(received) {
            self.carried_on = self.carried_on.saturating_add(1);
        }
    }

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
        if self.sent == 0 {
            self.first_at = mark.at;
        }
        self.sent = self.sent.saturating_add(1);
        self.last_at = mark.at;
        self.unanswered = self.unanswered.saturating_add(1);
        if self.unanswered_since.is_none() {
            self.unanswered_since = Some(mark.into());
            self.digest = digest;
            return;
        }
        if self.waiting.len() >= PINGS_WAITING {
            self.waiting.remove(0);
        }
        self.waiting.push((digest, mark.into()));
    }

    /// A Pong answers its Ping and all before it (RFC 6455 §5.5.3); one that fits none was sent unasked.
    fn answer(&mut self, digest: u32) {
        if self.waiting.is_empty() {
            if self.unanswered_since.is_some() && self.digest == digest {
                (self.unanswered, self.unanswered_since, self.digest) = (0, None, 0);
            }
            return;
        }
        let answered = match self.waiting.iter().rposition(|(waiting, _)| *waiting == digest) {
            Some(at) => at + 1,
            None if self.unanswered_since.is_some() && self.digest == digest => 0,
            None => return,
        };
        self.unanswered = u32::try_from(self.waiting.len() - answered).unwrap_or(u32::MAX);
        let len = self.waiting.len();
        let mut waiting = self.waiting.drain(..(answered + 1).min(len)).skip(answered);
        let oldest = waiting.next();
        self.unanswered_since = oldest.map(|(_, mark)| mark);
        self.digest = oldest.map_or(0, |(digest, _)| digest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_open_connection_is_small() {
        // A hundred thousand may be open at once: what a frame changes is one cache line, and all of it little more than
        // four.
        assert!(size_of::<Traffic>() <= 64);
        assert!(size_of::<Live>() <= 280);
    }
}
