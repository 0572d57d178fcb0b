//! One direction of a WebSocket: bytes in, frames out.
//!
//! Reads headers from the borrowed bytes; copies only a header or control payload that a segment cuts. Payload of data
//! frames is skipped, text is checked for UTF-8 on the way. Breaches are said and reading goes on as declared.
//!
//! ```text
//! Header ──whole header──▶ Payload ──last byte──▶ Header
//!   │  HTTP at a boundary ──▶ Foreign (for good)
//!   └──gap over a header──▶ Lost ──boundary that holds──▶ Header
//! ```

mod gaps;
mod rules;

use super::Agreement;
use super::directions::Boundary;
use super::search::Search;
use super::utf8::{Utf8, for_each_unmasked};
use crate::event::Events;
use crate::event::websocket::{Breach, Close, Frame, WebSocketEvent};
use crate::limits::{CONTROL_BYTES, TEXT_KEPT_BYTES};
use crate::packet::Dir;
use crate::tcp::Content;
use crate::wire::http1::{is_cut_response, parse_status_line};
use crate::wire::websocket::{
    CONTROL_PAYLOAD_MAX, CloseBody, FrameHeader, HEADER_BYTES_MAX, Opcode, parse_close_body, parse_frame_header, unmask,
};

#[derive(Debug)]
pub(super) struct Reader {
    header: FrameHeader,
    /// Payload bytes of the frame still to come.
    remaining: u64,
    message_len: u64,
    /// None where text cannot be checked: compressed, or bytes are missing.
    utf8: Option<Utf8>,
    /// The message in progress between its first fragment and its last.
    message: Option<Opcode>,
    agreement: Agreement,
    dir: Dir,
    stage: Stage,
    text_told: bool,
    /// Bytes of the frame in progress are missing.
    holed: bool,
    closed: bool,
    /// The boundary was found by its looks, not known from the handshake.
    found: bool,
    kept: Option<Box<Kept>>,
}

/// Bytes of a frame or message in progress that are needed when it is whole, and where a lost boundary is being sought.
#[derive(Default, Debug)]
struct Kept {
    /// A header that the last segment cut.
    header: [u8; HEADER_BYTES_MAX],
    header_len: u8,
    /// Payload of a control frame, still masked.
    control: Vec<u8>,
    /// The first bytes of the first text message.
    text: Vec<u8>,
    search: Option<Box<Search>>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Stage {
    /// At a frame boundary, or inside a header.
    Header,
    /// Inside a payload.
    Payload,
    /// No frames any more: HTTP was written into the tunnel.
    Foreign,
    /// The boundary is not known.
    Lost,
}

impl Reader {
    /// A reader that stands at a frame boundary.
    #[inline]
    pub(super) fn at(boundary: Boundary, dir: Dir, agreement: Agreement) -> Self {
        let Boundary { text_told, closed, found } = boundary;
        Self {
            header: FrameHeader::default(),
            remaining: 0,
            message_len: 0,
            utf8: None,
            message: None,
            agreement,
            dir,
            stage: Stage::Header,
            text_told,
            holed: false,
            closed,
            found,
            kept: None,
        }
    }

    /// The frame boundary that it stands at, with nothing in progress.
    #[inline]
    pub(super) fn boundary(&self) -> Option<Boundary> {
        let idle = self.stage == Stage::Header && self.message.is_none() && self.cut_header_len() == 0;
        let Self { text_told, closed, found, .. } = *self;
        idle.then_some(Boundary { text_told, closed, found })
    }

    /// A direction of which the boundary must be found first.
    pub(super) fn lost(dir: Dir, agreement: Agreement) -> Self {
        let mut reader = Self::at(Boundary::default(), dir, agreement);
        reader.lose_boundary();
        reader
    }

    /// A direction in which a search is under way.
    pub(super) fn searching(dir: Dir, agreement: Agreement, mut search: Search) -> Self {
        let mut reader = Self::lost(dir, agreement);
        if let Some(client) = agreement.client {
            search.learn_masked(client == dir);
        }
        reader.seek_with(search);
        reader
    }

    fn kept_mut(&mut self) -> &mut Kept {
        self.kept.get_or_insert_default()
    }

    #[inline]
    pub(super) fn push(&mut self, mut bytes: &[u8], events: &mut Events<'_>) {
        while !bytes.is_empty() {
            bytes = match self.stage {
                Stage::Header => self.read_header(bytes, events),
                Stage::Payload => self.read_payload(bytes, events),
                Stage::Foreign => return,
                Stage::Lost => return self.seek(&Content::Data(bytes.into()), events),
            };
        }
    }

