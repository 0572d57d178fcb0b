//! Is it a timer, or chance? Whether times lie closer together than random ones would.
//!
//! Around the newest time, the others within a tolerance are counted, an instant once however many ended in it. They
//! are a cluster if chance, at the density of the times around them, would hardly ever put as many there.

use crate::time::Timestamp;

/// Times that lie together.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cluster {
    /// From the least to the greatest.
    pub spread_s: f64,
    /// Their places in the list.
    pub members: Vec<usize>,
}

/// Members that a cluster needs at least.
const AT_LEAST: usize = 3;
/// Shorter times are set by processing, not by timers.
const SHORTEST_S: f32 = 0.9;
/// Chance may make a cluster this often, in all tests of one list together.
const CHANCE: f64 = 1e-6;
/// Times are measured no better than this.
const RESOLUTION_S: f64 = 0.000_5;
/// Parts of the tolerance that are tried: sharp timers stand out of a crowd only when looked at sharply.
const SHARPNESS: [f64; 4] = [1.0, 0.125, 0.015_625, 0.002];

/// How far times of one timer may lie apart: schedulers and coarse clocks.
pub(super) fn tolerance_s(seconds: f64) -> f64 {
    (seconds * 0.005).max(0.3)
}

/// Seconds as they are compared: exact to 0.002 ms at a minute, to 4 ms at a day.
#[expect(clippy::cast_possible_truncation, reason = "far finer than any timer")]
pub(super) fn coarse(seconds: f64) -> f32 {
    seconds as f32
}

/// Of measured times, those no further than a reach from a centre.
#[derive(Clone, Copy, Debug)]
struct Near {
    count: usize,
    low_s: f32,
    high_s: f32,
}

fn is_near(seconds: f32, centre: f32, reach: f32) -> bool {
    (seconds - centre).abs() <= reach
}

fn count_near(times: &[f32], centre: f32, reach: f32) -> usize {
    times.iter().map(|seconds| u32::from(is_near(*seconds, centre, reach))).sum::<u32>() as usize
}

/// None where they are too few for a cluster.
fn near(times: &[f32], centre: f32, reach: f32) -> Option<Near> {
    // Counting is what happens to all times, and the fastest. Nearly always it is enough: chance puts as many as that
    // even where they are as close together as can be measured.
    let count = count_near(times, centre, reach);
    if count < AT_LEAST
        || is_chance(RESOLUTION_S * times.len() as f64 / f64::from((centre + reach) * 2.0), count, times.len())
    {
        return None;
    }
    let near = times.iter().filter(|seconds| is_near(**seconds, centre, reach));
    let (low_s, high_s) = near.fold((centre, centre), |(low, high), seconds| (seconds.min(low), seconds.max(high)));
    Some(Near { count, low_s, high_s })
}

/// The cluster around the time in that place, if there is one that chance does not explain. `at` tells when each was
/// over.
pub(super) fn around(times: &[f32], place: usize, at: impl Fn(usize) -> Option<Timestamp>) -> Option<Cluster> {
    let centre = *times.get(place)?;
    if centre < SHORTEST_S || !centre.is_finite() {
        return None;
    }
    let tolerance = tolerance_s(centre.into());
    for sharpness in SHARPNESS {
        let reach = coarse(tolerance * sharpness / 2.0);
        let near = near(times, centre, reach)?; // looked at more sharply they are fewer still
        let members = times.iter().enumerate().filter(|(_, seconds)| is_near(**seconds, centre, reach));
        let members = members.map(|(place, _)| place);
        if is_surprising(times, near, members.clone().filter_map(&at)) {
            return Some(Cluster {
                spread_s: f64::from(near.high_s) - f64::from(near.low_s),
                members: members.collect(),
            });
        }
    }
    None
}

fn is_surprising(times: &[f32], near: Near, ended_at: impl Iterator<Item = Timestamp>) -> bool {
    let (low_s, high_s) = (f64::from(near.low_s), f64::from(near.high_s));
    let spread = (high_s - low_s).max(RESOLUTION_S);
    // Overall density alone may explain it: then neither the instants nor the neighbourhood need be looked at.
    let overall = spread * times.len() as f64 / (low_s + high_s);
    if is_chance(overall, near.count, times.len()) {
        return false;
    }
    let count = instants(ended_at, spread);
    let expected = || expected_within(times, near.count, f64::midpoint(low_s, high_s), spread);
    count >= AT_LEAST && !is_chance(expected(), count, times.len())
}

