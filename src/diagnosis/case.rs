//! A record with its ending, and the questions that several rules ask of them.

use crate::catalogue::{Cause, EndedBy, Rules, Value};
use crate::event::Mark;
use crate::event::websocket::Breach;
use crate::packet::PacketRef;
use crate::record::{CloseFrame, ClosingHandshake, Ending, Record, Side, TransportEndKind};
use crate::tcp::{Reset, Signals};

use super::{Confidence, Evidence, Fixes, Params, Said, given};

/// What a rule looks at.
#[derive(Clone, Copy, Debug)]
pub(super) struct Case<'a> {
    pub record: &'a Record,
    pub ending: &'a Ending,
    // What nearly every rule asks first.
    decisive: Option<&'a CloseFrame>,
    ended_bare: bool,
}

/// What a rule answers.
#[derive(Clone, Debug)]
pub(super) struct Opinion {
    pub cause: Cause,
    pub confidence: Confidence,
    /// Whose act it was, where the rule knows better than the order of the packets.
    pub by: Option<EndedBy>,
    pub evidence: Vec<Evidence>,
    pub fixes: Fixes,
    pub next_steps: Vec<Said>,
    /// Why not, should another opinion win: most are just weaker.
    pub why_not: Option<Box<Said>>,
    /// What else it may have been, and what speaks against it.
    pub others: Vec<(Cause, Said)>,
}

impl Opinion {
    pub(super) fn new(cause: Cause, confidence: Confidence) -> Self {
        Self {
            cause,
            confidence,
            by: None,
            evidence: Vec::with_capacity(2),
            fixes: Fixes::default(),
            next_steps: Vec::new(),
            why_not: None,
            others: Vec::new(),
        }
    }

    pub(super) fn by(mut self, by: EndedBy) -> Self {
        self.by = Some(by);
        self
    }

    /// Adds evidence shown by a packet.
    pub(super) fn see(&mut self, id: &'static str, params: Params, packet: Option<PacketRef>) {
        self.evidence.push(Evidence { said: Said { id, params }, packet });
    }

    /// The same, on the way.
    pub(super) fn seen(mut self, id: &'static str, params: Params, packet: Option<PacketRef>) -> Self {
        self.see(id, params, packet);
        self
    }

    pub(super) fn next(mut self, id: &'static str) -> Self {
        self.next_steps.push(Said::bare(id));
        self
    }

    /// A next step that needs to know where and when.
    pub(super) fn next_at(mut self, id: &'static str, case: &Case<'_>) -> Self {
        let at = case.ending.closed.map_or(case.record.last.at, |mark| mark.at);
        let server = Value::Endpoint(case.record.endpoint(Side::Server));
        self.next_steps.push(Said { id, params: given([("server", server), ("at", Value::At(at))]) });
        self
    }

    /// Something that `side` should change.
    pub(super) fn fix(mut self, side: Side, fix: Said) -> Self {
        match side {
            Side::Client => self.fixes.client.push(fix),
            Side::Server => self.fixes.server.push(fix),
        }
        self
    }

    /// Something to change between and around.
    pub(super) fn fix_between(mut self, fix: Said) -> Self {
        self.fixes.infrastructure.push(fix);
        self
    }

    /// What else looks like this on the wire, and what speaks against it.
    pub(super) fn or(mut self, cause: Cause, why_not: &'static str, params: Params) -> Self {
        self.others.push((cause, Said { id: why_not, params }));
        self
    }

    pub(super) fn why_not(self, id: &'static str) -> Self {
        self.why_not_with(id, Params::new())
    }

    pub(super) fn why_not_with(mut self, id: &'static str, params: Params) -> Self {
        self.why_not = Some(Box::new(Said { id, params }));
        self
    }
}

/// A side as a word of the catalogue.
pub(super) fn side_value(side: Side) -> Value {
    Value::Label(side.id())
}

