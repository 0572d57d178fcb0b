//! WebSocket frames as they stand on the wire (RFC 6455 §5).
//!
//! Given the first bytes of a frame, gives its header; given the body of a Close, its code and reason.
//! Refuses nothing: reserved bits, odd lengths and unknown opcodes are values, judged elsewhere.

use nom::IResult;
use nom::Parser;
use nom::bytes::streaming::take;
use nom::number::streaming::{be_u16, be_u64, u8};

/// Longest frame header: 2 bytes, 8 of extended length, 4 of masking key (RFC 6455 §5.2).
pub const HEADER_BYTES_MAX: usize = 14;
/// Longest payload of a control frame (RFC 6455 §5.5).
pub const CONTROL_PAYLOAD_MAX: u64 = 125;

/// A frame's opcode as sent. Any 4-bit number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Opcode(pub u8);

impl Opcode {
    /// Continues a fragmented message.
    pub const CONTINUATION: Self = Self(0x0);
    /// UTF-8 text.
    pub const TEXT: Self = Self(0x1);
    /// Binary data.
    pub const BINARY: Self = Self(0x2);
    /// Starts or answers the closing handshake.
    pub const CLOSE: Self = Self(0x8);
    /// Asks for a Pong.
    pub const PING: Self = Self(0x9);
    /// Answers a Ping, or stands alone.
    pub const PONG: Self = Self(0xA);

    /// Control frames have the high bit set (RFC 6455 §5.5), assigned or not.
    pub fn is_control(self) -> bool {
        self.0 & 0x8 != 0
    }

    /// One of the six that RFC 6455 §11.8 assigns.
    pub fn is_assigned(self) -> bool {
        matches!(self.0, 0x0..=0x2 | 0x8..=0xA)
    }

    /// The RFC's word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::CONTINUATION => "continuation",
            Self::TEXT => "text",
            Self::BINARY => "binary",
            Self::CLOSE => "close",
            Self::PING => "ping",
            Self::PONG => "pong",
            _ => "reserved",
        }
    }
}

/// A close code as sent. Any number may come; naming is not judging.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct CloseCode(pub u16);

impl CloseCode {
    /// Purpose fulfilled.
    pub const NORMAL: Self = Self(1000);
    /// The endpoint leaves.
    pub const GOING_AWAY: Self = Self(1001);
    /// The peer broke the protocol.
    pub const PROTOCOL_ERROR: Self = Self(1002);
    /// Invalid payload data.
    pub const INVALID_PAYLOAD: Self = Self(1007);
    /// What an API says of an empty Close frame; never on the wire.
    pub const NO_STATUS: Self = Self(1005);
    /// What an API says where no Close frame came; never on the wire.
    pub const ABNORMAL: Self = Self(1006);
    /// What an API says of a failed TLS handshake; never on the wire.
    pub const TLS_HANDSHAKE: Self = Self(1015);

    /// For libraries and applications: only those who speak know what it means (RFC 6455 §7.4.2).
    pub fn is_private(self) -> bool {
        self.0 >= 3000
    }

    /// May stand in a Close frame: assigned, or of the ranges for libraries and applications (RFC 6455 §7.4).
    pub fn may_be_sent(self) -> bool {
        matches!(self.0, 1000..=1003 | 1007..=1014 | 3000..=4999)
    }
}

/// A frame header (RFC 6455 §5.2).
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FrameHeader {
    /// Last fragment of its message.
    pub fin: bool,
    /// RSV1 to RSV3 as the bits 0x4, 0x2, 0x1.
    pub rsv: u8,
    /// What kind of frame.
    pub opcode: Opcode,
    /// The masking key, where the mask bit is set.
    pub masking_key: Option<[u8; 4]>,
    /// Payload length as declared, in bytes; not to be believed.
    pub payload_len: u64,
    /// Length of this header, in bytes.
    pub header_len: u8,
    /// The length was written in more bytes than needed (RFC 6455 §5.2 forbids it).
    pub length_not_minimal: bool,
}

/// The header at the start of `i`; `Incomplete` if it does not end there.
#[inline]
pub fn parse_frame_header(i: &[u8]) -> IResult<&[u8], FrameHeader> {
    let (i, (first, second)) = (u8, u8).parse(i)?;
    let (i, (payload_len, extended, length_not_minimal)) = match second & 0x7F {
        126 => {
            let (i, len) = be_u16(i)?;
            (i, (u64::from(len), 2, len < 126))
        }
        127 => {
            let (i, len) = be_u64(i)?;
            (i, (len, 8, len <= u64::from(u16::MAX)))
        }
        len => (i, (u64::from(len), 0, false)),
    };
    let masked = second & 0x80 != 0;
    let (i, masking_key) = if masked {
        let (i, key) = take(4usize)(i)?;
        (i, key.try_into().ok())
    } else {
        (i, None)
    };
    let header = FrameHeader {
        fin: first & 0x80 != 0,
        rsv: first >> 4 & 0x7,
        opcode: Opcode(first & 0xF),
        masking_key,
        payload_len,
        header_len: 2 + extended + if masked { 4 } else { 0 },
        length_not_minimal,
    };
    Ok((i, header))
}

/// Undoes the masking of payload bytes that start `offset` bytes into the frame's payload (RFC 6455 §5.3).
pub fn unmask(payload: &mut [u8], key: [u8; 4], offset: u64) {
    let key = turned(key, offset);
    let (chunks, rest) = payload.as_chunks_mut::<8>();
    chunks.iter_mut().for_each(|chunk| *chunk = unmasked(*chunk, key));
    rest.iter_mut().zip(key.into_iter().cycle()).for_each(|(byte, key)| *byte ^= key);
}

