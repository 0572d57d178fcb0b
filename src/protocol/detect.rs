//! First bytes → protocol.
//!
//! Given the first bytes of both directions, tells HTTP, the wrappers around it, and everything else, on any port.
//! A stream that was joined after its start may also be a WebSocket in mid-stream: that is told by its frames.

use super::http1::Http1;
use super::preamble::{self, Preamble};
use super::secured::Secured;
use super::websocket::MidStream;
use super::{Context, Protocol, Step};
use crate::event::{Events, Mark, What};
use crate::limits::{DETECT_BYTES, WRAPPERS};
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use crate::wire::tls::may_be_record;

/// A stream whose protocol is not known yet.
#[derive(Default, Debug)]
pub struct Detecting {
    first: ByDir<Vec<u8>>,
    /// This direction showed nothing known.
    strange: ByDir<bool>,
    /// Bytes are missing: what follows may be the middle of anything.
    holed: ByDir<bool>,
    /// The search for frames, where the stream may be in the middle of them.
    mid_stream: Option<Box<MidStream>>,
    wrappers: u8,
}

/// What first bytes look like.
enum Looks {
    Http,
    Tls,
    Wrapped(Preamble),
    /// Something that cannot carry a WebSocket in the clear.
    Other,
    /// Too few bytes.
    Unsure,
    Strange,
}

impl Detecting {
    /// A stream whose protocol was lost sight of: bytes are missing in both directions.
    pub(super) fn after_loss() -> Protocol {
        Protocol::Detecting(Box::new(Self { holed: ByDir([true; 2]), ..Self::default() }))
    }

    /// Inside so many wrappers.
    fn inside(wrappers: u8) -> Self {
        Self { wrappers, ..Self::default() }
    }

    pub(super) fn push(
        &mut self,
        dir: Dir,
        content: &Content<'_>,
        context: &Context<'_>,
        events: &mut Events<'_>,
    ) -> Step {
        let bytes = match content {
            Content::Gap(_) => {
                self.first[dir].clear();
                self.holed[dir] = true;
                self.strange[dir] = false;
                return self.look_for_frames(dir, content, events);
            }
            Content::Data(bytes) => bytes,
        };
        if self.strange[dir] && !self.may_be_frames(dir, context) {
            return Step::Stay;
        }
        let room = DETECT_BYTES.saturating_sub(self.first[dir].len());
        self.first[dir].extend_from_slice(bytes.get(..bytes.len().min(room)).unwrap_or_default());
        let lost = bytes.len() > room;
        match looks(&self.first[dir], dir, &self.first) {
            Looks::Http => self.become_protocol(Protocol::Http1(Box::default()), dir, bytes, room),
            Looks::Wrapped(preamble) => self.unwrap(dir, preamble, events),
            Looks::Tls => {
                let tls = Protocol::Tls(Box::new(Secured::inside(self.wrappers)));
                self.become_protocol(tls, dir, bytes, room)
            }
            Looks::Other => Step::Become(Protocol::Opaque, Vec::new()),
            Looks::Unsure if !lost => Step::Stay,
            Looks::Unsure | Looks::Strange => self.be_strange(dir, bytes, room, context, events),
        }
    }

    fn may_be_frames(&self, dir: Dir, context: &Context<'_>) -> bool {
        context.late[dir] || self.holed[dir]
    }

    /// Hands over what was kept of both directions, and what did not fit of this one.
    fn become_protocol(&mut self, protocol: Protocol, dir: Dir, bytes: &[u8], kept: usize) -> Step {
        let mut first = Vec::new();
        let mut own = std::mem::take(&mut self.first[dir]);
        own.extend_from_slice(bytes.get(kept..).unwrap_or_default());
        let mut other = std::mem::take(&mut self.first[dir.opposite()]);
        if self.holed[dir] && !Http1::may_start(&other) {
            other.clear(); // it answered what is missing: a wrapper's beginning
        }
        // A request goes before the response to it, whichever came first in the capture.
        let response = own.starts_with(b"HTTP/");
        if response && !other.is_empty() {
            first.push((dir.opposite(), other));
            first.push((dir, own));
        } else {
            first.push((dir, own));
            first.push((dir.opposite(), other));
        }
        Step::Become(protocol, first)
    }

