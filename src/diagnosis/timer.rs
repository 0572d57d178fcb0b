//! Is a time a timer? Limits are set in round numbers and fire a little late, never early.

/// A time that looks like a configured limit.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) struct Timer {
    /// The limit, in seconds.
    pub seconds: f64,
    /// How far off it was, in seconds.
    pub off: f64,
    /// It is a default of widely used products.
    pub well_known: bool,
}

/// Defaults of proxies, balancers and servers, in seconds (vendors' documentation and source).
const WELL_KNOWN: &[f64] = &[
    30.0, 50.0, 55.0, 60.0, 90.0, 100.0, 120.0, 180.0, 240.0, 300.0, 350.0, 600.0, 900.0, 1200.0, 1800.0, 3600.0,
    4000.0, 7200.0, 14400.0, 86400.0,
];
/// Shorter silences are ordinary pauses.
const SHORTEST_S: f64 = 2.0;
/// Below this, limits of half seconds are set as well (tests, health checks).
const HALVES_BELOW_S: f64 = 10.0;
/// Timers of event loops fire this late at most when idle; coarse ones (nginx) by a thousandth of their time.
const LATE_S: f64 = 0.012;
const LATE_SHARE: f64 = 0.001;
/// Capture and scheduling may make it look early by this much.
const EARLY_S: f64 = 0.004;

/// The limit that `elapsed` seconds would be, if it is one.
pub(super) fn look_up(elapsed: f64) -> Option<Timer> {
    if elapsed < SHORTEST_S - EARLY_S {
        return None;
    }
    let step = if elapsed < HALVES_BELOW_S { 0.5 } else { 1.0 };
    let seconds = (elapsed / step).round() * step;
    let off = elapsed - seconds;
    let well_known = WELL_KNOWN.iter().any(|known| (known - seconds).abs() < 0.001);
    let late = (seconds * LATE_SHARE).clamp(LATE_S, 0.12);
    (-EARLY_S..=late).contains(&off).then_some(Timer { seconds, off, well_known })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_fire_a_little_late() {
        assert_eq!(look_up(60.058).map(|timer| (timer.seconds, timer.well_known)), Some((60.0, true)));
        assert_eq!(look_up(3.002).map(|timer| timer.seconds), Some(3.0));
        assert_eq!(look_up(2.4997).map(|timer| timer.seconds), Some(2.5));
        assert_eq!(look_up(59.9), None);
        assert_eq!(look_up(3.6), None);
        assert_eq!(look_up(1.0), None);
    }

    #[test]
    fn a_random_time_is_rarely_one() {
        let claimed = (0..100_000).filter(|step| look_up(f64::from(*step) * 0.001_37 + 0.000_9).is_some()).count();
        assert!(claimed < 10_000, "{claimed} of 100000");
    }
}
