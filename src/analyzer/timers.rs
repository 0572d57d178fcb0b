//! What is due later: each kind has one delay, so each kind is a queue.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::{FORGET_AFTER, HALF_CLOSED, RESET_LINGER};
use crate::tcp::table::Slot;
use crate::time::Timestamp;

/// Why a flow is looked at again; the sooner the smaller.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Due {
    /// Both sides sent FIN and everything was read.
    Now,
    /// A RST was seen; a forged one may yet be contradicted.
    AfterReset,
    /// One side sent FIN; the other may go on.
    AfterFin,
    /// Reported: later packets are not expected any more.
    Forget,
}

impl Due {
    fn delay(self) -> Duration {
        match self {
            Self::Now => Duration::ZERO,
            Self::AfterReset => RESET_LINGER,
            Self::AfterFin => HALF_CLOSED,
            Self::Forget => FORGET_AFTER,
        }
    }
}

/// Queues of what is due, one for each kind.
#[derive(Default, Debug)]
pub(super) struct Timers {
    after_reset: VecDeque<(Timestamp, Slot, u64)>,
    after_fin: VecDeque<(Timestamp, Slot, u64)>,
    forget: VecDeque<(Timestamp, Slot, u64)>,
    earliest: Option<Timestamp>,
}

impl Timers {
    /// Looks at `slot` again after the delay of `due`, if it still holds the TCP stream of that number.
    pub(super) fn set(&mut self, due: Due, now: Timestamp, slot: Slot, stream: u64) {
        let at = now + due.delay();
        let queue = match due {
            Due::Now | Due::AfterReset => &mut self.after_reset,
            Due::AfterFin => &mut self.after_fin,
            Due::Forget => &mut self.forget,
        };
        queue.push_back((at, slot, stream));
        self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
    }

    /// The next that is due.
    #[inline]
    pub(super) fn next_due(&mut self, now: Timestamp) -> Option<(Due, Slot, u64)> {
        if self.earliest.is_none_or(|earliest| now < earliest) {
            return None;
        }
        self.pop_due(now)
    }

    fn pop_due(&mut self, now: Timestamp) -> Option<(Due, Slot, u64)> {
        let queues =
            [(Due::AfterReset, &mut self.after_reset), (Due::AfterFin, &mut self.after_fin), (Due::Forget, &mut self.forget)];
        for (due, queue) in queues {
            if queue.front().is_some_and(|(at, ..)| *at <= now) {
                return queue.pop_front().map(|(_, slot, stream)| (due, slot, stream));
            }
        }
        let fronts = [self.after_reset.front(), self.after_fin.front(), self.forget.front()];
        self.earliest = fronts.into_iter().flatten().map(|(at, ..)| *at).min();
        None
    }
}
