//! One direction between frames and inside one.
//!
//! Most of the time a WebSocket stands at a frame boundary, where eight bytes say all there is to know; a hundred
//! thousand may be open at once. Only a frame or message that is not whole needs a reader beyond the segment in work.

use super::Agreement;
use super::reader::Reader;
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
    /// How many texts were kept.
    pub texts: u8,
    /// A Close was seen.
    pub closed: bool,
    /// The boundary was found by its looks, not known from the handshake.
    pub found: bool,
}

impl Direction {
    /// At the boundary before the first frame.
    pub(super) fn at_start(dir: Dir, agreement: Agreement) -> Self {
        Self::Between(Between { dir, agreement, texts: 0, closed: false, found: false })
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
        self.read(|reader| match content {
            Content::Data(bytes) => reader.push(bytes, events),
            Content::Gap(bytes) => reader.skip_gap(*bytes, events),
        });
    }
}
