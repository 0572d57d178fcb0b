//! The same silence, or the same age, again and again: a limit somewhere on the path.
//!
//! Of each server the latest endings are kept; each new one is compared with them. An idle limit is told only where the
//! silences lie closer together than the ages; what further endings fit is collected for a while, then told once.

use std::collections::{HashMap, VecDeque};

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said, given};
use crate::limits::{INCIDENT_CONNECTIONS, PARTIES, TIMER_SAMPLES, TIMER_WINDOW, TOLD};
use crate::packet::Endpoint;
use crate::time::Timestamp;

use super::cluster::{self, coarse, tolerance_s};
use super::end::End;
use super::telling::{count, incident, next_due, seconds, seen, server, usual_cause};

/// Endings by server, and the timers found in them.
#[derive(Default, Debug)]
pub(super) struct Timers {
    servers: HashMap<Endpoint, Latest, foldhash::fast::RandomState>,
    /// In the order in which they are due: each waits equally long.
    found: VecDeque<(Timestamp, Found)>,
    /// How many were found and told before those.
    found_before: usize,
    told: VecDeque<(Endpoint, IncidentKind, f64)>,
}

/// The latest endings of one server, as a ring. What each new one is compared by stands apart: of the endings themselves
/// nothing is read until they show a timer.
#[derive(Default, Debug)]
struct Latest {
    ends: Vec<End>,
    /// Of each ending, in its place: when it was over, …
    ended_at: Vec<Timestamp>,
    /// … and its times, in coarse seconds.
    times: [Vec<f32>; Measure::ALL.len()],
    /// Where the next one goes: in the place of the oldest, once the ring is full.
    next: usize,
    /// Numbers of the timers found here.
    found: Vec<usize>,
}

/// A timer whose endings are being collected.
#[derive(Debug)]
struct Found {
    server: Endpoint,
    measure: Measure,
    ends: Vec<End>,
    count: usize,
    low_s: f64,
    high_s: f64,
}

/// A time that may be limited.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Measure {
    Age,
    /// Since both, the server, or the client had sent anything: limits may listen to one side only.
    SilenceOfBoth,
    SilenceOfServer,
    SilenceOfClient,
}

impl Measure {
    const ALL: [Self; 4] = [Self::Age, Self::SilenceOfBoth, Self::SilenceOfServer, Self::SilenceOfClient];

    fn of(self, end: &End) -> f64 {
        let [client, server] = end.idle_s;
        match self {
            Self::Age if end.seen_from_start => end.age_s(),
            Self::Age => f64::INFINITY,
            Self::SilenceOfBoth => end.silence_s(),
            Self::SilenceOfServer => server,
            Self::SilenceOfClient => client,
        }
    }

    fn kind(self) -> IncidentKind {
        if self == Self::Age { IncidentKind::SameLifetime } else { IncidentKind::SameIdle }
    }
}

impl Timers {
    /// Takes an ending that belongs to no burst.
    pub(super) fn end(&mut self, end: &End, now: Timestamp) {
        if end.is_farewell() || (self.servers.len() >= PARTIES && !self.servers.contains_key(&end.server)) {
            return;
        }
        let latest = self.servers.entry(end.server).or_default();
        latest.found.retain(|number| *number >= self.found_before);
        let mut found = latest.found.iter().map(|number| number - self.found_before);
        if let Some(place) = found.find(|place| self.found.get(*place).is_some_and(|(_, found)| found.fits(end))) {
            self.found.get_mut(place).into_iter().for_each(|(_, found)| found.push(end));
            return;
        }
        drop(found);
        let newest = latest.push(end);
        let Some((measure, members)) = latest.timer(newest) else { return };
        let ends: Vec<End> = members.iter().filter_map(|index| latest.ends.get(*index).cloned()).collect();
        let times = || ends.iter().map(|end| measure.of(end));
        let (low_s, high_s) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
        if self.found.len() >= TOLD || was_told(&self.told, end.server, measure, low_s) {
            return;
        }
        latest.found.push(self.found_before + self.found.len());
        let count = ends.len();
        self.found.push_back((now + TIMER_WINDOW, Found { server: end.server, measure, ends, count, low_s, high_s }));
    }

    /// Tells the timers whose window has closed, or all.
    pub(super) fn tell(&mut self, now: Option<Timestamp>) -> Vec<Incident> {
        let mut told = Vec::new();
        while let Some(found) = next_due(&mut self.found, now) {
            self.found_before += 1;
            if self.told.len() >= TOLD {
                self.told.pop_front();
            }
            self.told.push_back((found.server, found.measure.kind(), found.low_s));
            told.push(found.story());
        }
        told
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.found.front().map(|(due, _)| *due)
    }
}

fn was_told(told: &VecDeque<(Endpoint, IncidentKind, f64)>, server: Endpoint, measure: Measure, seconds: f64) -> bool {
    told.iter()
        .any(|told| (told.0, told.1) == (server, measure.kind()) && (told.2 - seconds).abs() <= tolerance_s(seconds))
}

