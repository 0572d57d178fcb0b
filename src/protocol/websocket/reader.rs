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

mod rules;

use super::Agreement;
use super::search::{BITS_AT_END, BITS_KNOWN, Kept, Search};
use super::utf8::Utf8;
use crate::event::websocket::{Breach, Close, WebSocketEvent};
use crate::event::{Events, What};
use crate::limits::{CONTROL_BYTES, TEXT_KEPT_BYTES, TEXTS_KEPT};
use crate::packet::Dir;
use crate::tcp::Content;
use crate::wire::http1::{is_cut_response, parse_status_line};
use crate::wire::websocket::{
    CONTROL_PAYLOAD_MAX, CloseBody, FrameHeader, HEADER_BYTES_MAX, Opcode, parse_close_body, parse_frame_header, unmask,
};

#[derive(Debug)]
pub(super) struct Reader {
    dir: Dir,
    agreement: Agreement,
    stage: Stage,
    /// A header that the last segment cut.
    scratch: [u8; HEADER_BYTES_MAX],
    scratch_len: u8,
    header: FrameHeader,
    /// Payload bytes of the frame still to come.
    remaining: u64,
    /// Payload of a control frame in progress, still masked.
    control: Vec<u8>,
    /// Bytes of the frame in progress are missing.
    holed: bool,
    /// The message in progress between its first fragment and its last.
    message: Option<Opcode>,
    message_len: u64,
    compressed: bool,
    /// None where text cannot be checked: compressed, or bytes are missing.
    utf8: Option<Utf8>,
    text: Vec<u8>,
    texts: u8,
    closed: bool,
    /// Where the boundary is being sought.
    search: Option<Box<Search>>,
    /// The boundary was found by its looks, not known from the handshake.
    found: bool,
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
    pub(super) fn new(dir: Dir, agreement: Agreement) -> Self {
        Self {
            dir,
            agreement,
            stage: Stage::Header,
            scratch: [0; HEADER_BYTES_MAX],
            scratch_len: 0,
            header: FrameHeader::default(),
            remaining: 0,
            control: Vec::new(),
            holed: false,
            message: None,
            message_len: 0,
            compressed: false,
            utf8: None,
            text: Vec::new(),
            texts: 0,
            closed: false,
            search: None,
            found: false,
        }
    }

    /// A direction of which the boundary must be found first.
    pub(super) fn lost(dir: Dir, agreement: Agreement) -> Self {
        let mut reader = Self::new(dir, agreement);
        reader.lose_boundary();
        reader
    }

    /// A direction in which a search is under way.
    pub(super) fn searching(dir: Dir, agreement: Agreement, mut search: Search) -> Self {
        let mut reader = Self::lost(dir, agreement);
        if let Some(client) = agreement.client {
            search.learn_masked(client == dir);
        }
        reader.search = Some(Box::new(search));
        reader
    }

    /// The next byte may be anywhere in a frame.
    fn lose_boundary(&mut self) {
        self.stage = Stage::Lost;
        self.scratch_len = 0;
        self.message = None;
        self.utf8 = None;
        self.control.clear();
        let masked = self.agreement.client.map(|client| client == self.dir);
        self.search = Some(Box::new(Search::new(masked, self.agreement.deflate)));
    }

    /// The next byte begins a frame.
    fn stand_at_boundary(&mut self) {
        self.stage = Stage::Header;
        self.search = None;
    }

    #[inline]
    pub(super) fn push(&mut self, mut bytes: &[u8], events: &mut Events) {
        while !bytes.is_empty() {
            bytes = match self.stage {
                Stage::Header => self.read_header(bytes, events),
                Stage::Payload => self.read_payload(bytes, events),
                Stage::Foreign => return,
                Stage::Lost => return self.seek(&Content::Data(bytes.into()), events),
            };
        }
    }

    /// Goes on looking for the boundary; once it is believed, reads again what was kept since.
    #[cold]
    fn seek(&mut self, content: &Content<'_>, events: &mut Events) {
        let Some(mark) = events.mark() else { return };
        if let Content::Data(bytes) = content
            && self.say_foreign(bytes, events)
        {
            return;
        }
        let Some(search) = &mut self.search else { return };
        search.push(mark, content);
        for kept in self.resume(BITS_KNOWN, events) {
            events.stamp(kept.mark);
            match &kept.content {
                Content::Data(bytes) => self.push(bytes, events),
                Content::Gap(bytes) => self.skip_gap(*bytes, events),
            }
        }
        events.stamp(mark);
    }

