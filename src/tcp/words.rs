//! A set of numbers, found by their upper halves: one line of memory for a look, whether the number is there or not.
//!
//! Open addressing with linear probing (Knuth, The Art of Computer Programming 3, §6.4, algorithm L and R). The upper half
//! says where a number stands, so a set that grows needs nothing but the numbers; they are hashes, or begin with one.

/// Numbers but [`FREE`].
#[derive(Clone, Default, Debug)]
pub(crate) struct Words {
    /// As many as a power of two, at most three quarters of them in use.
    words: Vec<u64>,
    len: usize,
}

const FREE: u64 = u64::MAX;
const AT_FIRST: usize = 16;

impl Words {
    /// The lower half of a number with that upper half which `is_it`.
    #[inline]
    pub(crate) fn find(&self, upper: u32, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mut place = self.home(upper);
        loop {
            let word = *self.words.get(place)?;
            if word == FREE {
                return None;
            }
            let (other, lower) = halves(word);
            if other == upper && is_it(lower) {
                return Some(lower);
            }
            place = self.next(place);
        }
    }

    #[inline]
    pub(crate) fn contains(&self, word: u64) -> bool {
        let (upper, lower) = halves(word);
        self.find(upper, |other| other == lower).is_some()
    }

    /// Reads what stands where a number would, so that it comes near.
    #[inline]
    pub(crate) fn touch(&self, word: u64) -> u64 {
        self.words.get(self.home(halves(word).0)).copied().unwrap_or(FREE)
    }

    /// Puts a number in that is not there.
    pub(crate) fn insert(&mut self, word: u64) {
        if word == FREE {
            return; // of hashes one in 2⁶⁴
        }
        if (self.len + 1) * 4 > self.words.len() * 3 {
            self.grow();
        }
        self.put(word);
        self.len += 1;
    }

    pub(crate) fn remove(&mut self, word: u64) {
        let mut place = self.home(halves(word).0);
        loop {
            match self.words.get(place) {
                Some(other) if *other == word && word != FREE => break,
                Some(other) if *other != FREE => place = self.next(place),
                _ => return,
            }
        }
        self.len -= 1;
        // What stands behind it moves up, unless it would stand before its home.
        let mut gap = place;
        loop {
            place = self.next(place);
            let moving = self.words.get(place).copied().unwrap_or(FREE);
            if moving == FREE {
                return self.set(gap, FREE);
            }
            let from_home = self.distance(self.home(halves(moving).0), place);
            if from_home >= self.distance(gap, place) {
                self.set(gap, moving);
                gap = place;
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn put(&mut self, word: u64) {
        let mut place = self.home(halves(word).0);
        while self.words.get(place).is_some_and(|other| *other != FREE) {
            place = self.next(place);
        }
        self.set(place, word);
    }

    #[cold]
    fn grow(&mut self) {
        let more = (self.words.len() * 2).max(AT_FIRST);
        let before = std::mem::replace(&mut self.words, vec![FREE; more]);
        before.into_iter().filter(|word| *word != FREE).for_each(|word| self.put(word));
    }

    fn set(&mut self, place: usize, word: u64) {
        self.words.get_mut(place).into_iter().for_each(|there| *there = word);
    }

    #[inline]
    fn home(&self, upper: u32) -> usize {
        usize::try_from((u64::from(upper) * self.words.len() as u64) >> 32).unwrap_or(0)
    }

    #[inline]
    fn next(&self, place: usize) -> usize {
        (place + 1) & self.words.len().wrapping_sub(1)
    }

    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.words.len().wrapping_sub(1)
    }
}

#[inline]
fn halves(word: u64) -> (u32, u32) {
    let [a, b, c, d, upper @ ..] = word.to_le_bytes();
    (u32::from_le_bytes(upper), u32::from_le_bytes([a, b, c, d]))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_is_in_an_empty_set() {
        let mut words = Words::default();
        assert!(!words.contains(7) && !words.contains(FREE));
        words.remove(7);
        words.insert(FREE);
        assert_eq!(words.len(), 0);
    }

    proptest! {
        /// Few homes, so that they crowd, also around the end.
        #[test]
        fn it_holds_what_was_put_in_and_not_taken_out(
            steps in prop::collection::vec((any::<bool>(), 0_u64..6, 0_u64..8), 0..300)
        ) {
            let (mut words, mut model) = (Words::default(), BTreeSet::new());
            for (insert, home, lower) in steps {
                let word = (u64::from(u32::MAX) / 5 * home) << 32 | lower;
                if insert && model.insert(word) {
                    words.insert(word);
                } else if !insert {
                    words.remove(word);
                    model.remove(&word);
                }
                prop_assert_eq!(words.len(), model.len());
                for home in 0..6 {
                    for lower in 0..8 {
                        let word = (u64::from(u32::MAX) / 5 * home) << 32 | lower;
                        prop_assert_eq!(words.contains(word), model.contains(&word));
                    }
                }
            }
        }
    }
}
