//! What time it is, by agreement of the packets.
//!
//! One packet dated years ahead must not end every connection: time moves on by what several packets say.

use crate::time::Timestamp;

/// A step beyond this needs agreement.
const STEP_NS: i64 = 3600 * 1_000_000_000;
/// So far back a packet may stand.
const DISORDER_NS: i64 = -2 * 1_000_000_000;
/// How many packets in a row must agree on a step.
const AGREEMENT: u8 = 4;

/// The time of the capture.
#[derive(Default, Debug)]
pub(super) struct Clock {
    now: Option<Timestamp>,
    proposed: Option<Timestamp>,
    votes: u8,
    /// Steps of the capture's clock, forward beyond reason or backward beyond disorder.
    pub steps: u64,
}

impl Clock {
    /// A packet says it is `at`; gives what is believed.
    #[inline]
    pub(super) fn advance(&mut self, at: Timestamp) -> Timestamp {
        let Some(now) = self.now else {
            self.now = Some(at);
            return at;
        };
        let ahead = at.0.wrapping_sub(now.0);
        if (0..=STEP_NS).contains(&ahead) {
            self.now = Some(at);
            self.votes = 0;
            return at;
        }
        // Packets of several queues stand a little out of order.
        if (DISORDER_NS..0).contains(&ahead) { now } else { self.doubt(at, now) }
    }

    /// What is far off is put to the vote.
    #[cold]
    fn doubt(&mut self, at: Timestamp, now: Timestamp) -> Timestamp {
        let agrees = self.proposed.is_some_and(|proposed| proposed.0.abs_diff(at.0) < STEP_NS.cast_unsigned());
        self.votes = if agrees { self.votes + 1 } else { 1 };
        self.proposed = Some(at);
        if self.votes < AGREEMENT {
            return now;
        }
        self.votes = 0;
        self.steps += 1;
        self.now = Some(at);
        at
    }

    /// The time believed.
    pub(super) fn now(&self) -> Timestamp {
        self.now.unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_packet_from_the_future_moves_nothing() {
        let mut clock = Clock::default();
        clock.advance(Timestamp::new(100, 0));
        assert_eq!(clock.advance(Timestamp::new(900_000_000, 0)), Timestamp::new(100, 0));
        assert_eq!(clock.advance(Timestamp::new(101, 0)), Timestamp::new(101, 0));
        assert_eq!(clock.steps, 0);
    }

    #[test]
    fn a_step_that_packets_agree_on_is_followed_and_counted() {
        let mut clock = Clock::default();
        clock.advance(Timestamp::new(100_000, 0));
        for second in 0..4 {
            clock.advance(Timestamp::new(second, 0));
        }
        assert_eq!((clock.now(), clock.steps), (Timestamp::new(3, 0), 1));
    }
}
