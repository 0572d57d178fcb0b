//! How a connection ended, derived from what was seen: code, who, how. No cause.

use super::facts::{CloseSeen, HandshakeState, SideRecord};
use super::{Detected, Over, Record, Side};
use crate::event::Mark;
use crate::limits::{LOST_AFTER, LOST_REPETITIONS};
use crate::wire::websocket::CloseCode;

/// Where a connection stands at the end of the story.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum State {
    /// It ended.
    Closed,
    /// A Close was seen, TCP had not ended.
    Closing,
    /// It goes on.
    Open,
    /// One side went on retransmitting into silence.
    Lost,
    /// It was dropped by a limit of ours.
    Evicted,
}

impl State {
    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Closing => "closing",
            Self::Open => "open",
            Self::Lost => "lost",
            Self::Evicted => "evicted",
        }
    }
}

/// How much of the closing handshake (RFC 6455 §7.1.2) took place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClosingHandshake {
    /// Both sides sent a Close.
    Complete,
    /// One side did.
    OneSided,
    /// Neither did.
    None,
    /// The capture cannot tell.
    Unknown,
}

impl ClosingHandshake {
    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::OneSided => "one-sided",
            Self::None => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// What ended the transport first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum TransportEndKind {
    /// TCP FIN.
    Fin,
    /// TCP RST.
    Rst,
    /// Retransmissions without an answer.
    Timeout,
    /// HTTP/2 RST_STREAM.
    RstStream,
    /// HTTP/2 GOAWAY.
    Goaway,
    /// HTTP/2 END_STREAM.
    EndStream,
    /// A fatal TLS alert.
    TlsAlert,
    /// Nothing yet.
    None,
}

impl TransportEndKind {
    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Fin => "fin",
            Self::Rst => "rst",
            Self::Timeout => "timeout",
            Self::RstStream => "rst-stream",
            Self::Goaway => "goaway",
            Self::EndStream => "end-stream",
            Self::TlsAlert => "tls-alert",
            Self::None => "none",
        }
    }
}

/// The first end of the transport.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TransportEnd {
    /// How.
    pub kind: TransportEndKind,
    /// Whose.
    pub from: Option<Side>,
    /// Where.
    pub mark: Option<Mark>,
}

/// A Close frame in causal order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CloseFrame {
    /// Who sent it.
    pub from: Side,
    /// Its code; None where it holds none.
    pub code: Option<CloseCode>,
    /// Its reason; invalid bytes as U+FFFD.
    pub reason: Option<String>,
    /// The reason's bytes, where they are no UTF-8.
    pub reason_bytes: Option<Vec<u8>>,
    /// Where it ended.
    pub mark: Mark,
    /// A second one of the same side, or one that nobody could receive.
    pub ignored: bool,
    /// It may be sent: assigned code, whole, valid.
    pub valid: bool,
}

/// How a connection ended.
#[derive(Clone, PartialEq, Debug)]
pub struct Ending {
    /// Where it stands.
    pub state: State,
    /// The connection's code; None while open or where the capture cannot tell.
    pub code: Option<CloseCode>,
    /// No Close frame carried this code.
    pub inferred: bool,
    /// Index in `frames` of the frame that gave the code.
    pub decided_by: Option<usize>,
    /// Close frames in causal order.
    pub frames: Vec<CloseFrame>,
    /// How much of the closing handshake took place.
    pub handshake: ClosingHandshake,
    /// Both Close frames seen (or the missing one explained by a gap), then TCP ended.
    pub clean: bool,
    /// Whose act ended it, as far as the packets alone tell.
    pub by: Option<Side>,
    /// The first end of the transport.
    pub transport: TransportEnd,
    /// The first ending act: Close, FIN, RST or alert.
    pub closed: Option<Mark>,
    /// Whose it was.
    pub closed_from: Option<Side>,
    /// Last FIN or RST.
    pub tcp_ended: Option<Mark>,
    /// Why the capture cannot tell: a Close may lie in missing bytes.
    pub hidden: bool,
}

