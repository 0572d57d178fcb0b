//! One direction between frames and inside one.
//!
//! Most of the time a WebSocket stands at a frame boundary, where eight bytes say all there is to know; a hundred
//! thousand may be open at once. Only a frame or message that is not whole needs a reader beyond the segment in work.

use super::reader::Reader;
use super::{Agreement, whole};
use crate::event::Events;
use crate::packet::Dir;
use crate::tcp::Content;

/// One direction of a WebSocket.
#[derive(Debug)]
pub(super) enum Direction {
    /// At a frame boundary, no message in progress.
    Between(Between),
    /// Inside a frame or message, or looking for a boundary.
    Inside(Box<Reader>),
}

/// What is known at a frame boundary.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between {
    pub dir: Dir,
    pub agreement: Agreement,
    /// The first text message was told.
    pub text_told: bool,
    /// A Close was seen.
    pub closed: bool,
    /// The boundary was found by its looks, not known from the handshake.
    pub found: bool,
}

impl Direction {
    /// At the boundary before the first frame.
    pub(super) fn at_start(dir: Dir, agreement: Agreement) -> Self {
        Self::Between(Between { dir, agreement, text_told: false, closed: false, found: false })
    }

    /// Lets the reader work, and keeps it if it is not done.
    #[inline]
    pub(super) fn read<T>(&mut self, work: impl FnOnce(&mut Reader) -> T) -> T {
        match self {
            Self::Between(between) => {
                let mut reader = Reader::at(*between);
                let result = work(&mut reader);
                *self = match reader.between() {
                    Some(between) => Self::Between(between),
                    None => Self::Inside(Box::new(reader)),
                };
                result
            }
            Self::Inside(reader) => {
                let result = work(reader);
                if let Some(between) = reader.between() {
                    *self = Self::Between(between);
                }
                result
            }
        }
    }

    #[inline]
    pub(super) fn push(&mut self, content: &Content<'_>, events: &mut Events<'_>) {
        match content {
            Content::Data(bytes) => self.push_bytes(bytes, events),
            Content::Gap(bytes) => self.read(|reader| reader.skip_gap(*bytes, events)),
        }
    }

    #[inline]
    fn push_bytes(&mut self, mut bytes: &[u8], events: &mut Events<'_>) {
        if let Self::Between(boundary) = self {
            while let Some(rest) = whole::read(boundary, bytes, events) {
                bytes = rest;
            }
        }
        if !bytes.is_empty() {
            self.read(|reader| reader.push(bytes, events));
        }
    }
}
