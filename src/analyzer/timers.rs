//! What is due later: each kind has one delay, so each kind is a queue.

use std::collections::VecDeque;
use std::time::Duration;

use crate::limits::{CLOSING_REPORTED, HALF_CLOSED, LOST_FINAL, RESET_LINGER};
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
    /// Live: a Close was seen, and TCP goes on.
    AfterClose,
    /// Live: one side repeats itself without an answer.
    Unanswered,
}

impl Due {
    fn delay(self) -> Duration {
        match self {
            Self::Now => Duration::ZERO,
            Self::AfterReset => RESET_LINGER,
            Self::AfterFin => HALF_CLOSED,
            Self::AfterClose => CLOSING_REPORTED,
            Self::Unanswered => LOST_FINAL,
        }
    }
}

/// Kinds that have a queue of their own.
const KINDS: [Due; 4] = [Due::AfterReset, Due::AfterFin, Due::AfterClose, Due::Unanswered];

/// Queues of what is due, one for each kind.
#[derive(Default, Debug)]
pub(super) struct Timers {
    queues: [VecDeque<(Timestamp, Slot, u64)>; KINDS.len()],
    earliest: Option<Timestamp>,
}

impl Timers {
    /// Looks at `slot` again after the delay of `due`, if it still holds the TCP stream of that number. Nearly all are
    /// over long before: those at the front of the queue that `holds` denies are not waited for.
    pub(super) fn set(&mut self, due: Due, now: Timestamp, slot: Slot, stream: u64, holds: impl Fn(Slot, u64) -> bool) {
        let at = now + due.delay();
        let kinds = KINDS.iter().zip(&mut self.queues);
        if let Some((_, queue)) = kinds.into_iter().find(|(kind, _)| **kind == due) {
            while queue.front().is_some_and(|(_, slot, stream)| !holds(*slot, *stream)) {
                queue.pop_front();
            }
            queue.push_back((at, slot, stream));
            self.earliest = Some(self.earliest.map_or(at, |earliest| earliest.min(at)));
        }
    }

    /// Something is due.
    #[inline]
    pub(super) fn is_due(&self, now: Timestamp) -> bool {
        self.earliest.is_some_and(|earliest| earliest <= now)
    }

    /// The next that is due.
    pub(super) fn next_due(&mut self, now: Timestamp) -> Option<(Due, Slot, u64)> {
        for (due, queue) in KINDS.iter().zip(&mut self.queues) {
            if queue.front().is_some_and(|(at, ..)| *at <= now) {
                return queue.pop_front().map(|(_, slot, stream)| (*due, slot, stream));
            }
        }
        self.earliest = self.queues.iter().filter_map(VecDeque::front).map(|(at, ..)| *at).min();
        None
    }
}
