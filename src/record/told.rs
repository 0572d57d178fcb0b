//! Large values that were told, kept in their blocks of the heap for what is to be told next: fetching dozens of them new
//! takes longer than writing them again.

use crate::limits::BLOCKS_REUSED;

/// Blocks of the heap, each with what was told.
#[derive(Debug)]
pub struct Told<T>(Vec<Box<T>>);

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> Told<T> {
    /// Takes one back, if there are not plenty.
    pub fn take_back(&mut self, told: Box<T>) {
        if self.0.len() < BLOCKS_REUSED {
            self.0.push(told);
        }
    }

    /// One to be written again; None where all are in use.
    pub fn again(&mut self) -> Option<Box<T>> {
        self.0.pop()
    }
}
