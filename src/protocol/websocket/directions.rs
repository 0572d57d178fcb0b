//! The two directions, each between frames or inside one.
//!
//! Most of the time a WebSocket stands at a frame boundary, where three bits say all there is to know; a hundred
//! thousand may be open at once. Only a frame or message that is not whole needs a reader beyond the segment in work.

use super::reader::Reader;
use super::{Agreement, whole};
use crate::event::{Events, Listener};
use crate::packet::{ByDir, Dir};
use crate::rare::{Absent, Rare};
use crate::tcp::Content;

/// Both directions of a WebSocket.
// Sixteen bytes between frames.
#[derive(Debug)]
pub(super) struct Directions {
    /// Of the directions that are inside a frame or message.
    readers: Rare<ByDir<Option<Reader>>>,
    boundaries: ByDir<Boundary>,
    agreement: Agreement,
}

impl Absent for ByDir<Option<Reader>> {
    fn absent() -> &'static Self {
        static NONE: ByDir<Option<Reader>> = ByDir([None, None]);
        &NONE
    }
}

/// What is known at a frame boundary.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Boundary {
    /// The first text message was told.
    pub text_told: bool,
    /// A Close was seen.
    pub closed: bool,
    /// The boundary was found by its looks, not known from the handshake.
    pub found: bool,
}

impl Directions {
    /// At the boundaries before the first frames.
    pub(super) fn at_start(agreement: Agreement) -> Self {
        Self { readers: Rare::NONE, boundaries: ByDir::default(), agreement }
    }

    /// Inside a frame or message, or looking for a boundary.
    pub(super) fn inside(agreement: Agreement, readers: [Reader; 2]) -> Self {
        Self { readers: ByDir(readers.map(Some)).into(), ..Self::at_start(agreement) }
    }

    /// Lets the reader of `dir` work, and keeps it if it is not done.
    #[inline]
    pub(super) fn read<T>(&mut self, dir: Dir, work: impl FnOnce(&mut Reader) -> T) -> T {
        if let Some(readers) = self.readers.get_mut()
            && let Some(reader) = &mut readers[dir]
        {
            let result = work(reader);
            if let Some(boundary) = reader.boundary() {
                (self.boundaries[dir], readers[dir]) = (boundary, None);
                self.readers.drop_if(|readers| readers.0.iter().all(Option::is_none));
            }
            return result;
        }
        let mut reader = Reader::at(self.boundaries[dir], dir, self.agreement);
        let result = work(&mut reader);
        match reader.boundary() {
            Some(boundary) => self.boundaries[dir] = boundary,
            None => self.readers[dir] = Some(reader),
        }
        result
    }

    #[inline]
    pub(super) fn push<L: Listener + ?Sized>(&mut self, dir: Dir, content: &Content<'_>, events: &mut Events<'_, L>) {
        match content {
            Content::Data(bytes) => self.push_bytes(dir, bytes, events),
            Content::Gap(bytes) => self.read(dir, |reader| reader.skip_gap(*bytes, &mut events.as_dyn())),
        }
    }

    #[inline]
    fn push_bytes<L: Listener + ?Sized>(&mut self, dir: Dir, mut bytes: &[u8], events: &mut Events<'_, L>) {
        if self.readers[dir].is_none() {
            let boundary = &mut self.boundaries[dir];
            while let Some(rest) = whole::read(boundary, dir, self.agreement, bytes, events) {
                bytes = rest;
            }
        }
        if !bytes.is_empty() {
            self.read(dir, |reader| reader.push(bytes, &mut events.as_dyn()));
        }
    }
}
