//! Where the next frame begins, when that is not known: after a gap, or in mid-stream.
//!
//! Given bytes of one direction, looks for an offset from which plausible headers chain up. A wrong boundary would
//! invent frames, and a false Close is the worst this program can say: so an offset must earn its belief, the more so
//! the more offsets were tried. Bytes of HTTP never hold a boundary.

use crate::wire::websocket::{CloseBody, FrameHeader, Opcode, parse_close_body, parse_frame_header, unmask};

/// What is known of the direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Frames are masked; None where the roles are not known.
    pub masked: Option<bool>,
    /// permessage-deflate was agreed; None where the handshake was not seen.
    pub deflate: Option<bool>,
    /// It is known from elsewhere that this is a WebSocket.
    pub known: bool,
}

/// A boundary that holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Found {
    /// Where the first frame begins.
    pub offset: usize,
    /// Frames that chain up from there, complete.
    pub frames: u32,
    /// They are masked.
    pub masked: bool,
    /// Belief in bits: how unlikely it is that other bytes look so.
    pub bits: u32,
}

/// Longest frame believed in without knowing anything: larger ones exist, but a random length is larger still.
const PAYLOAD_MAX: u64 = 64 << 20;
/// Offsets tried in one piece of content; a segment holds 1460 bytes, an offloaded one 64 KiB.
const OFFSETS_MAX: usize = 64 * 1024;
/// Belief needed at the very start of a segment, where frames usually begin, of a stream known to be a WebSocket.
const BITS_AT_START: u32 = 8;
/// Belief needed where many offsets were tried.
const BITS_INSIDE: u32 = 28;
/// Belief needed to call an unknown stream a WebSocket.
const BITS_UNKNOWN: u32 = 40;

/// The first offset of `bytes` from which frames chain up believably.
pub fn find_boundary(bytes: &[u8], expect: Expectation) -> Option<Found> {
    if looks_like_http(bytes) {
        return None;
    }
    for offset in 0..bytes.len().min(OFFSETS_MAX) {
        let need = match (expect.known, offset) {
            (true, 0) => BITS_AT_START,
            (true, _) => BITS_INSIDE,
            (false, 0) => BITS_UNKNOWN,
            (false, _) => BITS_UNKNOWN + 12,
        };
        let tail = bytes.get(offset..).unwrap_or_default();
        if let Some(found) = chain(tail, expect).filter(|found| found.bits >= need) {
            return Some(Found { offset, ..found });
        }
    }
    None
}

/// HTTP stands here: a response or request line.
pub(super) fn looks_like_http(bytes: &[u8]) -> bool {
    [&b"HTTP/1."[..], b"GET ", b"POST ", b"PUT ", b"HEAD ", b"OPTIONS ", b"DELETE ", b"PATCH ", b"CONNECT "]
        .iter()
        .any(|start| bytes.starts_with(start))
}

/// How believable it is that frames chain up from the start of `bytes` to its end.
fn chain(mut bytes: &[u8], expect: Expectation) -> Option<Found> {
    let mut found = Found { offset: 0, frames: 0, masked: expect.masked.unwrap_or(false), bits: 0 };
    let mut masked = expect.masked;
    let mut in_message = None;
    while !bytes.is_empty() {
        let header = match parse_frame_header(bytes) {
            Ok((_, header)) => header,
            // The last header is cut: what there is of it must at least begin well.
            Err(_) => return (found.frames > 0 && begins_well(bytes, masked, expect)).then_some(found),
        };
        found.bits += plausibility(&header, masked, expect, in_message)?;
        found.masked = header.masking_key.is_some();
        masked = Some(found.masked);
        in_message = match (header.opcode, header.fin) {
            (opcode, _) if opcode.is_control() => in_message,
            (_, fin) => Some(!fin),
        };
        let payload = bytes.get(usize::from(header.header_len)..).unwrap_or_default();
        let len = usize::try_from(header.payload_len).ok()?;
        let Some(body) = payload.get(..len) else {
            return Some(found);
        };
        found.bits += content(&header, body)?;
        found.frames += 1;
        bytes = payload.get(len..).unwrap_or_default();
        if header.opcode == Opcode::CLOSE {
            // Nothing follows a Close (RFC 6455 §5.5.1) in what we believe.
            return bytes.is_empty().then_some(found);
        }
    }
    found.bits += 6; // ended exactly at the segment's end
    Some(found)
}

