//! Entries by number, in pieces: growing moves none of them, and a short capture takes little.

/// Entries in a piece.
const PIECE: usize = 1024;

/// Entries that keep their number while they are there. Each stands behind its key.
#[derive(Debug)]
pub struct Slab<K, T> {
    pieces: Vec<Vec<Place<K, T>>>,
    free: Vec<u32>,
}

// Laid out as written and in whole cache lines: the key is compared, and then the entry's first lines are needed.
#[repr(C, align(64))]
#[derive(Debug)]
struct Place<K, T> {
    key: K,
    value: Option<T>,
}

impl<K, T> Default for Slab<K, T> {
    fn default() -> Self {
        Self { pieces: Vec::new(), free: Vec::new() }
    }
}

impl<K, T> Slab<K, T> {
    /// Keeps `value`; gives its number.
    pub fn insert(&mut self, key: K, value: T) -> u32 {
        if let Some(number) = self.free.pop() {
            if let Some(place) = self.place_mut(number) {
                place.key = key;
                place.value = Some(value);
            }
            return number;
        }
        if self.pieces.last().is_none_or(|piece| piece.len() == PIECE) {
            self.pieces.push(Vec::with_capacity(PIECE));
        }
        let before = (self.pieces.len() - 1) * PIECE;
        let Some(piece) = self.pieces.last_mut() else { return u32::MAX };
        piece.push(Place { key, value: Some(value) });
        u32::try_from(before + piece.len() - 1).unwrap_or(u32::MAX)
    }

    /// Gives the entry back.
    pub fn take(&mut self, number: u32) -> Option<T> {
        let value = self.place_mut(number)?.value.take()?;
        self.free.push(number);
        Some(value)
    }

    /// Forgets the entry; gives its key.
    pub fn remove(&mut self, number: u32) -> Option<K>
    where
        K: Copy,
    {
        let place = self.place_mut(number).filter(|place| place.value.is_some())?;
        place.value = None;
        let key = place.key;
        self.free.push(number);
        Some(key)
    }

    #[inline]
    pub fn get(&self, number: u32) -> Option<&T> {
        self.place(number)?.value.as_ref()
    }

    #[inline]
    pub fn get_mut(&mut self, number: u32) -> Option<&mut T> {
        self.place_mut(number)?.value.as_mut()
    }

    /// An entry that is there, and its key.
    #[inline]
    pub fn get_both_mut(&mut self, number: u32) -> Option<(&K, &mut T)> {
        let Place { key, value } = self.place_mut(number)?;
        Some((key, value.as_mut()?))
    }

    /// The key of an entry that is there.
    #[inline]
    pub fn get_key(&self, number: u32) -> Option<&K> {
        self.place(number).filter(|place| place.value.is_some()).map(|place| &place.key)
    }

    #[inline]
    fn place(&self, number: u32) -> Option<&Place<K, T>> {
        let number = number as usize;
        self.pieces.get(number / PIECE)?.get(number % PIECE)
    }

    #[inline]
    fn place_mut(&mut self, number: u32) -> Option<&mut Place<K, T>> {
        let number = number as usize;
        self.pieces.get_mut(number / PIECE)?.get_mut(number % PIECE)
    }

    /// Numbers given out so far, used or free.
    pub fn numbers(&self) -> std::ops::Range<u32> {
        let len = self.pieces.last().map_or(0, |last| (self.pieces.len() - 1) * PIECE + last.len());
        0..u32::try_from(len).unwrap_or(u32::MAX)
    }
}