/// Puts an item in that place of a ring, which grows to it.
fn put<T>(ring: &mut Vec<T>, place: usize, item: T) {
    match ring.get_mut(place) {
        Some(oldest) => *oldest = item,
        None => ring.push(item),
    }
}

impl Latest {
    /// Takes an ending in, in the place of the oldest. Gives its place.
    fn push(&mut self, end: &End) -> usize {
        let place = self.next;
        self.next = (place + 1) % TIMER_SAMPLES;
        put(&mut self.ends, place, end.clone());
        put(&mut self.ended_at, place, end.at);
        for (measure, times) in Measure::ALL.into_iter().zip(&mut self.times) {
            put(times, place, coarse(measure.of(end)));
        }
        place
    }

    /// The timer that the newest ending, in this place, shows together with others: which time it limits, and whose
    /// endings, the oldest first.
    fn timer(&self, newest: usize) -> Option<(Measure, Vec<usize>)> {
        let at = |place: usize| self.ended_at.get(place).copied();
        let times = Measure::ALL.into_iter().zip(&self.times);
        let mut clusters = times.map(|(measure, times)| Some((measure, cluster::around(times, newest, at)?)));
        let age = clusters.next().flatten();
        let idle = clusters.flatten().min_by(|one, other| one.1.spread_s.total_cmp(&other.1.spread_s));
        let (measure, cluster) = match (idle, age) {
            (Some(idle), Some(age)) if idle.1.spread_s >= self.spread_of_ages(&idle.1.members) => age,
            (Some(idle), _) => idle,
            (None, age) => age?,
        };
        let mut members = cluster.members;
        members.sort_unstable_by_key(|index| (index + self.ends.len() - self.next) % self.ends.len());
        Some((measure, members))
    }

    fn spread_of_ages(&self, members: &[usize]) -> f64 {
        let times = || members.iter().filter_map(|place| self.ends.get(*place)).map(|end| Measure::Age.of(end));
        let longest = times().fold(0.0, f64::max);
        if longest.is_finite() { longest - times().fold(f64::MAX, f64::min) } else { f64::INFINITY }
    }
}

impl Found {
    fn fits(&self, end: &End) -> bool {
        let seconds = self.measure.of(end);
        self.high_s.max(seconds) - self.low_s.min(seconds) <= tolerance_s(self.low_s)
    }

    fn push(&mut self, end: &End) {
        let seconds = self.measure.of(end);
        (self.low_s, self.high_s) = (self.low_s.min(seconds), self.high_s.max(seconds));
        self.count += 1;
        if self.ends.len() < INCIDENT_CONNECTIONS {
            self.ends.push(end.clone());
        }
    }

    fn story(&self) -> Incident {
        let ends: Vec<&End> = self.ends.iter().collect();
        let middle = f64::midpoint(self.low_s, self.high_s);
        let (name, summary, evidence, plain) = match self.measure {
            Measure::Age => ("age_s", "same-lifetime", "age-same", Cause::LifetimeLimit),
            _ => ("idle_s", "same-idle", "idle-same", Cause::IdleTimeout),
        };
        let params = || {
            given([
                count("count", self.count),
                server(self.server),
                seconds(name, middle),
                seconds("spread_s", self.high_s - self.low_s),
            ])
        };
        let cause = cause(&ends, plain);
        let mut told = incident(
            self.measure.kind(),
            Some(self.server),
            Some(cause),
            &ends,
            Said { id: summary, params: params() },
        );
        told.evidence.push(seen(evidence, params(), ends.first().map(|end| end.packet)));
        if let Some((first, code)) = ends.first().and_then(|end| Some((end, end.code?))) {
            let params = given([("side", Value::Label(first.from.id())), ("code", Value::Code(code))]);
            told.evidence.push(seen("close-frame", params, Some(first.packet)));
        }
        if let Some(side) = self.one_side() {
            told.evidence.push(seen(
                "idle-side",
                given([("side", Value::Label(side)), seconds("idle_s", middle)]),
                None,
            ));
        }
        let limit = || given([seconds("timer_s", middle)]);
        match cause {
            Cause::IdleTimeout => told.fixes.infrastructure.push(Said { id: "idle-limit-unknown", params: limit() }),
            Cause::LifetimeLimit => {
                told.fixes.client.push(Said { id: "lifetime-client", params: limit() });
                told.fixes.infrastructure.push(Said { id: "lifetime-unknown", params: limit() });
            }
            _ => {}
        }
        told
    }

    /// The side whose silence it was, where the other one went on.
    fn one_side(&self) -> Option<&'static str> {
        match self.measure {
            Measure::SilenceOfServer => Some("server"),
            Measure::SilenceOfClient => Some("client"),
            Measure::Age | Measure::SilenceOfBoth => None,
        }
    }
}

/// What they died of where they say so themselves; else the limit that the times show.
fn cause(ends: &[&End], plain: Cause) -> Cause {
    let bare = ends.iter().filter(|end| matches!(end.code, None | Some(1000 | 1001 | 1005))).count() * 2 > ends.len();
    match usual_cause(ends) {
        Some(Cause::KeepaliveTimeout) => Cause::KeepaliveTimeout,
        Some(usual) if !bare => usual,
        _ => plain,
    }
}
