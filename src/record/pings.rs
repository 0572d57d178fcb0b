//! Pings of one side and their answers, in forty bytes: a hundred thousand connections may be open, most with one Ping
//! under way at most.

use crate::event::{Mark, When};
use crate::limits::PINGS_WAITING;
use crate::packet::PacketRef;
use crate::prefetch::prefetch;
use crate::time::Timestamp;

/// Pings of one side and their answers.
#[derive(Clone, Default, Debug)]
pub struct Pings {
    sent: u32,
    /// Of the only one under way.
    digest: u32,
    /// Meaningless before the first, as is `last_at`.
    first_at: Timestamp,
    last_at: Timestamp,
    /// The only one that no Pong has answered: it was the last.
    only: Option<PacketRef>,
    several: Option<Box<Several>>,
}

/// More than one that no Pong has answered.
#[derive(Clone, Debug)]
struct Several {
    /// Their digests and where they were sent: the oldest, and the latest.
    waiting: Vec<(u32, When)>,
    /// Those between that were too many to be kept.
    more: u32,
}

impl Pings {
    #[inline]
    pub(super) fn prefetch(&self) {
        prefetch(&self.sent);
    }

    /// How many were sent.
    pub fn sent(&self) -> u32 {
        self.sent
    }

    /// How many no Pong has answered.
    pub fn unanswered(&self) -> u32 {
        match &self.several {
            Some(several) => u32::try_from(several.waiting.len()).unwrap_or(u32::MAX).saturating_add(several.more),
            None => u32::from(self.only.is_some()),
        }
    }

    /// The oldest that no Pong has answered.
    pub fn unanswered_since(&self) -> Option<When> {
        match &self.several {
            Some(several) => several.waiting.first().map(|(_, when)| *when),
            None => self.only_when(),
        }
    }

    /// Mean time between pings, in seconds, from three on.
    pub fn period_s(&self) -> Option<f64> {
        (self.sent >= 3).then(|| self.last_at.seconds_since(self.first_at) / f64::from(self.sent - 1))
    }

    fn only_when(&self) -> Option<When> {
        self.only.map(|packet| When { at: self.last_at, packet })
    }

    pub(super) fn send(&mut self, digest: u32, mark: Mark) {
        let this = (digest, When::from(mark));
        if let Some(several) = &mut self.several {
            if several.waiting.len() > PINGS_WAITING {
                several.waiting.remove(1);
                several.more = several.more.saturating_add(1);
            }
            several.waiting.push(this);
        } else if let Some(when) = self.only_when() {
            self.several = Some(Box::new(Several { waiting: vec![(self.digest, when), this], more: 0 }));
        } else {
            (self.digest, self.only) = (digest, Some(mark.packet));
        }
        if self.sent == 0 {
            self.first_at = mark.at;
        }
        self.sent = self.sent.saturating_add(1);
        self.last_at = mark.at;
    }

    /// A Pong answers its Ping and all before it (RFC 6455 §5.5.3); one that fits none was sent unasked.
    pub(super) fn answer(&mut self, digest: u32) {
        let Some(several) = &mut self.several else {
            if self.digest == digest {
                self.only = None;
            }
            return;
        };
        let Some(answered) = several.waiting.iter().rposition(|(waiting, _)| *waiting == digest) else { return };
        several.waiting.drain(..=answered);
        several.more = 0;
        if let [] | [_] = several.waiting.as_slice() {
            (self.digest, self.only) =
                several.waiting.first().map_or((0, None), |(digest, when)| (*digest, Some(when.packet)));
            self.several = None;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Pings as they go out (positive) and Pongs as they come (negative), by digest; then how many are unanswered, and
    /// since which packet.
    fn after(story: &[i32]) -> (u32, Option<PacketRef>) {
        let mut pings = Pings::default();
        for (number, digest) in (1..).zip(story) {
            let mark = Mark { at: Timestamp::new(number, 0), packet: packet(number), seq: 0, acked: None };
            match u32::try_from(*digest) {
                Ok(digest) => pings.send(digest, mark),
                Err(_) => pings.answer(digest.unsigned_abs()),
            }
        }
        let since = pings.unanswered_since();
        assert!(since.is_none_or(|since| since.at == Timestamp::new(i64::try_from(since.packet.number()).unwrap(), 0)));
        (pings.unanswered(), since.map(|since| since.packet))
    }

    fn packet(number: i64) -> PacketRef {
        PacketRef::new(0, number.unsigned_abs())
    }

    #[test]
    fn a_pong_answers_its_ping_and_all_before_it() {
        assert_eq!(after(&[1, -1]), (0, None));
        assert_eq!(after(&[1, -2]), (1, Some(packet(1))), "it was sent unasked");
        assert_eq!(after(&[1, 2, 3, -2]), (1, Some(packet(3))));
        assert_eq!(after(&[1, 2, 3, 4, -2]), (2, Some(packet(3))));
        assert_eq!(after(&[1, 2, 3, -3, 4]), (1, Some(packet(5))));
        assert_eq!(after(&[7, 7, 7, -7]), (0, None), "the same again: the latest is meant");
    }

    #[test]
    fn of_many_the_oldest_and_the_latest_are_known() {
        let many: Vec<i32> = (1..=100).collect();
        assert_eq!(after(&many), (100, Some(packet(1))));
        let with = |pong: i32| after(&[many.as_slice(), &[-pong]].concat());
        assert_eq!(with(99), (1, Some(packet(100))));
        assert_eq!(with(50), (100, Some(packet(1))), "it was let go");
    }

    #[test]
    fn it_is_small() {
        assert!(size_of::<Pings>() <= 40);
    }
}
