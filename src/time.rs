//! Time as the capture tells it.
//!
//! A [`Timestamp`] comes from a packet, never from a clock: the library has none.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

use crate::digits::{eight, nine, small, two};

/// Nanoseconds since 1970-01-01T00:00:00Z, as the capture states them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Debug)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// From whole seconds and nanoseconds; saturates instead of wrapping on absurd input.
    pub fn new(seconds: i64, nanoseconds: u32) -> Self {
        Self(seconds.saturating_mul(1_000_000_000).saturating_add(i64::from(nanoseconds)))
    }

    /// Time passed since `earlier`; zero if the clock went backwards.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_nanos(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Seconds since `earlier`, negative if `self` is before it.
    pub fn seconds_since(self, earlier: Self) -> f64 {
        self.0.saturating_sub(earlier.0) as f64 / 1e9
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX)))
    }
}

/// RFC 3339 in UTC with nine digits, as in the published JSON.
impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut texts = TimeTexts::default();
        formatter.write_str(std::str::from_utf8(texts.text(*self)).unwrap_or_default())
    }
}

/// Times as text, one after the other. The two minutes met last are kept: connections begin in one and end in another,
/// and most times of a finding share either.
#[derive(Default, Debug)]
pub struct TimeTexts {
    latest: MinuteText,
    before: MinuteText,
}

/// A minute, and the text of the time in it that was asked for last.
#[derive(Debug)]
struct MinuteText {
    starts_at: i64,
    text: [u8; 30],
}

impl Default for MinuteText {
    fn default() -> Self {
        Self { starts_at: 0, text: *b"1970-01-01T00:00:00.000000000Z" }
    }
}

const SECOND: i64 = 1_000_000_000;
const MINUTE: i64 = 60 * SECOND;

impl TimeTexts {
    /// `2023-11-14T22:13:20.000000001Z`.
    #[inline]
    pub fn text(&mut self, at: Timestamp) -> &[u8; 30] {
        let within = self.latest.within(at).unwrap_or_else(|| self.turn_to(at));
        self.latest.write(within);
        &self.latest.text
    }

    /// Makes the minute of `at` the latest one; gives the nanoseconds in it.
    fn turn_to(&mut self, at: Timestamp) -> u64 {
        std::mem::swap(&mut self.latest, &mut self.before);
        self.latest.within(at).unwrap_or_else(|| {
            self.latest = MinuteText::new(at.0.div_euclid(MINUTE));
            at.0.rem_euclid(MINUTE).cast_unsigned()
        })
    }
}

impl MinuteText {
    /// That many minutes after the epoch.
    fn new(minute: i64) -> Self {
        let (year, month, day) = date(minute.div_euclid(1440));
        let of_day = u32::try_from(minute.rem_euclid(1440)).unwrap_or(0);
        let [y, e, a, r, m, o, d, t] = eight(year * 10_000 + month * 100 + day);
        let [.., h, i, n, u] = eight(of_day / 60 * 100 + of_day % 60);
        let mut text = Self::default().text;
        text[..16].copy_from_slice(&[y, e, a, r, b'-', m, o, b'-', d, t, b'T', h, i, b':', n, u]);
        // The first minute of all begins before what can be told: the difference to it is still right.
        Self { starts_at: minute.wrapping_mul(MINUTE), text }
    }

    /// How many nanoseconds `at` lies in this minute, if it does.
    #[inline]
    fn within(&self, at: Timestamp) -> Option<u64> {
        // What is before it becomes a large number.
        let since = at.0.wrapping_sub(self.starts_at).cast_unsigned();
        (since < MINUTE.cast_unsigned()).then_some(since)
    }

    #[inline]
    fn write(&mut self, within: u64) {
        let (second, nanoseconds) = (within / SECOND.cast_unsigned(), small(within % SECOND.cast_unsigned()));
        self.text[17..19].copy_from_slice(&two(small(second)));
        self.text[20..29].copy_from_slice(&nine(nanoseconds));
    }
}

/// Year, month and day of a day counted from 1970-01-01, in the Gregorian calendar. 64-bit nanoseconds reach from 1677
/// to 2262.
fn date(day: i64) -> (u32, u32, u32) {
    // Years that begin in March end with the leap day; 400 of them are 146 097 days.
    let day = u32::try_from(day + 719_468).unwrap_or(0);
    let (era, of_era) = (day / 146_097, day % 146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day_of_month = of_year - (153 * month + 2) / 5 + 1;
    let from_january = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + u32::from(from_january <= 2), from_january, day_of_month)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_keeps_every_nanosecond() {
        assert_eq!(Timestamp::new(1_700_000_000, 1).to_string(), "2023-11-14T22:13:20.000000001Z");
    }

    #[test]
    fn every_day_of_the_calendar_is_right() {
        let mut texts = TimeTexts::default();
        for day in (-106_751..=106_751).step_by(13) {
            let at = Timestamp::new(day * 86_400 + 86_399, 999_999_999);
            let expected = jiff::Timestamp::from_nanosecond(at.0.into()).unwrap();
            assert_eq!(at.to_string(), format!("{expected:.9}"));
            assert_eq!(texts.text(at), at.to_string().as_bytes());
        }
        assert_eq!(Timestamp(i64::MIN).to_string(), "1677-09-21T00:12:43.145224192Z");
        assert_eq!(Timestamp(i64::MAX).to_string(), "2262-04-11T23:47:16.854775807Z");
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_negative_duration() {
        assert_eq!(Timestamp::new(1, 0).since(Timestamp::new(2, 0)), Duration::ZERO);
        assert_eq!(Timestamp::new(1, 0).seconds_since(Timestamp::new(2, 0)), -1.0);
    }
}
