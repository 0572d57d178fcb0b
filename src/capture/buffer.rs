//! The one buffer that a capture file is read through.
//!
//! Given a reader, keeps the bytes that were read and not yet used as one slice, however packets fall across reads.
//! Grows to the largest packet or block, no further; knows nothing of formats.

use std::io::{self, Read};
use std::ops::Range;

pub(super) struct Buffer {
    bytes: Vec<u8>,
    // Invariant: start <= end <= bytes.len(); bytes[start..end] was read and is not used yet.
    start: usize,
    end: usize,
}

impl Buffer {
    pub fn new(capacity: usize) -> Self {
        Self { bytes: vec![0; capacity], start: 0, end: 0 }
    }

    /// Reads until `needed` bytes are unread; false if the input ends before. One `read` at a time and no more than it
    /// takes: behind a pipe the next packet may be hours away.
    pub fn refill(&mut self, input: &mut impl Read, needed: usize) -> io::Result<bool> {
        self.move_to_front();
        while self.end < needed {
            if self.end == self.bytes.len() {
                // Doubling: a corrupt length may ask for far more than the file has.
                self.bytes.resize((2 * self.bytes.len()).min(needed).max(64), 0);
            }
            match input.read(self.bytes.get_mut(self.end..).unwrap_or_default()) {
                Ok(0) => return Ok(false),
                Ok(count) => self.end = (self.end + count).min(self.bytes.len()),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        Ok(true)
    }

    /// Marks the first `count` unread bytes as used.
    #[inline]
    pub fn consume(&mut self, count: usize) {
        self.start = self.start.saturating_add(count).min(self.end);
    }

    /// What was read and not used yet.
    #[inline]
    pub fn unread(&self) -> &[u8] {
        self.bytes.get(self.start..self.end).unwrap_or_default()
    }

    /// The same, and where they start: moving that on marks bytes as used while others are still looked at.
    #[inline]
    pub fn unread_and_start(&mut self) -> (&[u8], &mut usize) {
        (self.bytes.get(self.start..self.end).unwrap_or_default(), &mut self.start)
    }

    /// A part of the unread bytes as a place in the buffer, which stays until the next `refill`.
    #[inline]
    pub fn place(&self, start: usize, len: usize) -> Range<usize> {
        self.start + start..self.start + start + len
    }

    #[inline]
    pub fn at(&self, place: &Range<usize>) -> &[u8] {
        self.bytes.get(place.start..place.end).unwrap_or_default()
    }

    /// The unread tail is shorter than one packet: moving it is cheaper than a ring, and keeps every packet one slice.
    fn move_to_front(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unread_bytes_survive_refills_and_growth() {
        let data: Vec<u8> = (0..200).collect();
        let mut input = data.as_slice();
        let mut buffer = Buffer::new(16);
        assert!(buffer.refill(&mut input, 10).unwrap());
        assert_eq!(buffer.unread(), &data[..16]);
        buffer.consume(10);
        assert!(buffer.refill(&mut input, 100).unwrap());
        assert_eq!(buffer.unread()[..100], data[10..110]);
        assert!(!buffer.refill(&mut input, 1000).unwrap());
        assert_eq!(buffer.unread(), &data[10..]);
    }
}