/// The bits that this header's constraints are worth; None if it breaks a rule.
fn plausibility(header: &FrameHeader, masked: Option<bool>, expect: Expectation, in_message: Option<bool>) -> Option<u32> {
    let opcode = header.opcode;
    let mask_fits = masked.is_none_or(|masked| masked == header.masking_key.is_some());
    if !opcode.is_assigned() || !mask_fits || header.length_not_minimal || header.payload_len > PAYLOAD_MAX {
        return None;
    }
    let compressed_start = header.rsv == 0x4 && !opcode.is_control() && opcode != Opcode::CONTINUATION;
    if header.rsv != 0 && !(compressed_start && expect.deflate != Some(false)) {
        return None;
    }
    if opcode.is_control() && (!header.fin || header.payload_len > 125) {
        return None;
    }
    let continues = opcode == Opcode::CONTINUATION;
    if !opcode.is_control() && in_message.is_some_and(|open| open != continues) {
        return None;
    }
    // Of 16 opcodes 6 are assigned, RSV is 3 bits, the mask bit 1; control frames add FIN and the short length. A long
    // length field is worth what it rules out.
    let mut bits = 4 + u32::from(masked.is_some());
    bits += if opcode.is_control() { 2 } else { 0 };
    bits -= if header.rsv != 0 { 3 } else { 0 };
    bits += match header.header_len {
        10 | 14 => 20, // the upper half of a 64-bit length is zero
        _ => 0,
    };
    Some(bits)
}

/// The bits that the content is worth; None if it cannot be this frame's.
fn content(header: &FrameHeader, body: &[u8]) -> Option<u32> {
    let mut unmasked = [0; 256];
    let len = body.len().min(unmasked.len());
    let part = unmasked.get_mut(..len)?;
    part.copy_from_slice(body.get(..len)?);
    if let Some(key) = header.masking_key {
        unmask(part, key, 0);
    }
    match header.opcode {
        Opcode::CLOSE => match parse_close_body(part) {
            CloseBody::Empty => Some(2),
            CloseBody::OneByte => None,
            CloseBody::Code(code, reason) => {
                // About 2000 of 65536 codes may be sent, most of them private.
                let usual = if code.0 < 1016 { 11 } else { 5 };
                (code.may_be_sent() && std::str::from_utf8(reason).is_ok()).then_some(usual + text_bits(reason))
            }
        },
        Opcode::TEXT if header.rsv == 0 => {
            let whole = header.fin && len == body.len();
            match std::str::from_utf8(part) {
                Ok(_) => Some(text_bits(part)),
                Err(error) if error.error_len().is_none() && !whole => Some(text_bits(part)),
                Err(_) => None,
            }
        }
        _ => Some(0),
    }
}

/// A random byte is UTF-8's with little more than half the odds, and printable with less.
fn text_bits(text: &[u8]) -> u32 {
    let printable = text.iter().filter(|byte| !byte.is_ascii_control() || byte.is_ascii_whitespace()).count();
    if printable < text.len() {
        return 0;
    }
    u32::try_from(text.len()).unwrap_or(u32::MAX).min(40)
}

/// A cut header whose first bytes break no rule.
fn begins_well(bytes: &[u8], masked: Option<bool>, expect: Expectation) -> bool {
    let (first, second) = match bytes {
        [first] => (*first, None),
        [first, second, ..] => (*first, Some(*second)),
        [] => return true,
    };
    let opcode = Opcode(first & 0xF);
    let rsv_fits = first & 0x70 == 0 || (first & 0x70 == 0x40 && expect.deflate != Some(false) && !opcode.is_control());
    let mask_fits = second.is_none_or(|second| masked.is_none_or(|masked| masked == (second & 0x80 != 0)));
    opcode.is_assigned() && rsv_fits && mask_fits
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN_SERVER: Expectation = Expectation { masked: Some(false), deflate: Some(false), known: true };

    #[test]
    fn a_lone_close_at_the_start_of_a_segment_is_one() {
        let found = find_boundary(b"\x88\x02\x03\xe8", KNOWN_SERVER).unwrap();
        assert_eq!((found.offset, found.frames), (0, 1));
    }

    #[test]
    fn an_injected_answer_is_no_frame() {
        assert_eq!(find_boundary(b"HTTP/1.0 408 Request Time-out\r\n\r\n", KNOWN_SERVER), None);
    }

    #[test]
    fn frames_behind_the_rest_of_a_payload_are_found() {
        let mut bytes = vec![0xEE; 300];
        bytes.extend_from_slice(b"\x81\x0bhello world\x89\x04abcd\x88\x05\x03\xe9bye");
        let found = find_boundary(&bytes, KNOWN_SERVER).unwrap();
        assert_eq!((found.offset, found.frames), (300, 3));
    }

    #[test]
    fn random_bytes_are_not_a_websocket() {
        let unknown = Expectation { masked: None, deflate: None, known: false };
        let mut state = 1u64;
        for _ in 0..2000 {
            let bytes: Vec<u8> = (0..200)
                .map(|_| {
                    state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                    (state >> 56) as u8
                })
                .collect();
            assert_eq!(find_boundary(&bytes, unknown), None);
        }
    }
}
