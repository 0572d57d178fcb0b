//! Is it a timer, or chance? Whether times lie closer together than random ones would.
//!
//! Around the newest time, the others within a tolerance are counted, an instant once however many ended in it. They
//! are a cluster if chance, at the density of the times around them, would hardly ever put as many there.

use crate::time::Timestamp;

/// Times that lie together.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cluster {
    pub low_s: f64,
    pub high_s: f64,
    /// Their places in the list, in no order.
    pub members: Vec<usize>,
}

impl Cluster {
    pub(super) fn spread_s(&self) -> f64 {
        self.high_s - self.low_s
    }
}

/// Members that a cluster needs at least.
const AT_LEAST: usize = 3;
/// Shorter times are set by processing, not by timers.
const SHORTEST_S: f64 = 0.9;
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

/// Measured times in order, and at which places of a list they stand.
#[derive(Default, Debug)]
pub(super) struct Times(Vec<(f64, usize)>);

impl Times {
    /// Gives its rank.
    pub(super) fn insert(&mut self, seconds: f64, place: usize) -> usize {
        let rank = self.rank(seconds, place);
        self.0.insert(rank, (seconds, place));
        rank
    }

    pub(super) fn remove(&mut self, seconds: f64, place: usize) {
        let rank = self.rank(seconds, place);
        if self.0.get(rank) == Some(&(seconds, place)) {
            self.0.remove(rank);
        }
    }

    fn rank(&self, seconds: f64, place: usize) -> usize {
        self.0.partition_point(|time| *time < (seconds, place))
    }
}

/// Of times in order, those no further than `reach` from `centre`.
fn near(times: &[(f64, usize)], centre: f64, reach: f64) -> &[(f64, usize)] {
    let from = times.partition_point(|(seconds, _)| centre - seconds > reach);
    let times = times.get(from..).unwrap_or_default();
    times.get(..times.partition_point(|(seconds, _)| seconds - centre <= reach)).unwrap_or_default()
}

/// The same around the one with that rank. Nearly always they are few: they are looked for from there.
fn beside(times: &[(f64, usize)], rank: usize, reach: f64) -> &[(f64, usize)] {
    let Some((below, above)) = times.split_at_checked(rank) else { return &[] };
    let Some((centre, _)) = above.first() else { return &[] };
    let before = below.iter().rev().take_while(|(seconds, _)| centre - seconds <= reach).count();
    let behind = above.iter().take_while(|(seconds, _)| seconds - centre <= reach).count();
    times.get(rank - before..rank + behind).unwrap_or_default()
}

/// The cluster around the time with that rank, if there is one that chance does not explain. `at` tells when each was
/// over.
pub(super) fn around(times: &Times, rank: usize, at: impl Fn(usize) -> Option<Timestamp>) -> Option<Cluster> {
    let (centre, _) = *times.0.get(rank)?;
    if centre < SHORTEST_S || !centre.is_finite() {
        return None;
    }
    let tolerance = tolerance_s(centre);
    let mut members = beside(&times.0, rank, tolerance / 2.0);
    for sharpness in SHARPNESS {
        members = near(members, centre, tolerance * sharpness / 2.0);
        if members.len() < AT_LEAST {
            return None; // looked at more sharply they are fewer still
        }
        if is_surprising(&times.0, members, &at) {
            let (low_s, high_s) = ends(members)?;
            return Some(Cluster { low_s, high_s, members: members.iter().map(|(_, place)| *place).collect() });
        }
    }
    None
}

/// The least and the greatest of times in order.
fn ends(times: &[(f64, usize)]) -> Option<(f64, f64)> {
    Some((times.first()?.0, times.last()?.0))
}

fn is_surprising(times: &[(f64, usize)], members: &[(f64, usize)], at: &impl Fn(usize) -> Option<Timestamp>) -> bool {
    let Some((low_s, high_s)) = ends(members) else { return false };
    let spread = (high_s - low_s).max(RESOLUTION_S);
    // Overall density alone may explain it: then neither the instants nor the neighbourhood need be looked at.
    let overall = spread * times.len() as f64 / (low_s + high_s);
    let explains = |count: usize| overall * 2.0 >= (count - 1) as f64;
    if explains(members.len()) {
        return false;
    }
    let count = instants(members, spread, at);
    if count < AT_LEAST || explains(count) {
        return false;
    }
    let expected = expected_within(times, members.len(), f64::midpoint(low_s, high_s), spread);
    // P(Poisson(expected) ≥ k) ≤ expected^k / k! for the k others beside the one looked at (the tail sums to less than
    // twice the first term while expected < k / 2); as many tests as samples, sharpnesses and kinds of time.
    let others = count - 1;
    if expected * 2.0 >= others as f64 {
        return false;
    }
    let tail = (1..=others).fold(2.0, |tail, step| tail * expected / step as f64);
    let tests = times.len() as f64 * SHARPNESS.len() as f64 * 4.0;
    tail * tests < CHANCE
}

/// How many of them ended at a time of their own: what ends in one instant had one cause, whatever its age.
fn instants(members: &[(f64, usize)], spread: f64, at: &impl Fn(usize) -> Option<Timestamp>) -> usize {
    let mut ends: Vec<Timestamp> = members.iter().filter_map(|(_, place)| at(*place)).collect();
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
fn expected_within(times: &[(f64, usize)], members: usize, centre: f64, spread: f64) -> f64 {
    let overall = times.len() as f64 / (2.0 * centre);
    let mut density = overall;
    let (mut reach, mut neighbours) = (centre, times);
    while reach > spread * 2.0 {
        neighbours = near(neighbours, centre, reach);
        let strangers = neighbours.len().saturating_sub(members);
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
        let mut times = Times::default();
        let rank = list.iter().enumerate().map(|(place, seconds)| times.insert(*seconds, place)).last()?;
        let mut cluster = around(&times, rank, |place| Some(at(1000.0 + pause * place as f64)))?;
        cluster.members.sort_unstable();
        Some(cluster)
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
    fn times_are_kept_in_order_and_taken_out_by_their_place() {
        let mut times = Times::default();
        for (place, seconds) in [3.0, f64::INFINITY, 1.0, 3.0, 2.0].into_iter().enumerate() {
            times.insert(seconds, place);
        }
        assert_eq!(near(&times.0, 2.0, 1.0), [(1.0, 2), (2.0, 4), (3.0, 0), (3.0, 3)]);
        assert_eq!(beside(&times.0, 1, 1.0), near(&times.0, 2.0, 1.0));
        assert_eq!(beside(&times.0, 3, 0.5), [(3.0, 0), (3.0, 3)]);
        times.remove(3.0, 3);
        times.remove(2.0, 0); // not there
        assert_eq!(near(&times.0, 2.5, 0.5), [(2.0, 4), (3.0, 0)]);
        assert_eq!(near(&times.0, 0.0, 1e300).len(), 3);
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