impl Record {
    /// Derives how the connection ended.
    pub fn ending(&self) -> Ending {
        self.ending_with(Vec::new())
    }

    /// The same, with the Close frames put into an empty list that is there already.
    pub(crate) fn ending_with(&self, frames: Vec<CloseFrame>) -> Ending {
        let frames = self.close_frames(frames);
        let hidden = self.may_hide_its_end();
        let lost = self.lost_side();
        let (transport, tcp_ended) = self.transport_ends(lost);
        let ended = transport.kind != TransportEndKind::None;
        let decided_by = decisive(&frames);
        let shape = self.tls.as_ref().and_then(|tls| tls.shape);
        let shaped = shape.map_or(ClosingHandshake::Unknown, |shape| shape.close_handshake);
        let code = match decided_by.and_then(|index| frames.get(index)) {
            Some(frame) => Some(frame.code.unwrap_or(CloseCode::NO_STATUS)),
            None if self.tls_failed(ended) => Some(CloseCode::TLS_HANDSHAKE),
            // From outside no code can be read; that there was no Close can be told.
            None if self.detected == Detected::TlsShape => {
                (ended && shaped == ClosingHandshake::None).then_some(CloseCode::ABNORMAL)
            }
            None if ended && !hidden || self.handshake.state == HandshakeState::None => Some(CloseCode::ABNORMAL),
            None => None,
        };
        let inferred =
            code.is_some() && decided_by.and_then(|index| frames.get(index)).is_none_or(|frame| frame.code.is_none());
        let (closed_from, closed) = self.first_act(&frames, decided_by, &transport);
        let handshake = match self.detected {
            Detected::TlsShape => shaped,
            _ => self.closing_handshake(&frames, ended),
        };
        Ending {
            state: self.state(&frames, &transport),
            clean: ended
                && handshake == ClosingHandshake::Complete
                && frames.iter().all(|frame| frame.valid || frame.ignored),
            by: closed_from,
            code,
            inferred,
            decided_by,
            handshake,
            transport,
            closed,
            closed_from,
            tcp_ended,
            hidden: code.is_none() && hidden,
            frames,
        }
    }

    /// No request came because TLS failed.
    fn tls_failed(&self, ended: bool) -> bool {
        self.handshake.state == HandshakeState::None && self.tls.as_ref().is_some_and(|tls| tls.has_failed(ended))
    }

    /// Close frames in causal order, with those that nobody heeds marked.
    fn close_frames(&self, mut frames: Vec<CloseFrame>) -> Vec<CloseFrame> {
        frames.reserve_exact(self.closes.len());
        for seen in &self.closes {
            let from = self.side_of(seen.dir);
            let before = |other: &CloseFrame| other.from != from && seen.mark.precedes(&other.mark);
            let at = frames.iter().position(before).unwrap_or(frames.len());
            // A side's own frames stay in their order.
            let own_last = frames.iter().rposition(|other| other.from == from).map_or(0, |last| last + 1);
            frames.insert(at.max(own_last), close_frame(seen, from));
        }
        for index in 0..frames.len() {
            let Some((frame, earlier)) = frames.get_mut(..=index).and_then(<[_]>::split_last_mut) else { break };
            let second = earlier.iter().any(|other| other.from == frame.from);
            let answers = earlier.iter().any(|other| other.from != frame.from && !other.ignored);
            let may_answer = self.may_have_said_unseen(frame.from.opposite());
            let unheard = !answers && !may_answer && self.left_before(frame.from.opposite(), &frame.mark);
            frame.ignored = second || unheard;
        }
        frames
    }

