//! Time as the capture tells it.
//!
//! A [`Timestamp`] comes from a packet, never from a clock: the library has none.

use std::fmt;
use std::ops::{Add, Sub};
use std::time::Duration;

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
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_nanosecond(i128::from(self.0)) {
            Ok(time) => write!(f, "{time:.9}"),
            Err(_) => write!(f, "{}ns", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rfc3339_keeps_every_nanosecond() {
        assert_eq!(Timestamp::new(1_700_000_000, 1).to_string(), "2023-11-14T22:13:20.000000001Z");
    }

    #[test]
    fn a_clock_that_goes_back_gives_no_negative_duration() {
        assert_eq!(Timestamp::new(1, 0).since(Timestamp::new(2, 0)), Duration::ZERO);
        assert_eq!(Timestamp::new(1, 0).seconds_since(Timestamp::new(2, 0)), -1.0);
    }
}
