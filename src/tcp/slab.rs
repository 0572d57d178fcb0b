//! Values by number, in pieces: growing moves none of them, and a short capture takes little.
//!
//! Nothing is kept beside a value, not even whether it is still wanted: that would be one more place in memory to look at.
//! Who was given a number uses it until it is freed, and leaves something small there.

/// Values in a piece.
const PIECE: usize = 1024;

/// Values that keep their number until it is freed.
#[derive(Debug)]
pub struct Slab<T> {
    pieces: Vec<Vec<T>>,
    free: Vec<u32>,
}

impl<T> Default for Slab<T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), free: Vec::new() }
    }
}

impl<T> Slab<T> {
    /// A number with what was left there, or `fresh` where none is free.
    pub fn take(&mut self, fresh: impl FnOnce() -> T) -> u32 {
        if let Some(number) = self.free.pop() {
            return number;
        }
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let Some(piece) = self.pieces.last_mut() else { return u32::MAX };
        piece.push(fresh());
        u32::try_from(before + piece.len() - 1).unwrap_or(u32::MAX)
    }

    /// The number may be given out again.
    pub fn free(&mut self, number: u32) {
        self.free.push(number);
    }

    #[inline]
    pub fn get(&self, number: u32) -> Option<&T> {
        let number = number as usize;
        self.pieces.get(number / PIECE)?.get(number % PIECE)
    }

    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        let number = number as usize;
        self.pieces.get_mut(number / PIECE)?.get_mut(number % PIECE)
    }

    /// Numbers given out so far, used or free.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        let len = self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len());
        0..u32::try_from(len).unwrap_or(u32::MAX)
    }
}
