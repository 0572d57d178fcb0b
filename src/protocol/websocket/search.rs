//! Where frames begin, when that is not known: after a gap, or in mid-stream.
//!
//! Given one direction's bytes as they come, follows a few guesses over as many segments as it takes, and keeps the
//! bytes since the best ones began, so that nothing is lost once one is believed. A wrong boundary would invent frames,
//! and a false Close is the worst this program can say: a guess must earn its belief. HTTP never holds a boundary.

use std::borrow::Cow;
use std::collections::VecDeque;

use super::walk::Walk;
use crate::event::Mark;
use crate::limits::{SEARCH_KEPT_BYTES, SEARCH_OFFSETS, SEARCH_WALKS};
use crate::protocol::http1::Http1;
use crate::tcp::Content;

/// Belief needed where it is known that this is a WebSocket.
pub(super) const BITS_KNOWN: i32 = 16;
/// The same where nothing more will come.
pub(super) const BITS_AT_END: i32 = 8;
/// How promising a guess inside a segment must look by the segment's end to be followed further.
const BITS_INSIDE: i32 = 9;

/// The search for a boundary in one direction.
#[derive(Default, Debug)]
pub struct Search {
    masked: Option<bool>,
    deflate: Option<bool>,
    walks: Vec<Walk>,
    kept: VecDeque<Kept>,
    kept_bytes: usize,
    /// Stream offset of the next byte, counted from where the search began.
    at: u64,
    /// Segments looked at: so many guesses were made at their starts.
    segments: u32,
    /// Offsets looked at inside segments.
    offsets: u64,
}

/// A piece of the stream that is still at hand.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    at: u64,
    pub mark: Mark,
    pub content: Content<'static>,
}

impl Search {
    /// A search in a direction of which so much is known.
    pub(super) fn new(masked: Option<bool>, deflate: Option<bool>) -> Self {
        Self { masked, deflate, ..Self::default() }
    }

    /// Roles became known: guesses that contradict them go.
    pub(super) fn learn_masked(&mut self, masked: bool) {
        self.masked = Some(masked);
        self.walks.retain(|walk| walk.masked.is_none_or(|other| other == masked));
    }

    /// Takes the next piece of the stream.
    pub fn push(&mut self, mark: Mark, content: &Content<'_>) {
        match content {
            Content::Gap(bytes) => {
                self.walks.retain_mut(|walk| walk.skip(*bytes).is_ok());
                self.keep(mark, Content::Gap(*bytes), *bytes);
            }
            Content::Data(bytes) => {
                self.walks.retain_mut(|walk| walk.push(bytes).is_ok());
                self.segments = self.segments.saturating_add(1);
                if !looks_like_http(bytes) {
                    self.guess_start(bytes);
                    self.guess_inside(bytes);
                }
                let len = bytes.len() as u64;
                if self.walks.is_empty() {
                    self.forget_all();
                    self.at += len;
                } else {
                    self.keep(mark, Content::Data(Cow::Owned(bytes.to_vec())), len);
                }
            }
        }
    }

    /// Frames usually begin where segments do.
    fn guess_start(&mut self, bytes: &[u8]) {
        // Some walk stands here already: a new one would only repeat it.
        let known = self.walks.iter().any(|walk| walk.frames > 0 && walk.belief() >= BITS_KNOWN);
        if !known && bytes.first().is_some_and(|byte| Walk::may_begin(*byte, self.deflate)) {
            let doubt = log2(u64::from(self.segments)) / 2;
            let mut walk = Walk::new(self.at, self.masked, self.deflate, doubt);
            if walk.push(bytes).is_ok() {
                self.follow(walk);
            }
        }
    }

    fn guess_inside(&mut self, bytes: &[u8]) {
        if self.offsets >= SEARCH_OFFSETS || self.walks.iter().any(|walk| walk.belief() >= BITS_INSIDE) {
            return;
        }
        self.offsets += bytes.len() as u64;
        let doubt = log2(self.offsets);
        for (offset, byte) in bytes.iter().enumerate().skip(1) {
            if !Walk::may_begin(*byte, self.deflate) {
                continue;
            }
            let mut walk = Walk::new(self.at + offset as u64, self.masked, self.deflate, doubt);
            let tail = bytes.get(offset..).unwrap_or_default();
            if walk.push(tail).is_ok() && walk.belief() + doubt >= BITS_INSIDE {
                self.follow(walk);
            }
        }
    }

    /// Follows a guess further, if it is among the best.
    fn follow(&mut self, walk: Walk) {
        if self.walks.len() < SEARCH_WALKS {
            self.walks.push(walk);
            return;
        }
        let weakest = self.walks.iter_mut().min_by_key(|walk| walk.belief());
        if let Some(weakest) = weakest.filter(|weakest| weakest.belief() < walk.belief()) {
            *weakest = walk;
        }
    }