    /// If a boundary is believed with so many bits, stands there and gives what was kept from there on.
    pub(super) fn resume(&mut self, bits: i32, events: &mut Events) -> Vec<Kept> {
        let Some((pieces, skipped)) = self.search.as_mut().and_then(|search| search.take(bits)) else {
            return Vec::new();
        };
        if let Some(first) = pieces.first() {
            events.stamp(first.mark);
        }
        events.websocket(self.dir, WebSocketEvent::Resynchronised { skipped });
        self.stand_at_boundary();
        self.found = true;
        pieces
    }

    /// Reads a header, or keeps what there is of it; gives the rest.
    #[inline]
    fn read_header<'a>(&mut self, bytes: &'a [u8], events: &mut Events) -> &'a [u8] {
        if self.scratch_len == 0
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

    fn collect_header<'a>(&mut self, bytes: &'a [u8], events: &mut Events) -> &'a [u8] {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            let len = usize::from(self.scratch_len);
            if let Some(slot) = self.scratch.get_mut(len) {
                *slot = *byte;
            }
            self.scratch_len += 1;
            rest = after;
            let scratch = self.scratch;
            let head = scratch.get(..=len).unwrap_or_default();
            if is_cut_response(head) {
                continue; // an injected answer may come byte by byte as well
            }
            if head.starts_with(b"HTTP/1.") && self.say_foreign(head, events) {
                return &[];
            }
            if let Ok((_, header)) = parse_frame_header(head) {
                self.scratch_len = 0;
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
    fn say_foreign(&mut self, bytes: &[u8], events: &mut Events) -> bool {
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

    #[cold]
    pub(super) fn say_lost(&mut self, events: &mut Events) {
        self.lose_boundary();
        events.websocket(self.dir, WebSocketEvent::Lost);
    }

    #[inline]
    fn begin_frame(&mut self, header: FrameHeader, events: &mut Events) {
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
        self.compressed = header.rsv & 0x4 != 0;
        self.utf8 = (header.opcode == Opcode::TEXT && header.rsv == 0).then(Utf8::default);
        self.text.clear();
    }

    /// Takes payload; gives the rest.
    #[inline]
    fn read_payload<'a>(&mut self, bytes: &'a [u8], events: &mut Events) -> &'a [u8] {
        let len = usize::try_from(self.remaining).unwrap_or(usize::MAX).min(bytes.len());
        let (payload, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        let offset = self.header.payload_len - self.remaining;
        self.remaining -= len as u64;
        if self.header.opcode.is_control() {
            if self.remaining == 0 && self.control.is_empty() && !self.holed {
                self.end_frame(payload, events);
                return rest;
            }
            // Behind a hole the masking key's place is known, but the bytes no longer follow each other.
            let payload = if self.holed { &[] } else { payload };
            let room = CONTROL_BYTES.saturating_sub(self.control.len());
            self.control.extend_from_slice(payload.get(..room.min(payload.len())).unwrap_or_default());
        } else if self.utf8.is_some() {
            self.check_text(payload, offset, events);
        }
        if self.remaining == 0 {
            self.end_frame(&[], events);
        }
        rest
    }

    fn check_text(&mut self, payload: &[u8], mut offset: u64, events: &mut Events) {
        let mut block = [0u8; 2048];
        for piece in payload.chunks(block.len()) {
            let Some(plain) = block.get_mut(..piece.len()) else { return };
            plain.copy_from_slice(piece);
            if let Some(key) = self.header.masking_key {
                unmask(plain, key, offset);
            }
            offset += piece.len() as u64;
            if self.texts < TEXTS_KEPT {
                let room = TEXT_KEPT_BYTES.saturating_sub(self.text.len()).min(plain.len());
                self.text.extend_from_slice(plain.get(..room).unwrap_or_default());
            }
            if self.utf8.as_mut().is_some_and(|utf8| !utf8.push(plain)) {
                self.say_bad_text(events);
                return;
            }
        }
    }

    fn say_bad_text(&mut self, events: &mut Events) {
        self.utf8 = None;
        events.websocket(self.dir, WebSocketEvent::Breach(Breach::TextUtf8));
    }

    /// The frame is whole. `lent`: the payload of a control frame that no segment cut.
    #[inline]
    fn end_frame(&mut self, lent: &[u8], events: &mut Events) {
        self.stage = Stage::Header;
        let header = self.header;
        if header.opcode.is_control() {
            let held = std::mem::take(&mut self.control);
            self.end_control(if held.is_empty() { lent } else { &held }, events);
        } else {
            self.message_len = self.message_len.saturating_add(header.payload_len);
        }
        let frame = WebSocketEvent::Frame {
            opcode: header.opcode,
            fin: header.fin,
            masked: header.masking_key.is_some(),
            payload_len: header.payload_len,
            message_len: self.message_len,
        };
        events.websocket(self.dir, frame);
        if !header.opcode.is_control() && header.fin {
            self.end_message(events);
        }
    }

    #[inline]
    fn end_message(&mut self, events: &mut Events) {
        self.message = None;
        let Some(utf8) = self.utf8.take() else { return };
        if !utf8.is_whole() {
            self.say_bad_text(events);
        } else if self.texts < TEXTS_KEPT {
            self.texts += 1;
            let text = String::from_utf8_lossy(&self.text).into();
            events.websocket(self.dir, WebSocketEvent::Text(text));
            self.text = Vec::new();
        }
    }

    fn end_control(&mut self, masked: &[u8], events: &mut Events) {
        let mut plain = [0u8; CONTROL_BYTES];
        let len = masked.len().min(plain.len());
        let Some(plain) = plain.get_mut(..len) else { return };
        plain.copy_from_slice(masked.get(..len).unwrap_or_default());
        if let Some(key) = self.header.masking_key {
            unmask(plain, key, 0);
        }
        match self.header.opcode {
            Opcode::CLOSE => self.end_close(plain, events),
            Opcode::PING if !self.holed => events.websocket(self.dir, WebSocketEvent::Ping { digest: digest(plain) }),
            Opcode::PONG if !self.holed => events.websocket(self.dir, WebSocketEvent::Pong { digest: digest(plain) }),
            _ => {}
        }
    }

    fn end_close(&mut self, body: &[u8], events: &mut Events) {
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
            reason: reason.to_vec(),
            one_byte,
            fragmented: !header.fin,
            oversized: header.payload_len > CONTROL_PAYLOAD_MAX,
            reserved_bits: header.rsv != 0,
            cut: self.holed,
        };
        events.websocket(self.dir, WebSocketEvent::Close(Box::new(close)));
    }

    /// So many bytes are missing: inside a payload they are counted through, over a header the boundary is lost.
    pub(super) fn skip_gap(&mut self, bytes: u64, events: &mut Events) {
        match self.stage {
            Stage::Payload if bytes <= self.remaining => {
                self.remaining -= bytes;
                self.holed = true;
                self.utf8 = None;
                if self.remaining == 0 {
                    self.end_frame(&[], events);
                }
            }
            Stage::Foreign => {}
            Stage::Payload | Stage::Header => {
                // A Close whose code was read before the hole is still a Close.
                if self.stage == Stage::Payload && self.header.opcode == Opcode::CLOSE && self.control.len() >= 2 {
                    self.holed = true;
                    self.end_frame(&[], events);
                }
                events.emit(self.dir, What::Missing { bytes });
                self.say_lost(events);
            }
            Stage::Lost => {
                // What speaks for a boundary before the gap is all that ever will.
                if self.search.as_ref().is_some_and(|search| search.stands_at_boundary()) {
                    self.seek_at_end(events);
                }
                if self.stage != Stage::Lost {
                    return self.skip_gap(bytes, events);
                }
                events.emit(self.dir, What::Missing { bytes });
                self.seek(&Content::Gap(bytes), events);
            }
        }
    }

    pub(super) fn finish(&mut self, events: &mut Events) {
        if self.stage == Stage::Lost {
            self.seek_at_end(events);
        }
        let event = match self.stage {
            Stage::Payload => WebSocketEvent::EndedInFrame {
                opcode: Some(self.header.opcode),
                declared: self.header.payload_len,
                missing: self.remaining,
            },
            Stage::Header if self.scratch_len > 0 => {
                WebSocketEvent::EndedInFrame { opcode: None, declared: 0, missing: 0 }
            }
            Stage::Header if self.message.is_some() => WebSocketEvent::EndedInMessage { received: self.message_len },
            Stage::Lost if self.search.as_ref().is_some_and(|search| search.passed() > 0) => WebSocketEvent::Lost,
            _ => return,
        };
        events.websocket(self.dir, event);
    }

    /// Nothing more will come: what is there must do.
    fn seek_at_end(&mut self, events: &mut Events) {
        let mark = events.mark();
        for kept in self.resume(BITS_AT_END, events) {
            events.stamp(kept.mark);
            match &kept.content {
                Content::Data(bytes) => self.push(bytes, events),
                Content::Gap(bytes) => self.skip_gap(*bytes, events),
            }
        }
        if let Some(mark) = mark {
            events.stamp(mark);
        }
    }
}

/// FNV-1a: enough to tell which Ping a Pong answers, and nobody's secret.
fn digest(payload: &[u8]) -> u32 {
    payload.iter().fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
