//! What is kept of a WebSocket while it is open: small, since a hundred thousand may be open at once.
//!
//! What frames change are two cache lines, one for each direction. What not every connection has stands [`Beside`] it; what
//! is seldom goes straight into the [`Record`] that all of it becomes at the end.

use std::sync::Arc;

use super::beside::Beside;
use super::facts::{CloseSeen, FrameSeen, Handshake, HandshakeState, Oddities};
use super::pings::Pings;
use super::recorder::Origin;
use super::{Detected, Record, RoleEvidence, Told, handshake, redact};
use crate::event::http::{Answer, Answered, AnsweredCommon, Asked, AskedCommon};
use crate::event::key::Key;
use crate::event::websocket::{Frame, WebSocketEvent};
use crate::event::{Mark, Near, When};
use crate::limits::EARLIER_REFUSALS_KEPT;
use crate::packet::{ByDir, Dir};
use crate::prefetch::prefetch;
use crate::rare::Rare;
use crate::wire::websocket::Opcode;

/// What becomes a [`Record`].
// Laid out as written: the lines that frames need are theirs alone.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Live {
    asked: Option<Request>,
    pub(super) detected: Detected,
    pub(super) client: Dir,
    pub(super) role: RoleEvidence,
    /// How far the handshake got.
    pub(super) state: HandshakeState,
    /// The side whose Pings are kept here: it was the first to send one.
    pinger: Dir,
    /// Something says WebSocket. Apart from all else, so that the rest may be asked for before that is known.
    pub(super) opened: bool,
    pub(super) sides: ByDir<Traffic>,
    /// What is seldom or comes near the end: Close frames, breaches, gaps. The rest of it is filled in at the end.
    pub(super) seldom: Option<Box<Record>>,
    pings: Pings,
    answered: Option<Arc<AnsweredCommon<'static>>>,
    /// None where it was late: that is kept beside.
    asked_at: Option<Near>,
    answered_at: Option<Near>,
}

/// What is kept of an [`Asked`] of every connection.
#[derive(Debug)]
struct Request {
    common: Arc<AskedCommon<'static>>,
    target: Arc<str>,
    key: Option<Key>,
}

impl Request {
    fn asked(self) -> Asked {
        let Self { common, target, key } = self;
        Asked { common, target, key, rare: None }
    }
}

/// Frames of one direction. What counts to four billion stays there.
#[repr(C)]
#[derive(Default, Debug)]
pub(super) struct Traffic {
    pub(super) frames: u32,
    messages: u32,
    pongs: u32,
    last_opcode: Opcode,
    /// Something seldom occurred on either side.
    eventful: bool,
    last_len: u64,
    last_at: Option<When>,
    payload_bytes: u64,
    largest_message: u64,
}

impl Traffic {
    fn last_frame(&self) -> Option<FrameSeen> {
        self.last_at.map(|mark| FrameSeen { mark, opcode: self.last_opcode, payload_len: self.last_len })
    }
}

/// Nothing says WebSocket.
impl Default for Live {
    fn default() -> Self {
        Self { opened: false, ..Self::new(Dir::Forward) }
    }
}

impl Live {
    /// A connection of which nothing is known but that it is to be reported.
    pub(super) fn new(client: Dir) -> Self {
        Self {
            asked: None,
            detected: Detected::Handshake,
            client,
            role: RoleEvidence::default(),
            state: HandshakeState::default(),
            pinger: client,
            opened: true,
            sides: ByDir::default(),
            seldom: None,
            pings: Pings::default(),
            answered: None,
            asked_at: None,
            answered_at: None,
        }
    }

    /// Itself, if something says WebSocket.
    #[inline]
    pub(super) fn opened(&mut self) -> Option<&mut Self> {
        self.opened.then_some(self)
    }

    /// Itself: from now on it is to be reported.
    pub(super) fn open(&mut self, client: Dir) -> &mut Self {
        if !self.opened {
            *self = Self::new(client);
        }
        self
    }