    fn keep(&mut self, mark: Mark, content: Content<'static>, len: u64) {
        if let Content::Data(bytes) = &content {
            self.kept_bytes += bytes.len();
        }
        self.kept.push_back(Kept { at: self.at, mark, content });
        self.at += len;
        let needed = self.walks.iter().map(|walk| walk.anchor).min().unwrap_or(u64::MAX);
        while let Some(first) = self.kept.front() {
            let useless = first.at + len_of(&first.content) <= needed;
            if !useless && self.kept_bytes <= SEARCH_KEPT_BYTES && self.kept.len() <= SEARCH_KEPT_BYTES / 16 {
                break;
            }
            if let Some(Kept { content: Content::Data(bytes), .. }) = self.kept.pop_front() {
                self.kept_bytes -= bytes.len();
            }
        }
        let kept_from = self.kept.front().map_or(self.at, |kept| kept.at);
        for walk in &mut self.walks {
            walk.forget_before(kept_from);
        }
    }

    fn forget_all(&mut self) {
        self.kept.clear();
        self.kept_bytes = 0;
    }

    /// The guess that most speaks for.
    pub(super) fn best(&self, masked: Option<bool>) -> Option<&Walk> {
        let fits = |walk: &&Walk| masked.is_none_or(|masked| walk.masked.is_none_or(|other| other == masked));
        self.walks.iter().filter(fits).max_by_key(|walk| walk.belief())
    }

    /// The boundary that is believed with at least so many bits: what is kept from there on, and what was passed over.
    ///
    /// A Close is believed at the end only: what follows it shows that it was none (RFC 6455 §5.5.1).
    pub(super) fn take(&mut self, bits: i32) -> Option<(Vec<Kept>, u64)> {
        let believed = |walk: &&Walk| walk.belief() >= bits && walk.anchor != u64::MAX;
        let walk = self.best(None).filter(believed).filter(|walk| !walk.closed || bits <= BITS_AT_END)?;
        let anchor = walk.anchor;
        let pieces = std::mem::take(&mut self.kept).into_iter().filter_map(|kept| kept.from(anchor)).collect();
        Some((pieces, anchor))
    }

    /// The best guess has just ended a frame, and is good enough if nothing more comes.
    pub(super) fn stands_at_boundary(&self) -> bool {
        self.best(None).is_some_and(|walk| walk.at_boundary() && walk.belief() >= BITS_AT_END)
    }

    /// Segments that were looked at.
    pub(super) fn segments(&self) -> u32 {
        self.segments
    }

    /// Bytes gone by.
    pub(super) fn passed(&self) -> u64 {
        self.at
    }
}

impl Kept {
    /// What of it lies at or behind `offset`.
    fn from(mut self, offset: u64) -> Option<Self> {
        let before = usize::try_from(offset.saturating_sub(self.at)).unwrap_or(usize::MAX);
        match &mut self.content {
            Content::Data(bytes) if before < bytes.len() => {
                bytes.to_mut().drain(..before);
                Some(self)
            }
            Content::Gap(bytes) if (before as u64) < *bytes => {
                *bytes -= before as u64;
                Some(self)
            }
            _ => None,
        }
    }
}

fn len_of(content: &Content<'_>) -> u64 {
    match content {
        Content::Data(bytes) => bytes.len() as u64,
        Content::Gap(bytes) => *bytes,
    }
}

/// Bits that one of `guesses` costs.
fn log2(guesses: u64) -> i32 {
    i32::try_from(guesses.max(1).ilog2()).unwrap_or(0)
}

/// HTTP stands here: a request, a response, or frames of HTTP/2, of which some payloads are frames of ours.
fn looks_like_http(bytes: &[u8]) -> bool {
    Http1::may_start(bytes) || is_http2(bytes)
}

/// HTTP/2 frames of known types fill the segment (RFC 9113 §4.1).
fn is_http2(mut bytes: &[u8]) -> bool {
    const TYPE_MAX: u8 = 9;
    while let [a, b, c, kind, _flags, stream, _, _, _, rest @ ..] = bytes {
        let len = usize::from(*a) << 16 | usize::from(*b) << 8 | usize::from(*c);
        match rest.get(len..) {
            Some([]) if *kind <= TYPE_MAX && stream & 0x80 == 0 => return true,
            Some(after) if *kind <= TYPE_MAX && stream & 0x80 == 0 => bytes = after,
            _ => return false,
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::PacketRef;
    use crate::time::Timestamp;

    fn search(masked: Option<bool>, pieces: &[&[u8]]) -> Search {
        let mut search = Search::new(masked, None);
        for (number, piece) in (1..).zip(pieces) {
            let mark = Mark { at: Timestamp::default(), packet: PacketRef::new(0, number), seq: 0, acked: None };
            search.push(mark, &Content::Data(Cow::Borrowed(piece)));
        }
        search
    }

    #[test]
    fn an_empty_close_is_believed_at_the_end_only() {
        let mut search = search(Some(false), &[b"\x88\x00"]);
        assert!(search.take(BITS_KNOWN).is_none());
        assert!(search.take(BITS_AT_END).is_some());
    }
}