/// Whether chance alone would put so many there, in one of all the tests, if so many are to be expected.
fn is_chance(expected: f64, count: usize, of: usize) -> bool {
    // P(Poisson(expected) ≥ k) ≤ expected^k / k! for the k others beside the one looked at (the tail sums to less than
    // twice the first term while expected < k / 2); as many tests as samples, sharpnesses and kinds of time.
    let others = count - 1;
    if expected * 2.0 >= others as f64 {
        return true;
    }
    let tail = (1..=others).fold(2.0, |tail, step| tail * expected / step as f64);
    let tests = of as f64 * SHARPNESS.len() as f64 * 4.0;
    tail * tests >= CHANCE
}

/// How many of them ended at a time of their own: what ends in one instant had one cause, whatever its age.
fn instants(ended_at: impl Iterator<Item = Timestamp>, spread: f64) -> usize {
    let mut ends: Vec<Timestamp> = ended_at.collect();
    ends.sort_unstable();
    let apart = (spread * 4.0).max(0.02);
    let mut last: Option<Timestamp> = None;
    let mut count = 0;
    for at in ends {
        if last.is_none_or(|last| at.seconds_since(last) > apart) {
            count += 1;
            last = Some(at);
        }
    }
    count
}

/// How many would lie in the cluster's width by chance: by the overall density, or that of the neighbourhood if larger.
fn expected_within(times: &[f32], members: usize, centre: f64, spread: f64) -> f64 {
    let overall = times.len() as f64 / (2.0 * centre);
    let mut density = overall;
    let mut reach = centre;
    while reach > spread * 2.0 {
        let strangers = count_near(times, coarse(centre), coarse(reach)).saturating_sub(members);
        if strangers < 2 {
            break; // nor are there more any nearer
        }
        density = density.max(strangers as f64 / (2.0 * reach - spread));
        reach /= 2.0;
    }
    density * spread
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;

    fn at(seconds: f64) -> Timestamp {
        Timestamp::default() + Duration::from_secs_f64(seconds)
    }

    /// The cluster around the last of them, where they end `pause` apart; its members in the order of the list.
    fn paused(list: &[f64], pause: f64) -> Option<Cluster> {
        let times: Vec<f32> = list.iter().map(|seconds| coarse(*seconds)).collect();
        around(&times, times.len().checked_sub(1)?, |place| Some(at(1000.0 + pause * place as f64)))
    }

    fn newest(times: &[f64]) -> Option<Cluster> {
        paused(times, 7.3)
    }

    #[test]
    fn three_sharp_minutes_are_a_timer() {
        assert_eq!(newest(&[60.001, 3.2, 60.003, 60.0]).map(|cluster| cluster.members), Some(vec![0, 2, 3]));
    }

    #[test]
    fn two_are_not_and_three_blurred_ones_are_not() {
        assert_eq!(newest(&[60.001, 60.001]), None);
        assert_eq!(newest(&[59.9, 60.0, 60.15]), None);
    }

    #[test]
    fn five_blurred_ones_are() {
        assert!(newest(&[59.95, 60.02, 60.1, 59.9, 60.05]).is_some());
    }

    #[test]
    fn what_ended_in_one_instant_is_no_timer() {
        assert_eq!(paused(&[60.0, 60.0, 60.001, 60.001, 60.0], 0.000_1), None);
    }

    #[test]
    fn what_is_no_number_is_near_nothing() {
        let times = [3.0, f32::INFINITY, 1.0, f32::NAN, 3.0, 2.0];
        assert_eq!(count_near(&times, 2.0, 1.0), 4);
        assert_eq!(near(&times, 2.0, 1.0).map(|near| (near.count, near.low_s, near.high_s)), Some((4, 1.0, 3.0)));
        assert!(near(&times, 2.0, 0.5).is_none());
        assert_eq!(newest(&[f64::INFINITY; 5]), None);
    }

    /// Of many kinds, all wider than the tolerance: what varies less is set by something.
    fn random_times() -> impl Strategy<Value = Vec<f64>> {
        let uniform = (1.0..400.0_f64, prop::collection::vec(0.0..1.0_f64, 3..256))
            .prop_map(|(max, list)| list.iter().map(|x| x * max).collect());
        let exponential = (0.3..120.0_f64, prop::collection::vec(1e-9..1.0_f64, 3..256))
            .prop_map(|(mean, list)| list.iter().map(|x| -mean * x.ln()).collect());
        let bell =
            (5.0..120.0_f64, 0.1..0.4_f64, prop::collection::vec(prop::collection::vec(0.0..1.0_f64, 12), 3..256))
                .prop_map(|(mean, width, list)| {
                    list.iter()
                        .map(|parts| mean * (1.0 + width * (parts.iter().sum::<f64>() - 6.0)))
                        .collect::<Vec<f64>>()
                });
        prop_oneof![uniform, exponential, bell]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn random_endings_are_never_a_timer(times in random_times(), pause in 0.05..30.0_f64) {
            for count in 3..=times.len() {
                prop_assert_eq!(paused(&times[..count], pause), None);
            }
        }
    }
}