/// The first bytes of a payload, unmasked into `plain`: all of it, or as many as fit. What is zero behind them stays so.
pub fn unmask_start<'p, const N: usize>(payload: &[u8], key: [u8; 4], plain: &'p mut [u8; N]) -> &'p [u8] {
    const BLOCK: usize = 32;
    let payload = payload.get(..N).unwrap_or(payload);
    let plain = plain.get_mut(..payload.len()).unwrap_or_default();
    let (masked, rest) = payload.as_chunks::<BLOCK>();
    let (blocks, _) = plain.as_chunks_mut::<BLOCK>();
    for (masked, block) in masked.iter().zip(blocks) {
        *block = unmasked(*masked, key);
    }
    if rest.is_empty() {
        return plain;
    }
    // What is left as a whole block too, the last one, so that no byte needs a turn of its own.
    if let (Some(masked), Some(block)) = (payload.last_chunk::<BLOCK>(), plain.last_chunk_mut::<BLOCK>()) {
        *block = unmasked(*masked, turned(key, rest.len() as u64));
    } else {
        let mut block = [0; BLOCK];
        block.iter_mut().zip(rest).for_each(|(byte, masked)| *byte = *masked);
        plain.iter_mut().zip(unmasked(block, key)).for_each(|(byte, plain)| *byte = plain);
    }
    plain
}

/// The key as it masks the bytes from `offset` on.
#[inline(always)]
fn turned(key: [u8; 4], offset: u64) -> [u8; 4] {
    let [bytes, ..] = (offset & 3).to_le_bytes();
    u32::from_le_bytes(key).rotate_right(8 * u32::from(bytes)).to_le_bytes()
}

/// Bytes of which the first is masked with the key's first.
#[inline(always)]
fn unmasked<const BYTES: usize>(mut masked: [u8; BYTES], key: [u8; 4]) -> [u8; BYTES] {
    const { assert!(BYTES.is_multiple_of(4), "whole keys only") }
    let (words, _) = masked.as_chunks_mut::<4>();
    words.iter_mut().for_each(|word| *word = (u32::from_ne_bytes(*word) ^ u32::from_ne_bytes(key)).to_ne_bytes());
    masked
}

/// The body of a Close frame, unmasked (RFC 6455 §5.5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CloseBody<'a> {
    /// No body: the API says 1005.
    Empty,
    /// A single byte, which can hold no code.
    OneByte,
    /// A code, and the reason's bytes.
    Code(CloseCode, &'a [u8]),
}

/// Takes the body of a Close apart. Every body is one of the three.
pub fn parse_close_body(body: &[u8]) -> CloseBody<'_> {
    match body {
        [] => CloseBody::Empty,
        [_] => CloseBody::OneByte,
        [high, low, reason @ ..] => CloseBody::Code(CloseCode(u16::from_be_bytes([*high, *low])), reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whole, byte by byte, and with a tail.
    fn reads(bytes: &[u8], header: FrameHeader) {
        for cut in 0..bytes.len() {
            assert!(matches!(parse_frame_header(&bytes[..cut]), Err(nom::Err::Incomplete(_))), "cut at {cut}");
        }
        let mut tailed = bytes.to_vec();
        tailed.extend_from_slice(b"tail");
        assert_eq!(parse_frame_header(&tailed), Ok((&b"tail"[..], header)));
        assert_eq!(usize::from(header.header_len), bytes.len());
    }

    #[test]
    fn masked_close() {
        reads(
            b"\x88\x82\x01\x02\x03\x04",
            FrameHeader {
                fin: true,
                opcode: Opcode::CLOSE,
                masking_key: Some([1, 2, 3, 4]),
                payload_len: 2,
                header_len: 6,
                ..FrameHeader::default()
            },
        );
    }

    #[test]
    fn lengths_of_16_and_64_bits() {
        let text = FrameHeader { fin: true, opcode: Opcode::TEXT, ..FrameHeader::default() };
        reads(b"\x81\x7e\x01\x00", FrameHeader { payload_len: 256, header_len: 4, ..text });
        reads(b"\x81\x7e\x00\x7d", FrameHeader { payload_len: 125, header_len: 4, length_not_minimal: true, ..text });
        reads(b"\x81\x7f\x80\0\0\0\0\0\0\x01", FrameHeader { payload_len: 1 << 63 | 1, header_len: 10, ..text });
    }

    #[test]
    fn unmasking_may_start_anywhere() {
        let plain: Vec<u8> = (0..40).collect();
        let key = [0xA1, 0xB2, 0xC3, 0xD4];
        let masked: Vec<u8> = plain.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect();
        for start in 0..plain.len() {
            let mut part = masked[start..].to_vec();
            unmask(&mut part, key, start as u64);
            assert_eq!(part, plain[start..]);
        }
        for len in 0..=plain.len() {
            assert_eq!(unmask_start(&masked[..len], key, &mut [0; 64]), &plain[..len]);
            assert_eq!(unmask_start(&masked[..len], key, &mut [0; 32]), &plain[..len.min(32)]);
        }
    }

    #[test]
    fn close_bodies() {
        assert_eq!(parse_close_body(b""), CloseBody::Empty);
        assert_eq!(parse_close_body(b"\x03"), CloseBody::OneByte);
        assert_eq!(parse_close_body(b"\x03\xe8bye"), CloseBody::Code(CloseCode::NORMAL, b"bye"));
    }
}