    /// Reads a header, or keeps what there is of it; gives the rest.
    #[inline]
    fn read_header<'a>(&mut self, bytes: &'a [u8], events: &mut Events<'_>) -> &'a [u8] {
        if self.cut_header_len() == 0
            && let Ok((rest, header)) = parse_frame_header(bytes)
        {
            if is_cut_response(bytes) {
                return self.collect_header(bytes, events);
            }
            if bytes.starts_with(b"HT") && self.say_foreign(bytes, events) {
                return &[];
            }
            if self.found && self.contradicts(&header) {
                self.say_lost(events);
                return bytes;
            }
            self.begin_frame(header, events);
            return rest;
        }
        self.collect_header(bytes, events)
    }

    #[inline]
    fn cut_header_len(&self) -> u8 {
        self.kept.as_ref().map_or(0, |kept| kept.header_len)
    }

    fn collect_header<'a>(&mut self, bytes: &'a [u8], events: &mut Events<'_>) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            let kept = self.kept_mut();
            let len = usize::from(kept.header_len);
            if let Some(slot) = kept.header.get_mut(len) {
                *slot = *byte;
            }
            kept.header_len += 1;
            rest = after;
            let bytes = kept.header;
            let head = bytes.get(..=len).unwrap_or_default();
            if is_cut_response(head) {
                continue; // an injected answer may come byte by byte as well
            }
            if head.starts_with(b"HTTP/1.") && self.say_foreign(head, events) {
                return &[];
            }
            if let Ok((_, header)) = parse_frame_header(head) {
                self.kept_mut().header_len = 0;
                if self.found && self.contradicts(&header) {
                    self.say_lost(events);
                    break;
                }
                self.begin_frame(header, events);
                break;
            }
        }
        rest
    }

    /// HTTP at a boundary: 'H' would be FIN 0, RSV1 and opcode 8, and `HT` a Close of code 21584. Somebody in between
    /// wrote an answer into the tunnel; nothing after it is a frame.
    fn say_foreign(&mut self, bytes: &[u8], events: &mut Events<'_>) -> bool {
        if !bytes.starts_with(b"HTTP/1.") {
            return false;
        }
        let line = bytes.split_inclusive(|byte| *byte == b'\n').next().unwrap_or_default();
        let mut head = line.to_vec();
        head.extend_from_slice(b"\r\n\r\n");
        let status = parse_status_line(&head).map_or(0, |(_, response)| response.status);
        events.websocket(self.dir, WebSocketEvent::HttpInjected { status });
        self.stage = Stage::Foreign;
        true
    }

    #[inline]
    fn begin_frame(&mut self, header: FrameHeader, events: &mut Events<'_>) {
        self.check_header(&header, events);
        self.header = header;
        self.remaining = header.payload_len;
        self.holed = false;
        if !header.opcode.is_control() {
            self.begin_data(&header);
        }
        self.stage = Stage::Payload;
        if self.remaining == 0 {
            self.end_frame(&[], events);
        }
    }

    #[inline]
    fn begin_data(&mut self, header: &FrameHeader) {
        if header.opcode == Opcode::CONTINUATION && self.message.is_some() {
            return;
        }
        self.message = Some(header.opcode);
        self.message_len = 0;
        self.utf8 = (header.opcode == Opcode::TEXT && header.rsv == 0).then(Utf8::default);
        if let Some(kept) = &mut self.kept {
            kept.text.clear();
        }
    }

    /// Takes payload; gives the rest.
    #[inline]
    fn read_payload<'a>(&mut self, bytes: &'a [u8], events: &mut Events<'_>) -> &'a [u8] {
        let len = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(bytes.len());
        let (payload, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        let offset = self.header.payload_len - self.remaining;
        self.remaining -= len as u64;
        if self.header.opcode.is_control() {
            if self.remaining == 0 && self.control_len() == 0 && !self.holed {
                self.end_frame(payload, events);
                return rest;
            }
            // Behind a hole the masking key's place is known, but the bytes no longer follow each other.
            let payload = if self.holed { &[] } else { payload };
            let room = CONTROL_BYTES.saturating_sub(self.control_len());
            self.kept_mut().control.extend_from_slice(payload.get(..room.min(payload.len())).unwrap_or_default());
        } else if self.utf8.is_some() {
            self.check_text(payload, offset, events);
        }
        if self.remaining == 0 {
            self.end_frame(&[], events);
        }
        rest
    }

    fn control_len(&self) -> usize {
        self.kept.as_ref().map_or(0, |kept| kept.control.len())
    }

    fn check_text(&mut self, payload: &[u8], offset: u64, events: &mut Events<'_>) {
        let Some(key) = self.header.masking_key else { return self.check_plain(payload, events) };
        for_each_unmasked(payload, key, offset, |plain| self.check_plain(plain, events));
    }

    fn check_plain(&mut self, plain: &[u8], events: &mut Events<'_>) {
        let Some(utf8) = &mut self.utf8 else { return };
        let valid = utf8.push(plain);
        if !self.text_told {
            let text = &mut self.kept_mut().text;
            let room = TEXT_KEPT_BYTES.saturating_sub(text.len()).min(plain.len());
            text.extend_from_slice(plain.get(..room).unwrap_or_default());
        }
        if !valid {
            self.say_bad_text(events);
        }
    }

    fn say_bad_text(&mut self, events: &mut Events<'_>) {
        self.utf8 = None;
        events.websocket(self.dir, WebSocketEvent::Breach(Breach::TextUtf8));
    }

    /// The frame is whole. `lent`: the payload of a control frame that no segment cut.
    #[inline]
    fn end_frame(&mut self, lent: &[u8], events: &mut Events<'_>) {
        self.stage = Stage::Header;
        let header = self.header;
        let mut digest = None;
        if header.opcode.is_control() {
            let held = self.kept.as_mut().map(|kept| std::mem::take(&mut kept.control)).unwrap_or_default();
            digest = self.end_control(if held.is_empty() { lent } else { &held }, events);
        } else {
            self.message_len = self.message_len.saturating_add(header.payload_len);
        }
        let frame = Frame {
            opcode: header.opcode,
            fin: header.fin,
            masked: header.masking_key.is_some(),
            payload_len: header.payload_len,
            message_len: if header.opcode.is_control() { 0 } else { self.message_len },
            digest,
        };
        events.frame(self.dir, frame);
        if !header.opcode.is_control() && header.fin {
            self.end_message(events);
        }
    }

    #[inline]
    fn end_message(&mut self, events: &mut Events<'_>) {
        self.message = None;
        let Some(utf8) = self.utf8.take() else { return };
        if !utf8.is_whole() {
            self.say_bad_text(events);
        } else if !self.text_told {
            self.text_told = true;
            let text = self.kept.take().map(|kept| kept.text).unwrap_or_default();
            events.text(self.dir, &text);
        }
    }

    /// Gives the digest of a Ping or Pong.
    fn end_control(&mut self, masked: &[u8], events: &mut Events<'_>) -> Option<u32> {
        let mut plain = [0u8; CONTROL_BYTES];
        let len = masked.len().min(plain.len());
        let plain = plain.get_mut(..len)?;
        plain.copy_from_slice(masked.get(..len).unwrap_or_default());
        if let Some(key) = self.header.masking_key {
            unmask(plain, key, 0);
        }
        if self.header.opcode == Opcode::CLOSE {
            self.end_close(plain, events);
        }
        (!self.holed).then(|| digest(self.header.opcode, plain)).flatten()
    }

    fn end_close(&mut self, body: &[u8], events: &mut Events<'_>) {
        let header = self.header;
        self.closed = true;
        if self.holed && body.len() < 2 {
            // Its code is missing. A Close without a code means an empty one, so this must not be said to be one.
            return events.websocket(self.dir, WebSocketEvent::Lost);
        }
        let (code, reason) = match parse_close_body(body) {
            CloseBody::Code(code, reason) => (Some(code), reason),
            CloseBody::Empty | CloseBody::OneByte => (None, &[][..]),
        };
        let one_byte = header.payload_len == 1;
        if one_byte {
            events.websocket(self.dir, WebSocketEvent::Breach(Breach::CloseOneByte));
        }
        if let Some(code) = code.filter(|code| !code.may_be_sent()) {
            events.websocket(self.dir, WebSocketEvent::Breach(Breach::CloseBadCode(code.0)));
        }
        if !self.holed && std::str::from_utf8(reason).is_err() {
            events.websocket(self.dir, WebSocketEvent::Breach(Breach::CloseReasonUtf8));
        }
        let close = Close {
            code,
            reason: reason.into(),
            one_byte,
            fragmented: !header.fin,
            oversized: header.payload_len > CONTROL_PAYLOAD_MAX,
            reserved_bits: header.rsv != 0,
            cut: self.holed,
        };
        events.websocket(self.dir, WebSocketEvent::Close(close));
    }
}

/// Of a Ping or Pong. FNV-1a: enough to tell which Ping a Pong answers, and nobody's secret.
pub(super) fn digest(opcode: Opcode, payload: &[u8]) -> Option<u32> {
    let hash = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    matches!(opcode, Opcode::PING | Opcode::PONG).then(|| payload.iter().fold(0x811C_9DC5, hash))
}