    /// Asks for what frames of `dir` need.
    #[inline]
    pub(super) fn prefetch(&self, dir: Dir) {
        prefetch(&self.opened);
        prefetch(&self.sides[dir].frames);
        self.pings.prefetch();
    }

    /// A Close was seen.
    pub(super) fn has_close(&self) -> bool {
        self.seldom.as_ref().is_some_and(|record| !record.closes.is_empty())
    }

    pub(super) fn learn_client(&mut self, client: Dir, evidence: RoleEvidence) {
        if evidence >= self.role {
            self.client = client;
            self.role = evidence;
        }
    }

    pub(super) fn seldom(&mut self, origin: &Origin<'_>, told: &mut Told<Record>) -> &mut Record {
        self.sides.0.iter_mut().for_each(|side| side.eventful = true);
        self.seldom.get_or_insert_with(|| new_record(origin, told))
    }

    pub(super) fn into_record(
        self,
        origin: &Origin<'_>,
        told: &mut Told<Record>,
        mut beside: Rare<Beside>,
    ) -> Box<Record> {
        let mut record = self.seldom.unwrap_or_else(|| new_record(origin, told));
        record.client = self.client;
        record.role = self.role;
        record.detected = self.detected;
        record.handshake = Handshake {
            state: self.state,
            asked: self.asked.map(Request::asked),
            asked_mark: self.asked_at.map(|near| near.after(*origin.first)),
            answered: self.answered.map(|common| Answered { common, rare: None }),
            answered_mark: self.answered_at.map(|near| near.after(*origin.first)),
            ..Handshake::default()
        };
        for (side, traffic) in record.sides.0.iter_mut().zip(self.sides.0) {
            side.frames = traffic.frames.into();
            side.messages = traffic.messages.into();
            side.payload_bytes = traffic.payload_bytes;
            side.largest_message = traffic.largest_message;
            side.last_frame = traffic.last_frame();
            side.pongs = traffic.pongs.into();
        }
        record.sides[self.pinger].pings = self.pings;
        if let Some(beside) = beside.get_mut() {
            beside.complete(&mut record, self.pinger);
        }
        record
    }

    pub(super) fn ask(&mut self, mut asked: Asked, mark: Mark, dir: Dir, first: When, beside: &mut Rare<Beside>) {
        self.learn_client(dir, RoleEvidence::Request);
        redact::asked(&mut asked);
        let odd_before = beside.get_mut().map(|beside| beside.odd.take());
        let mut earlier = odd_before.unwrap_or_default().earlier;
        if self.state == HandshakeState::Refused && earlier.len() < EARLIER_REFUSALS_KEPT {
            earlier.extend(self.answered.as_ref().map(|answered| answered.status));
        }
        let problems = if asked.cut { Vec::new() } else { handshake::problems_of_request(&asked) };
        if !(earlier.is_empty() && problems.is_empty()) {
            *beside.odd = Oddities { earlier, problems, ..Oddities::default() };
        }
        self.state = HandshakeState::Incomplete;
        let Asked { common, target, key, rare } = asked;
        (self.asked, self.answered) = (Some(Request { common, target, key }), None);
        (self.asked_at, self.answered_at) = (Near::new(mark.into(), first), None);
        Beside::ask(beside, rare, self.asked_at.is_none().then(|| mark.into()));
    }

