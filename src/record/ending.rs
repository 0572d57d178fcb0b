//! How a connection ended, derived from what was seen: code, who, how. No cause.

use super::{Record, Side};
use crate::event::Mark;
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
        Ending {
            state: State::Open,
            code: None,
            inferred: false,
            decided_by: None,
            frames: Vec::new(),
            handshake: ClosingHandshake::Unknown,
            clean: false,
            by: None,
            transport: TransportEnd { kind: TransportEndKind::None, from: None, mark: None },
            closed: None,
            closed_from: None,
            tcp_ended: None,
            hidden: false,
        }
    }
}