    fn unwrap(&mut self, dir: Dir, preamble: Preamble, events: &mut Events<'_>) -> Step {
        let [mut own, mut other] =
            [std::mem::take(&mut self.first[dir]), std::mem::take(&mut self.first[dir.opposite()])];
        own.drain(..preamble.len.min(own.len()));
        other.drain(..preamble.other_len.min(other.len()));
        if self.wrappers >= WRAPPERS {
            return Step::Become(Protocol::Opaque, Vec::new());
        }
        if let Some(via) = preamble.via {
            events.emit(dir, What::Via(Box::new(via)));
        }
        let inner = Protocol::Detecting(Box::new(Self::inside(self.wrappers + 1)));
        Step::Become(inner, vec![(dir, own), (dir.opposite(), other)])
    }

    /// It begins like nothing known: then it may be frames, if its true beginning was not seen.
    fn be_strange(
        &mut self,
        dir: Dir,
        bytes: &[u8],
        kept: usize,
        context: &Context<'_>,
        events: &mut Events<'_>,
    ) -> Step {
        self.strange[dir] = true;
        let mut own = std::mem::take(&mut self.first[dir]);
        if self.may_be_frames(dir, context) {
            // What was kept while it could still have been something else belongs to it.
            let before = own.len().saturating_sub(bytes.len());
            own.extend_from_slice(bytes.get(kept..).unwrap_or_default());
            let mark = events.mark();
            let seq = mark.seq.wrapping_sub(u32::try_from(before).unwrap_or(0));
            events.stamp(Mark { seq, ..mark });
            let step = self.look_for_frames(dir, &Content::Data(own.into()), events);
            events.stamp(mark);
            return step;
        }
        let other = dir.opposite();
        let hopeless = self.strange[other] || !self.first[other].is_empty();
        if hopeless && !self.may_be_frames(other, context) {
            Step::Become(Protocol::Opaque, Vec::new())
        } else {
            Step::Stay
        }
    }

    fn look_for_frames(&mut self, dir: Dir, content: &Content<'_>, events: &mut Events<'_>) -> Step {
        let mark = events.mark();
        let mid_stream = self.mid_stream.get_or_insert_default();
        mid_stream.push(dir, mark, content);
        match mid_stream.recognise(events) {
            Some(websocket) => Step::Become(Protocol::WebSocket(websocket), Vec::new()),
            None => Step::Stay,
        }
    }
}

/// A stream inside `wrappers` wrappers, from its start.
pub(super) fn inside(wrappers: u8) -> Protocol {
    if wrappers >= WRAPPERS { Protocol::Opaque } else { Protocol::Detecting(Box::new(Detecting::inside(wrappers))) }
}

fn looks(bytes: &[u8], dir: Dir, both: &ByDir<Vec<u8>>) -> Looks {
    match preamble::find(bytes, &both[dir.opposite()]) {
        preamble::Found::Whole(preamble) => return Looks::Wrapped(preamble),
        preamble::Found::Incomplete => return Looks::Unsure,
        preamble::Found::None => {}
    }
    if Http1::may_start(bytes) {
        return Looks::Http;
    }
    match bytes {
        // A whole record header (RFC 8446 §5.1), or the beginning of one.
        [_, _, _, _, _, ..] if may_be_record(bytes) => Looks::Tls,
        _ if may_be_record(bytes) => Looks::Unsure,
        _ if bytes.starts_with(b"PRI * HTTP/2.0") => Looks::Other,
        _ if Http1::may_become_start(bytes) => Looks::Unsure,
        _ => Looks::Strange,
    }
}
