//! Is it a timer, or chance? Whether times lie closer together than random ones would.
//!
//! Around the newest time, the others within a tolerance are counted, an instant once however many ended in it. They
//! are a cluster if chance, at the density of the times around them, would hardly ever put as many there.

use crate::time::Timestamp;

/// A measured time, and when it was over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sample {
    pub seconds: f64,
    pub at: Timestamp,
}

/// Times that lie together.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Cluster {
    pub low_s: f64,
    pub high_s: f64,
    /// Their places in the list.
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

/// The cluster around the time at `newest`, if there is one that chance does not explain.
pub(super) fn around(samples: &[Sample], newest: usize) -> Option<Cluster> {
    let centre = samples
        .get(newest)
        .map(|sample| sample.seconds)
        .filter(|seconds| *seconds >= SHORTEST_S && seconds.is_finite())?;
    let tolerance = tolerance_s(centre);
    SHARPNESS.into_iter().find_map(|sharpness| {
        let reach = tolerance * sharpness / 2.0;
        if samples.iter().filter(|sample| (sample.seconds - centre).abs() <= reach).count() < AT_LEAST {
            return None;
        }
        let cluster = within(samples, centre, reach);
        is_surprising(samples, &cluster).then_some(cluster)
    })
}

fn within(samples: &[Sample], centre: f64, reach: f64) -> Cluster {
    let near = |sample: &Sample| (sample.seconds - centre).abs() <= reach;
    let members: Vec<usize> = (0..samples.len()).filter(|index| samples.get(*index).is_some_and(near)).collect();
    let seconds = || members.iter().filter_map(|index| samples.get(*index)).map(|sample| sample.seconds);
    let (low_s, high_s) = (seconds().fold(f64::MAX, f64::min), seconds().fold(0.0, f64::max));
    Cluster { low_s, high_s, members }
}

fn is_surprising(samples: &[Sample], cluster: &Cluster) -> bool {
    let spread = cluster.spread_s().max(RESOLUTION_S);
    let count = instants(samples, cluster, spread);
    if count < AT_LEAST {
        return false;
    }
    // Overall density alone may explain it: then the neighbourhood need not be looked at.
    let overall = spread * samples.len() as f64 / (cluster.low_s + cluster.high_s);
    if overall * 2.0 >= (count - 1) as f64 {
        return false;
    }
    let expected = expected_within(samples, cluster, spread);
    // P(Poisson(expected) ≥ k) ≤ expected^k / k! for the k others beside the one looked at (the tail sums to less than
    // twice the first term while expected < k / 2); as many tests as samples, sharpnesses and kinds of time.
    let others = count - 1;
    if expected * 2.0 >= others as f64 {
        return false;
    }
    let tail = (1..=others).fold(2.0, |tail, step| tail * expected / step as f64);
    let tests = samples.len() as f64 * SHARPNESS.len() as f64 * 4.0;
    tail * tests < CHANCE
}

/// How many of them ended at a time of their own: what ends in one instant had one cause, whatever its age.
fn instants(samples: &[Sample], cluster: &Cluster, spread: f64) -> usize {
    let mut ends: Vec<Timestamp> =
        cluster.members.iter().filter_map(|index| samples.get(*index)).map(|sample| sample.at).collect();
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
fn expected_within(samples: &[Sample], cluster: &Cluster, spread: f64) -> f64 {
    let centre = f64::midpoint(cluster.low_s, cluster.high_s);
    let overall = samples.len() as f64 / (2.0 * centre);
    let mut density = overall;
    let mut reach = centre;
    while reach > spread * 2.0 {
        let near = samples.iter().filter(|sample| (sample.seconds - centre).abs() <= reach).count();
        let strangers = near.saturating_sub(cluster.members.len());
        if strangers >= 2 {
            density = density.max(strangers as f64 / (2.0 * reach - spread));
        }
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

    /// Ends `pause` apart, each after its own time.
    fn samples(times: &[f64], pause: f64) -> Vec<Sample> {
        times
            .iter()
            .enumerate()
            .map(|(index, seconds)| Sample { seconds: *seconds, at: at(1000.0 + pause * index as f64) })
            .collect()
    }

    fn newest(times: &[f64]) -> Option<Cluster> {
        let samples = samples(times, 7.3);
        around(&samples, samples.len() - 1)
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
        let samples = samples(&[60.0, 60.0, 60.001, 60.001, 60.0], 0.000_1);
        assert_eq!(around(&samples, 4), None);
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
            let samples = samples(&times, pause);
            for count in 3..=samples.len() {
                prop_assert_eq!(around(&samples[..count], count - 1), None);
            }
        }
    }
}
