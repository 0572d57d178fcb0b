//! A point in the story as its distance from the story's beginning: eight bytes instead of sixteen, a million times.

use std::num::NonZeroU64;

use super::When;
use crate::time::Timestamp;

/// A point soon after another: within eighteen minutes and sixteen million packets, as opening handshakes are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Near(NonZeroU64);

/// Of the distance, for packets; the rest is for nanoseconds.
const PACKETS_BITS: u32 = 24;

impl Near {
    /// `this`, if it is soon after `first`.
    pub fn new(this: When, first: When) -> Option<Self> {
        let ns = u64::try_from(this.at.0.checked_sub(first.at.0)?).ok()?;
        let packets = this.packet.distance(first.packet)?;
        // One more, so that it is never 0.
        let packets = packets.checked_add(1).filter(|packets| packets >> PACKETS_BITS == 0)?;
        let ns = Some(ns).filter(|ns| ns >> (u64::BITS - PACKETS_BITS) == 0)?;
        NonZeroU64::new(ns << PACKETS_BITS | packets).map(Self)
    }

    /// The point again.
    pub fn after(self, first: When) -> When {
        let ns = (self.0.get() >> PACKETS_BITS).cast_signed();
        let packets = (self.0.get() & ((1 << PACKETS_BITS) - 1)) - 1;
        When { at: Timestamp(first.at.0.saturating_add(ns)), packet: first.packet.later(packets) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::PacketRef;

    fn when(file: u32, number: u64, ns: i64) -> When {
        When { at: Timestamp(ns), packet: PacketRef::new(file, number) }
    }

    #[test]
    fn what_is_near_comes_back_and_what_is_far_is_told() {
        let first = when(3, 10, 1_700_000_000_000_000_000);
        for (packets, ns) in [(0, 0), (1, 0), (0, 1), ((1 << 24) - 2, (1 << 40) - 1)] {
            let this = when(3, 10 + packets, first.at.0 + ns);
            assert_eq!(Near::new(this, first).map(|near| near.after(first)), Some(this));
        }
        let far = [when(3, 10 + (1 << 24) - 1, first.at.0), when(3, 11, first.at.0 + (1 << 40))];
        let before = [when(3, 9, first.at.0), when(3, 11, first.at.0 - 1)];
        let elsewhere = [when(2, 11, first.at.0), when(4, 1, first.at.0)];
        for this in far.into_iter().chain(before).chain(elsewhere) {
            assert_eq!(Near::new(this, first), None, "{this:?}");
        }
        let (first, last) = (when(0, 1, i64::MIN), when(0, 2, i64::MAX));
        assert_eq!(Near::new(last, first), None);
    }
}
