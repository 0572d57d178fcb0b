//! What is kept of a WebSocket while it is open: small, since a hundred thousand may be open at once.
//!
//! What frames change are three cache lines for both directions. What is seldom goes straight into the [`Record`] that
//! all of it becomes at the end.

use super::facts::{CloseSeen, FrameSeen, Handshake, HandshakeState, Oddities};
use super::pings::Pings;
use super::recorder::Origin;
use super::{Detected, Record, RoleEvidence, Told, handshake, redact};
use crate::event::http::{Answer, Answered, Asked};
use crate::event::websocket::{Frame, WebSocketEvent};
use crate::event::{Mark, When};
use crate::limits::EARLIER_REFUSALS_KEPT;
use crate::packet::{ByDir, Dir};
use crate::tcp::Rare;
use crate::wire::websocket::Opcode;

/// What becomes a [`Record`].
// Laid out as written: what frames need stands first.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Live {
    pub(super) detected: Detected,
    pub(super) client: Dir,
    pub(super) role: RoleEvidence,
    /// How far the handshake got.
    pub(super) state: HandshakeState,
    pub(super) sides: ByDir<Traffic>,
    /// What is seldom or comes near the end: Close frames, breaches, gaps. The rest of it is filled in at the end.
    pub(super) seldom: Option<Box<Record>>,
    extra: Option<Box<Extra>>,
    asked: Option<Asked>,
    asked_mark: Option<When>,
    answered: Option<Answered>,
    answered_mark: Option<When>,
}

/// What not every connection has from its beginning.
#[derive(Default, Debug)]
struct Extra {
    odd: Rare<Oddities>,
    /// The first text message of each direction, cut short.
    texts: ByDir<Option<Box<str>>>,
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
    pings: Pings,
}

impl Traffic {
    fn last_frame(&self) -> Option<FrameSeen> {
        self.last_at.map(|mark| FrameSeen { mark, opcode: self.last_opcode, payload_len: self.last_len })
    }
}

impl Live {
    /// A connection of which nothing is known but that it is to be reported.
    pub(super) fn new(client: Dir) -> Self {
        Self {
            sides: ByDir::default(),
            seldom: None,
            extra: None,
            detected: Detected::Handshake,
            client,
            role: RoleEvidence::default(),
            state: HandshakeState::default(),
            asked: None,
            asked_mark: None,
            answered: None,
            answered_mark: None,
        }
    }

    /// Reads a little of each place in memory that frames need, or that its end needs.
    #[inline]
    pub(super) fn touch(&self, ends: bool) -> u64 {
        let [one, other] = &self.sides.0;
        let frames = u64::from(one.frames ^ other.frames ^ other.pings.sent());
        if ends {
            frames ^ self.role as u64 ^ self.answered_mark.map_or(0, |mark| mark.at.0.cast_unsigned())
        } else {
            frames
        }
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

    pub(super) fn into_record(self, origin: &Origin<'_>, told: &mut Told<Record>) -> Box<Record> {
        let mut record = self.seldom.unwrap_or_else(|| new_record(origin, told));
        record.client = self.client;
        record.role = self.role;
        record.detected = self.detected;
        let extra = self.extra.map(|extra| *extra).unwrap_or_default();
        record.handshake = Handshake {
            state: self.state,
            asked: self.asked,
            asked_mark: self.asked_mark,
            answered: self.answered,
            answered_mark: self.answered_mark,
            odd: extra.odd,
        };
        for ((side, traffic), text) in record.sides.0.iter_mut().zip(self.sides.0).zip(extra.texts.0) {
            side.frames = traffic.frames.into();
            side.messages = traffic.messages.into();
            side.payload_bytes = traffic.payload_bytes;
            side.largest_message = traffic.largest_message;
            side.last_frame = traffic.last_frame();
            side.pongs = traffic.pongs.into();
            side.pings = traffic.pings;
            side.text = text;
        }
        record
    }

    /// What is unusual about the handshake.
    pub(super) fn odd_mut(&mut self) -> &mut Oddities {
        &mut self.extra.get_or_insert_default().odd
    }

    pub(super) fn ask(&mut self, mut asked: Asked, mark: Mark, dir: Dir) {
        self.learn_client(dir, RoleEvidence::Request);
        redact::asked(&mut asked);
        let odd_before = self.extra.as_mut().map(|extra| extra.odd.take());
        let mut earlier = odd_before.unwrap_or_default().earlier;
        if self.state == HandshakeState::Refused && earlier.len() < EARLIER_REFUSALS_KEPT {
            earlier.extend(self.answered.as_ref().map(|answered| answered.status));
        }
        let problems = if asked.cut { Vec::new() } else { handshake::problems_of_request(&asked) };
        if !(earlier.is_empty() && problems.is_empty()) {
            *self.odd_mut() = Oddities { earlier, problems, ..Oddities::default() };
        }
        self.state = HandshakeState::Incomplete;
        (self.asked, self.asked_mark) = (Some(asked), Some(mark.into()));
        (self.answered, self.answered_mark) = (None, None);
    }

    pub(super) fn answer(&mut self, mut answer: Answer, mark: Mark, dir: Dir) {
        self.learn_client(dir.opposite(), RoleEvidence::Request);
        if !answer.head.cut {
            let asked = self.asked.as_ref().filter(|asked| !asked.cut);
            let problems = handshake::problems_of_answer(asked, &answer);
            if !problems.is_empty() {
                self.odd_mut().problems.extend(problems);
            }
        }
        redact::answered(&mut answer.head);
        let is_upgrade = answer.head.status == 101;
        self.state = if is_upgrade { HandshakeState::Accepted } else { HandshakeState::Refused };
        self.answered = Some(answer.head);
        self.answered_mark = Some(mark.into());
    }

    #[inline]
    pub(super) fn count(&mut self, frame: Frame, mark: Mark, dir: Dir) {
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
            self.beat(opcode, digest, mark, dir);
        }
        if frames == 1 && self.role < RoleEvidence::Mask {
            self.learn_client(if masked { dir } else { dir.opposite() }, RoleEvidence::Mask);
        }
    }

    /// A Ping or Pong.
    fn beat(&mut self, opcode: Opcode, digest: u32, mark: Mark, dir: Dir) {
        if opcode == Opcode::PING {
            return self.sides[dir].pings.send(digest, mark);
        }
        self.sides[dir].pongs = self.sides[dir].pongs.saturating_add(1);
        // A heartbeat sent unasked answers nothing.
        self.sides[dir.opposite()].pings.answer(digest);
    }

    pub(super) fn apply(
        &mut self,
        event: WebSocketEvent,
        mark: Mark,
        dir: Dir,
        origin: &Origin<'_>,
        told: &mut Told<Record>,
    ) {
        match event {
            WebSocketEvent::Frame(frame) => self.count(frame, mark, dir),
            WebSocketEvent::Close(close) => {
                let quiet_since = ByDir(self.sides.0.each_ref().map(|side| side.last_at));
                self.seldom(origin, told).note_close(CloseSeen { dir, mark, close }, quiet_since);
            }
            WebSocketEvent::Text(text) => self.extra.get_or_insert_default().texts[dir] = Some(text),
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
        // A hundred thousand may be open at once: what frames change are three cache lines, and all of it five.
        assert!(size_of::<Traffic>() <= 96);
        assert!(size_of::<Live>() <= 320);
    }
}