    /// What the capture lacks may hold a Close, or the answer to the request and all that came of it.
    fn may_hide_its_end(&self) -> bool {
        let hides = |side: Side| self.side(side).may_hide_a_close() || self.side(side).tcp.packets == 0;
        let lacks = |side: Side| self.side(side).started_late || self.side(side).tcp.missing_bytes > 0;
        match self.handshake.state {
            HandshakeState::Incomplete => Side::BOTH.into_iter().any(lacks),
            HandshakeState::Accepted | HandshakeState::Unseen => Side::BOTH.into_iter().any(hides),
            // Another request may follow a refusal on the same connection, and be answered better.
            HandshakeState::Refused => Side::BOTH.into_iter().any(|side| self.side(side).hidden.is_some()),
            HandshakeState::None => false,
        }
    }

    /// `side` may have sent a Close that the capture does not hold.
    fn may_have_said_unseen(&self, side: Side) -> bool {
        let side = self.side(side);
        let joined_late = side.started_late && side.frames == 0 && self.handshake.state == HandshakeState::Unseen;
        joined_late || side.may_hide_a_close()
    }

    /// `side` had sent its FIN or RST before `mark` of the other side.
    fn left_before(&self, side: Side, mark: &Mark) -> bool {
        let tcp = &self.side(side).tcp;
        let rst = tcp.rst.as_ref().map(|reset| reset.mark);
        [tcp.fin, rst].into_iter().flatten().any(|left| left.precedes(mark))
    }

    /// A side that went on sending into silence: CONTRACT asks for 3 repetitions over 3 s at least.
    pub fn lost_side(&self) -> Option<Side> {
        Side::BOTH.into_iter().find(|side| {
            let peer_was_there = self.side(side.opposite()).tcp.packets > 0;
            let stuck = self.side(*side).tcp.stuck.as_deref();
            peer_was_there && stuck.is_some_and(|stuck| stuck.count >= LOST_REPETITIONS && stuck.lasted() >= LOST_AFTER)
        })
    }

    /// The first end of the transport, and the last FIN or RST.
    fn transport_ends(&self, lost: Option<Side>) -> (TransportEnd, Option<Mark>) {
        let mut first: Option<(Side, &Mark, TransportEndKind)> = None;
        let mut last: Option<&Mark> = None;
        for side in Side::BOTH {
            let tcp = &self.side(side).tcp;
            let fin = tcp.fin.as_ref().map(|mark| (mark, TransportEndKind::Fin));
            let rst = tcp.rst.as_deref().map(|reset| (&reset.mark, TransportEndKind::Rst));
            for (mark, kind) in [fin, rst].into_iter().flatten() {
                if first.is_none_or(
                    |(other, first, _)| if other == side { mark.at < first.at } else { mark.precedes(first) },
                ) {
                    first = Some((side, mark, kind));
                }
                if last.is_none_or(|last| (last.at, last.packet) <= (mark.at, mark.packet)) {
                    last = Some(mark);
                }
            }
        }
        let transport = match (first, lost) {
            (Some((from, mark, kind)), _) => TransportEnd { kind, from: Some(from), mark: Some(*mark) },
            (None, Some(_)) => TransportEnd { kind: TransportEndKind::Timeout, from: None, mark: None },
            (None, None) => TransportEnd { kind: TransportEndKind::None, from: None, mark: None },
        };
        (transport, last.copied())
    }

    /// Whose act came first: Close, FIN or RST. After an illegal Close it is the side that closed because of it.
    fn first_act(
        &self,
        frames: &[CloseFrame],
        decided_by: Option<usize>,
        transport: &TransportEnd,
    ) -> (Option<Side>, Option<Mark>) {
        let decisive = decided_by.and_then(|index| frames.get(index));
        let heeded = decisive.filter(|frame| frame.valid).or_else(|| decisive.filter(|frame| !frame.valid));
        match (heeded, transport.from.zip(transport.mark)) {
            (Some(frame), Some((side, mark))) if side != frame.from && mark.precedes(&frame.mark) => {
                let own = frames.iter().any(|other| other.from == side && !other.ignored && other.valid);
                if own { (Some(frame.from), Some(frame.mark)) } else { (Some(side), Some(mark)) }
            }
            (Some(frame), _) => (Some(frame.from), Some(frame.mark)),
            (None, Some((side, mark))) => (Some(side), Some(mark)),
            (None, None) => {
                (None, self.lost_side().and_then(|side| self.side(side).tcp.stuck.as_deref()).map(|stuck| stuck.first))
            }
        }
    }

