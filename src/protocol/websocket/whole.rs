//! Frames that lie whole in one segment, are messages of their own and break no rule: nearly all are.
//!
//! Given a frame boundary and the bytes behind it, says what the next such frame shows. Leaves every other frame to the
//! [`Reader`](super::reader::Reader), which would say the same of these.

use super::Agreement;
use super::directions::Boundary;
use super::reader;
use super::utf8;
use crate::event::websocket::{Close, Frame, WebSocketEvent};
use crate::event::{Events, Listener};
use crate::limits::TEXT_KEPT_BYTES;
use crate::packet::Dir;
use crate::wire::websocket::{
    CONTROL_PAYLOAD_MAX, CloseBody, FrameHeader, Opcode, parse_close_body, parse_frame_header, unmask_start,
};

/// Reads the frame that `bytes` start with; gives what stands behind it. None if it is not such a frame.
#[inline]
pub(super) fn read<'a, L: Listener + ?Sized>(
    boundary: &mut Boundary,
    dir: Dir,
    agreement: Agreement,
    bytes: &'a [u8],
    events: &mut Events<'_, L>,
) -> Option<&'a [u8]> {
    let (rest, header) = parse_frame_header(bytes).ok()?;
    let (payload, rest) = rest.split_at_checked(usize::try_from(header.payload_len).ok()?)?;
    if !is_in_order(boundary.closed, dir, agreement, &header) {
        return None;
    }
    let (mut message_len, mut digest) = (0, None);
    match header.opcode {
        Opcode::TEXT if header.rsv == 0 && !utf8::is_text(payload, header.masking_key) => return None,
        Opcode::TEXT | Opcode::BINARY => message_len = header.payload_len,
        Opcode::CLOSE => {
            let close = close(boundary, &header, payload)?;
            events.websocket(dir, WebSocketEvent::Close(close));
        }
        _ => digest = unmasked(&header, payload, |plain| reader::digest(header.opcode, plain)),
    }
    let frame = Frame {
        opcode: header.opcode,
        fin: true,
        masked: header.masking_key.is_some(),
        payload_len: header.payload_len,
        message_len,
        digest,
    };
    events.frame(dir, frame);
    if header.opcode == Opcode::TEXT && header.rsv == 0 && !boundary.text_told {
        boundary.text_told = true;
        let start = payload.get(..TEXT_KEPT_BYTES).unwrap_or(payload);
        unmasked(&header, start, |text| events.text(dir, text));
    }
    Some(rest)
}

/// A whole message, Ping, Pong or Close, as RFC 6455 §5 and RFC 7692 §6 want it.
#[inline]
fn is_in_order(closed: bool, dir: Dir, agreement: Agreement, header: &FrameHeader) -> bool {
    let masked = agreement.client.is_none_or(|client| (client == dir) == header.masking_key.is_some());
    let compressed = header.rsv == 0x4 && agreement.deflate != Some(false);
    let kind = match header.opcode {
        Opcode::TEXT | Opcode::BINARY => !closed && (header.rsv == 0 || compressed),
        Opcode::PING | Opcode::PONG => header.rsv == 0 && header.payload_len <= CONTROL_PAYLOAD_MAX,
        Opcode::CLOSE => !closed && header.rsv == 0 && header.payload_len <= CONTROL_PAYLOAD_MAX,
        _ => false,
    };
    header.fin && kind && masked && !header.length_not_minimal
}

/// A Close that says nothing it must not say (RFC 6455 §5.5.1, §7.4).
fn close(boundary: &mut Boundary, header: &FrameHeader, payload: &[u8]) -> Option<Close> {
    let close = unmasked(header, payload, |body| {
        let (code, reason) = match parse_close_body(body) {
            CloseBody::Empty => (None, &[][..]),
            CloseBody::Code(code, reason) if code.may_be_sent() => (Some(code), reason),
            CloseBody::OneByte | CloseBody::Code(..) => return None,
        };
        std::str::from_utf8(reason).ok()?;
        Some(Close { code, reason: reason.into(), ..Close::default() })
    })?;
    boundary.closed = true;
    Some(close)
}

// Of a control frame all is needed.
const _: () = assert!(TEXT_KEPT_BYTES as u64 >= CONTROL_PAYLOAD_MAX);

/// Gives the beginning of a payload, as it was meant, to `read`: as much of it as is kept of any.
fn unmasked<T>(header: &FrameHeader, payload: &[u8], read: impl FnOnce(&[u8]) -> T) -> T {
    let Some(key) = header.masking_key else { return read(payload) };
    read(unmask_start(payload, key, &mut [0; TEXT_KEPT_BYTES]))
}