    pub(super) fn answer(&mut self, mut answer: Answer, mark: Mark, dir: Dir, first: When, beside: &mut Rare<Beside>) {
        self.learn_client(dir.opposite(), RoleEvidence::Request);
        if !answer.head.cut {
            let asked = self.asked.take().map(Request::asked);
            let problems = handshake::problems_of_answer(asked.as_ref().filter(|asked| !asked.cut), &answer);
            self.asked = asked.map(|Asked { common, target, key, .. }| Request { common, target, key });
            if !problems.is_empty() {
                beside.odd.problems.extend(problems);
            }
        }
        redact::answered(&mut answer.head);
        let is_upgrade = answer.head.status == 101;
        self.state = if is_upgrade { HandshakeState::Accepted } else { HandshakeState::Refused };
        let Answered { common, rare } = answer.head;
        self.answered = Some(common);
        self.answered_at = Near::new(mark.into(), first);
        Beside::answer(beside, rare, self.answered_at.is_none().then(|| mark.into()));
    }

    #[inline]
    pub(super) fn count(&mut self, frame: Frame, mark: Mark, dir: Dir, beside: &mut Rare<Beside>) {
        let Frame { opcode, fin, payload_len, message_len, masked, digest } = frame;
        let side = &mut self.sides[dir];
        side.frames = side.frames.saturating_add(1);
        let frames = side.frames;
        side.payload_bytes = side.payload_bytes.saturating_add(payload_len);
        (side.last_at, side.last_opcode, side.last_len) = (Some(mark.into()), opcode, payload_len);
        if !opcode.is_control() {
            side.messages = side.messages.saturating_add(u32::from(fin));
            side.largest_message = side.largest_message.max(message_len);
            if side.eventful
                && let Some(seldom) = &mut self.seldom
            {
                seldom.sides[dir.opposite()].note_carrying_on(mark);
            }
        }
        if let Some(digest) = digest {
            self.beat(opcode, digest, mark, dir, beside);
        }
        if frames == 1 && self.role < RoleEvidence::Mask {
            self.learn_client(if masked { dir } else { dir.opposite() }, RoleEvidence::Mask);
        }
    }

    /// A Ping or Pong.
    fn beat(&mut self, opcode: Opcode, digest: u32, mark: Mark, dir: Dir, beside: &mut Rare<Beside>) {
        if opcode == Opcode::PING {
            if self.pings.sent() == 0 {
                self.pinger = dir;
            }
            let own = self.pinger == dir;
            let pings = if own { &mut self.pings } else { beside.pings.get_or_insert_default() };
            return pings.send(digest, mark);
        }
        self.sides[dir].pongs = self.sides[dir].pongs.saturating_add(1);
        // A heartbeat sent unasked answers nothing.
        if self.pinger != dir {
            self.pings.answer(digest);
        } else if let Some(pings) = beside.get_mut().and_then(|beside| beside.pings.as_mut()) {
            pings.answer(digest);
        }
    }

    pub(super) fn apply(
        &mut self,
        event: WebSocketEvent,
        mark: Mark,
        dir: Dir,
        origin: &Origin<'_>,
        told: &mut Told<Record>,
        beside: &mut Rare<Beside>,
    ) {
        match event {
            WebSocketEvent::Frame(frame) => self.count(frame, mark, dir, beside),
            WebSocketEvent::Close(close) => {
                let quiet_since = ByDir(self.sides.0.each_ref().map(|side| side.last_at));
                self.seldom(origin, told).note_close(CloseSeen { dir, mark, close }, quiet_since);
            }
            WebSocketEvent::Text(text) => beside.keep_text(dir, &text),
            WebSocketEvent::Begins { .. } => {}
            seldom => self.seldom(origin, told).apply(seldom, mark, dir),
        }
    }
}

fn new_record(origin: &Origin<'_>, told: &mut Told<Record>) -> Box<Record> {
    let Some(mut record) = told.again() else { return Box::new(Record::new(origin)) };
    let mut closes = std::mem::take(&mut record.closes);
    closes.clear();
    *record = Record { closes, ..Record::new(origin) };
    record
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_open_connection_is_small() {
        // A hundred thousand may be open at once: what frames change is a cache line each, and all of it four.
        assert!(size_of::<Traffic>() <= 56);
        assert!(size_of::<Live>() <= 240);
    }
}