    fn closing_handshake(&self, frames: &[CloseFrame], ended: bool) -> ClosingHandshake {
        let said = |side: Side| frames.iter().any(|frame| frame.from == side && !frame.ignored);
        let may_have_said = |side: Side| self.side(side).may_hide_a_close();
        match (said(Side::Client), said(Side::Server)) {
            (true, true) => ClosingHandshake::Complete,
            (true, false) if may_have_said(Side::Server) => ClosingHandshake::Unknown,
            (false, true) if may_have_said(Side::Client) => ClosingHandshake::Unknown,
            (false, false) if ended && Side::BOTH.into_iter().any(may_have_said) => ClosingHandshake::Unknown,
            (false, false) => ClosingHandshake::None,
            _ => ClosingHandshake::OneSided,
        }
    }

    fn state(&self, frames: &[CloseFrame], transport: &TransportEnd) -> State {
        match (self.over, transport.kind) {
            (Over::Evicted, _) => State::Evicted,
            (_, TransportEndKind::Timeout) if self.over == Over::Ended => State::Closed,
            (_, TransportEndKind::Timeout) => State::Lost,
            (_, TransportEndKind::None) if frames.iter().any(|frame| !frame.ignored) => State::Closing,
            // A SYN again and again, and no answer.
            (_, TransportEndKind::None) if self.handshake.state == HandshakeState::None => State::Lost,
            (_, TransportEndKind::None) => State::Open,
            _ => State::Closed,
        }
    }
}

/// Data frames that show that their sender had received no Close: after one it answers and sends no more (RFC 6455
/// §5.5.1), a message or two in the making apart.
const CARRIED_ON: u32 = 3;

impl SideRecord {
    /// Bytes are missing behind the last frame that was seen, and a Close is a side's last frame (RFC 6455 §5.5.1).
    pub fn may_hide_a_close(&self) -> bool {
        if self.carried_on >= CARRIED_ON {
            return false;
        }
        if self.frames == 0 && self.ended_in_frame.is_none() && self.tcp.missing_bytes > 0 {
            return true; // none of its frames was seen: they are in what is missing
        }
        let behind = |hidden: &Mark| {
            self.last_frame.is_none_or(|frame| (frame.mark.at, frame.mark.packet) < (hidden.at, hidden.packet))
        };
        self.lost || self.hidden.as_ref().is_some_and(|(mark, _)| behind(mark))
    }
}

fn close_frame(seen: &CloseSeen, from: Side) -> CloseFrame {
    let close = &seen.close;
    let text = std::str::from_utf8(&close.reason);
    let whole = !(close.one_byte || close.fragmented || close.oversized || close.reserved_bits);
    CloseFrame {
        from,
        code: close.code,
        reason: match text {
            Ok("") => None,
            Ok(text) => Some(text.to_owned()),
            Err(_) => Some(String::from_utf8_lossy(&close.reason).into_owned()),
        },
        reason_bytes: text.is_err().then(|| close.reason.to_vec()),
        mark: seen.mark,
        ignored: false,
        valid: whole && (text.is_ok() || close.cut) && close.code.is_none_or(CloseCode::may_be_sent),
    }
}

/// The frame that gives the connection its code: the first valid one; else an illegal one that the peer echoed.
fn decisive(frames: &[CloseFrame]) -> Option<usize> {
    let heeded = |frame: &CloseFrame| !frame.ignored;
    let valid = frames.iter().position(|frame| heeded(frame) && frame.valid);
    valid.or_else(|| {
        let (first, sent) = frames.iter().enumerate().find(|(_, frame)| heeded(frame))?;
        let echoed = frames.iter().any(|frame| heeded(frame) && frame.from != sent.from && frame.code == sent.code);
        echoed.then_some(first)
    })
}
