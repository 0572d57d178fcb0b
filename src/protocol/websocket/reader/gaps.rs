//! Gaps: how the frame boundary is lost, sought and found again, and what is left unfinished at the end.

use super::super::search::{self, BITS_AT_END, BITS_KNOWN, Search};
use super::{Kept, Reader, Stage};
use crate::event::websocket::WebSocketEvent;
use crate::event::{Events, What};
use crate::tcp::Content;
use crate::wire::websocket::Opcode;

impl Reader {
    /// The next byte may be anywhere in a frame.
    pub(in super::super) fn lose_boundary(&mut self) {
        self.stage = Stage::Lost;
        self.message = None;
        self.utf8 = None;
        let masked = self.agreement.client.map(|client| client == self.dir);
        self.seek_with(Search::new(masked, self.agreement.deflate));
    }

    pub(super) fn seek_with(&mut self, search: Search) {
        self.kept = Some(Box::new(Kept { search: Some(Box::new(search)), ..Kept::default() }));
    }

    fn search(&self) -> Option<&Search> {
        self.kept.as_ref()?.search.as_deref()
    }

    fn search_mut(&mut self) -> Option<&mut Search> {
        self.kept.as_mut()?.search.as_deref_mut()
    }

    /// The next byte begins a frame.
    fn stand_at_boundary(&mut self) {
        self.stage = Stage::Header;
        self.kept = None;
    }

    #[cold]
    pub(in super::super) fn say_lost(&mut self, events: &mut Events<'_>) {
        self.lose_boundary();
        events.websocket(self.dir, WebSocketEvent::Lost);
    }

    /// Goes on looking for the boundary; once it is believed, reads again what was kept since.
    #[cold]
    pub(super) fn seek(&mut self, content: &Content<'_>, events: &mut Events<'_>) {
        let mark = events.mark();
        if let Content::Data(bytes) = content
            && self.say_foreign(bytes, events)
        {
            return;
        }
        let Some(search) = self.search_mut() else { return };
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
    pub(in super::super) fn resume(&mut self, bits: i32, events: &mut Events<'_>) -> Vec<search::Kept> {
        let Some((pieces, skipped)) = self.search_mut().and_then(|search| search.take(bits)) else {
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

    /// So many bytes are missing: inside a payload they are counted through, over a header the boundary is lost.
    pub(in super::super) fn skip_gap(&mut self, bytes: u64, events: &mut Events<'_>) {
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
                if self.stage == Stage::Payload && self.header.opcode == Opcode::CLOSE && self.control_len() >= 2 {
                    self.holed = true;
                    self.end_frame(&[], events);
                }
                events.emit(self.dir, What::Missing { bytes });
                self.say_lost(events);
            }
            Stage::Lost => {
                // What speaks for a boundary before the gap is all that ever will.
                if self.search().is_some_and(Search::stands_at_boundary) {
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

    pub(in super::super) fn finish(&mut self, events: &mut Events<'_>) {
        if self.stage == Stage::Lost {
            self.seek_at_end(events);
        }
        let event = match self.stage {
            Stage::Payload => WebSocketEvent::EndedInFrame {
                opcode: Some(self.header.opcode),
                declared: self.header.payload_len,
                missing: self.remaining,
            },
            Stage::Header if self.cut_header_len() > 0 => {
                WebSocketEvent::EndedInFrame { opcode: None, declared: 0, missing: 0 }
            }
            Stage::Header if self.message.is_some() => WebSocketEvent::EndedInMessage { received: self.message_len },
            Stage::Lost if self.search().is_some_and(|search| search.passed() > 0) => WebSocketEvent::Lost,
            _ => return,
        };
        events.websocket(self.dir, event);
    }

    /// Nothing more will come: what is there must do.
    fn seek_at_end(&mut self, events: &mut Events<'_>) {
        let mark = events.mark();
        for kept in self.resume(BITS_AT_END, events) {
            events.stamp(kept.mark);
            match &kept.content {
                Content::Data(bytes) => self.push(bytes, events),
                Content::Gap(bytes) => self.skip_gap(*bytes, events),
            }
        }
        events.stamp(mark);
    }
}
