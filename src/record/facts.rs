//! The parts of a record: handshake, sides, Close frames, breaches.

use super::pings::Pings;
use crate::event::http::{Answered, Asked};
use crate::event::websocket::{Breach, Close};
use crate::event::{Mark, When};
use crate::packet::Dir;
use crate::rare::{Absent, Rare};
use crate::tcp::Signals;
use crate::wire::websocket::Opcode;

/// How far the opening handshake got.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum HandshakeState {
    /// The capture does not hold it.
    #[default]
    Unseen,
    /// Asked, and no whole answer.
    Incomplete,
    /// Agreed.
    Accepted,
    /// Answered otherwise, or with a 101 that the client rejected.
    Refused,
    /// TCP or TLS failed before any request.
    None,
}

impl HandshakeState {
    /// As published.
    pub fn id(self) -> &'static str {
        match self {
            Self::Unseen => "unseen",
            Self::Incomplete => "incomplete",
            Self::Accepted => "accepted",
            Self::Refused => "refused",
            Self::None => "none",
        }
    }
}

/// The opening handshake, as far as it was seen. Texts are redacted.
#[derive(Clone, Default, Debug)]
pub struct Handshake {
    /// How far it got.
    pub state: HandshakeState,
    /// The request.
    pub asked: Option<Asked>,
    /// When and where it was asked.
    pub asked_mark: Option<When>,
    /// The answer.
    pub answered: Option<Answered>,
    /// When and where it was answered.
    pub answered_mark: Option<When>,
    /// What most have not.
    pub odd: Rare<Oddities>,
}

/// What is unusual about an opening handshake.
#[derive(Clone, Default, Debug)]
pub struct Oddities {
    /// Statuses of refusals before it on the same connection.
    pub earlier: Vec<u16>,
    /// What is wrong with it.
    pub problems: Vec<Problem>,
    /// The first bytes of a refusal's body, or of an answer that is no HTTP.
    pub body: Option<Box<str>>,
    /// The answer is no HTTP.
    pub not_http: bool,
}

impl Absent for Oddities {
    fn absent() -> &'static Self {
        static NONE: Oddities = Oddities { earlier: Vec::new(), problems: Vec::new(), body: None, not_http: false };
        &NONE
    }
}

/// Something wrong with the opening handshake (RFC 6455 §4).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Stable id: a `problem.…` of the catalogue.
    pub id: &'static str,
    /// What was found, where it helps.
    pub found: Option<Box<str>>,
    /// What was expected, where it helps.
    pub expected: Option<Box<str>>,
    /// It is the answer's, not the request's.
    pub in_answer: bool,
    /// The other side must reject it (RFC 6455 §4.1, §4.2.1).
    pub fatal: bool,
}

/// What one direction showed.
#[derive(Clone, Default, Debug)]
pub struct SideRecord {
    /// Frames, complete.
    pub frames: u64,
    /// Data messages, complete.
    pub messages: u64,
    /// Payload bytes of frames, as sent (compressed where they are).
    pub payload_bytes: u64,
    /// Largest message, in bytes as sent.
    pub largest_message: u64,
    /// The last complete frame.
    pub last_frame: Option<FrameSeen>,
    /// Sequence number behind the last bytes that a gap hid.
    pub hidden_until: Option<u32>,
    /// Data frames that the other side sent after it had received them: behind a Close it would send none.
    pub carried_on: u32,
    /// Pings sent.
    pub pings: Pings,
    /// What TCP itself tells.
    pub tcp: Signals,
    /// Bytes sent and not acknowledged at the end.
    pub unacknowledged: u32,
    /// Pongs sent.
    pub pongs: u64,
    /// The first text message, cut short; only where a Close has a private code, whose meaning it may tell.
    pub text: Option<Box<str>>,
    /// The stream ended inside a frame.
    pub ended_in_frame: Option<Partial>,
    /// The stream ended between the fragments of a message, with so many bytes of it.
    pub ended_in_message: Option<u64>,
    /// Where a gap may have hidden frames, and how many bytes in all.
    pub hidden: Option<(Mark, u64)>,
    /// Frame boundaries are lost for good.
    pub lost: bool,
    /// The stream's first byte is not in the capture.
    pub started_late: bool,
}

/// A frame that was seen whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FrameSeen {
    /// Where it ended.
    pub mark: When,
    /// Its opcode.
    pub opcode: Opcode,
    /// Its payload length.
    pub payload_len: u64,
}

/// A frame that was cut off by the end of the stream.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Partial {
    /// Its opcode; None if not even its header was complete.
    pub opcode: Option<Opcode>,
    /// Bytes it declared.
    pub declared: u64,
    /// Bytes still missing.
    pub missing: u64,
}

/// A Close frame, who sent it and where.
#[derive(Clone, Debug)]
pub struct CloseSeen {
    /// Direction it travelled.
    pub dir: Dir,
    /// Where it ended.
    pub mark: Mark,
    /// The frame.
    pub close: Close,
}

/// A breach, whose and where.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct BreachSeen {
    /// Direction it travelled.
    pub dir: Dir,
    /// Where.
    pub mark: Mark,
    /// Which rule.
    pub breach: Breach,
}

/// An HTTP answer written into the tunnel by somebody in between.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Injected {
    /// Direction it travelled.
    pub dir: Dir,
    /// Where.
    pub mark: Mark,
    /// Its status code.
    pub status: u16,
}