/// A breach as parameters: its text, and the number that belongs in it.
pub(super) fn violation(breach: Breach) -> Params {
    let violation = ("violation", Value::Rule(Rules::Violation, breach.id()));
    let detail = breach.detail().map(|(name, number)| (name, Value::Count(number)));
    [violation].into_iter().chain(detail).collect()
}

/// A side as the one who ended it.
pub(super) fn ended_by(side: Side) -> EndedBy {
    match side {
        Side::Client => EndedBy::Client,
        Side::Server => EndedBy::Server,
    }
}

impl<'a> Case<'a> {
    pub(super) fn new(record: &'a Record, ending: &'a Ending) -> Self {
        let decisive = ending.decided_by.and_then(|index| ending.frames.get(index));
        let mut case = Self { record, ending, decisive, ended_bare: false };
        let ended = ending.transport.kind != TransportEndKind::None;
        let seen = !case.is_sealed() || ending.handshake == ClosingHandshake::None;
        case.ended_bare = record.is_open() && decisive.is_none() && ended && seen;
        case
    }

    pub(super) fn tcp(&self, side: Side) -> &'a Signals {
        &self.record.side(side).tcp
    }

    pub(super) fn rst(&self, side: Side) -> Option<&'a Reset> {
        self.tcp(side).rst.as_deref()
    }

    /// HTTP status of the answer to the upgrade.
    pub(super) fn status(&self) -> Option<u16> {
        self.record.handshake.answered.as_ref().map(|answered| answered.status)
    }

    /// permessage-deflate was agreed.
    pub(super) fn deflates(&self) -> bool {
        let accepted = self.record.handshake.answered.as_ref().and_then(|answered| answered.extensions.as_deref());
        accepted.is_some_and(|extensions| extensions.contains("permessage-deflate"))
    }

    /// The Close frame that gave the code.
    pub(super) fn decisive(&self) -> Option<&'a CloseFrame> {
        self.decisive
    }

    /// The first Close frame that is not ignored, valid or not.
    pub(super) fn first_close(&self) -> Option<&'a CloseFrame> {
        self.ending.frames.iter().find(|frame| !frame.ignored)
    }

    /// TCP ended, or went silent for good, without a valid Close. What could not be read may hold one.
    pub(super) fn ended_bare(&self) -> bool {
        self.ended_bare
    }

    /// TLS that was not read: frames are told from its records' sizes at best.
    pub(super) fn is_sealed(&self) -> bool {
        self.record.tls.as_ref().is_some_and(|tls| !tls.is_decrypted())
    }

    /// The text that says that no Close was there, as far as that can be known.
    pub(super) fn no_close_id(&self) -> &'static str {
        if self.is_sealed() { "no-close-frame-encrypted" } else { "no-close-frame" }
    }

    /// Whose FIN or RST came first, and where.
    pub(super) fn transport_act(&self) -> Option<(Side, Mark)> {
        self.ending.transport.from.zip(self.ending.transport.mark)
    }

    /// Seconds since `side` had last sent anything before `act`.
    pub(super) fn idle(&self, side: Side, act: &Mark) -> Option<f64> {
        self.record.last_sent_before(side, act).map(|last| act.at.seconds_since(last))
    }

    /// Seconds since either side had last sent anything before `act`.
    pub(super) fn silence(&self, act: &Mark) -> Option<f64> {
        let idle = Side::BOTH.into_iter().filter_map(|side| self.idle(side, act));
        idle.reduce(f64::min)
    }

    /// Seconds from the 101 (or the first packet) to `act`.
    pub(super) fn age(&self, act: &Mark) -> f64 {
        let answered = self.record.handshake.answered_mark.map(|mark| mark.at);
        act.at.seconds_since(answered.unwrap_or(self.record.first.at))
    }

    /// A valid Close frame of `side`.
    pub(super) fn close_of(&self, side: Side) -> Option<&'a CloseFrame> {
        self.ending.frames.iter().find(|frame| frame.from == side && frame.valid && !frame.ignored)
    }
}
