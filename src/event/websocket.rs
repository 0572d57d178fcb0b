//! What a WebSocket stream shows: frames, control frames, breaches of the protocol.

use crate::wire::websocket::{CloseCode, Opcode};

/// Something seen in a WebSocket stream (RFC 6455).
#[derive(Clone, PartialEq, Debug)]
pub enum WebSocketEvent {
    /// The stream is a WebSocket from here on.
    Begins {
        /// How this is known.
        by: Recognition,
    },
    /// A frame, complete.
    Frame(Frame),
    /// A Close frame.
    Close(Close),
    /// The first bytes of the first text message: what private vocabularies are told by. Its last character may be cut.
    Text(Box<[u8]>),
    /// A rule of the protocol was broken.
    Breach(Breach),
    /// HTTP stands where a frame should begin: somebody wrote an answer into the tunnel.
    HttpInjected {
        /// Its status code.
        status: u16,
    },
    /// After a gap, reading went on at a frame boundary that holds.
    Resynchronised {
        /// Bytes passed over in search of it.
        skipped: u64,
    },
    /// Frame boundaries are lost in this direction.
    Lost,
    /// The stream ended inside a frame.
    EndedInFrame {
        /// Opcode of that frame; None if not even its header was complete.
        opcode: Option<Opcode>,
        /// Bytes it had declared.
        declared: u64,
        /// Bytes still missing.
        missing: u64,
    },
    /// The stream ended between the fragments of a message.
    EndedInMessage {
        /// Bytes of it that had come.
        received: u64,
    },
}

/// A frame, complete.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Frame {
    /// Its opcode.
    pub opcode: Opcode,
    /// Last of its message.
    pub fin: bool,
    /// The mask bit was set.
    pub masked: bool,
    /// Payload length in bytes.
    pub payload_len: u64,
    /// For a data frame: length of its message so far as sent, in bytes.
    pub message_len: u64,
    /// Of a Ping or Pong: digest of its payload, by which a Pong answers its Ping. None where bytes of it are missing.
    pub digest: Option<u32>,
}

/// How a stream was recognised as a WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Recognition {
    /// Its opening handshake was seen.
    Handshake,
    /// By the frames alone.
    Frames {
        /// Frames that chained up.
        frames: u32,
    },
}

/// A Close frame as sent.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Close {
    /// Its code; None where the body is empty or a single byte.
    pub code: Option<CloseCode>,
    /// Bytes of the reason, unmasked. Longer than 123 only where the sender broke the rules; bounded.
    pub reason: Box<[u8]>,
    /// The body is one byte long, which can hold no code.
    pub one_byte: bool,
    /// FIN was not set, or a continuation came.
    pub fragmented: bool,
    /// Longer than 125 bytes.
    pub oversized: bool,
    /// A reserved bit was set.
    pub reserved_bits: bool,
    /// Not the whole body was captured.
    pub cut: bool,
}

/// A rule of RFC 6455 or RFC 7692 that was broken, told from the frames alone.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Breach {
    /// Client frame without a mask (§5.1).
    UnmaskedClientFrame,
    /// Server frame with a mask (§5.1).
    MaskedServerFrame,
    /// RSV bits without an extension that gives them a meaning (§5.2).
    ReservedBits(u8),
    /// Opcode 3–7 or 11–15 (§5.2).
    ReservedOpcode(u8),
    /// Control frame with FIN clear (§5.5).
    FragmentedControl,
    /// Control frame over 125 bytes (§5.5).
    OversizedControl(u64),
    /// Length in more bytes than needed (§5.2).
    NonMinimalLength,
    /// 64-bit length with the top bit set (§5.2).
    LengthTopBit,
    /// Continuation where no message is open (§5.4).
    UnexpectedContinuation,
    /// A new message inside a fragmented one (§5.4).
    InterleavedMessage,
    /// Close body of one byte (§5.5.1).
    CloseOneByte,
    /// Close code that must not be sent (§7.4).
    CloseBadCode(u16),
    /// Close reason that is no UTF-8 (§5.5.1).
    CloseReasonUtf8,
    /// Text that is no UTF-8 (§8.1).
    TextUtf8,
    /// A data frame after the own Close (§5.5.1).
    DataAfterClose,
    /// A second Close (§5.5.1).
    SecondClose,
    /// RSV1 on a control frame (RFC 7692 §6.1).
    CompressedControl,
    /// RSV1 on a continuation (RFC 7692 §6.1).
    CompressedContinuation,
    /// A compressed message that does not inflate (RFC 7692 §7.2.2).
    Inflate,
}

impl Breach {
    /// Stable id, as published.
    pub fn id(self) -> &'static str {
        match self {
            Self::UnmaskedClientFrame => "unmasked-client-frame",
            Self::MaskedServerFrame => "masked-server-frame",
            Self::ReservedBits(_) => "rsv-without-extension",
            Self::ReservedOpcode(_) => "reserved-opcode",
            Self::FragmentedControl => "fragmented-control",
            Self::OversizedControl(_) => "oversized-control",
            Self::NonMinimalLength => "non-minimal-length",
            Self::LengthTopBit => "length-msb",
            Self::UnexpectedContinuation => "unexpected-continuation",
            Self::InterleavedMessage => "interleaved-message",
            Self::CloseOneByte => "close-1-byte",
            Self::CloseBadCode(_) => "close-bad-code",
            Self::CloseReasonUtf8 => "close-reason-utf8",
            Self::TextUtf8 => "text-not-utf8",
            Self::DataAfterClose => "data-after-close",
            Self::SecondClose => "second-close",
            Self::CompressedControl => "compressed-control",
            Self::CompressedContinuation => "rsv1-on-continuation",
            Self::Inflate => "inflate-error",
        }
    }

    /// The number that goes with it, by name.
    pub fn detail(self) -> Option<(&'static str, u64)> {
        match self {
            Self::ReservedBits(bits) => Some(("rsv", u64::from(bits))),
            Self::ReservedOpcode(opcode) => Some(("opcode", u64::from(opcode))),
            Self::OversizedControl(bytes) => Some(("bytes", bytes)),
            Self::CloseBadCode(code) => Some(("code", u64::from(code))),
            _ => None,
        }
    }
}
