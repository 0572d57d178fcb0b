//! The same silence, or the same age, again and again: a limit somewhere on the path.
//!
//! Of each server the latest endings are kept; each new one is compared with them. An idle limit is told only where the
//! silences lie closer together than the ages; what further endings fit is collected for a while, then told once.

use std::collections::{HashMap, VecDeque};

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said};
use crate::limits::{INCIDENT_CONNECTIONS, PARTIES, TIMER_SAMPLES, TIMER_WINDOW, TOLD};
use crate::packet::Endpoint;
use crate::time::Timestamp;

use super::cluster::{self, Sample, tolerance_s};
use super::end::End;
use super::telling::{count, incident, seconds, seen, server, usual_cause};

/// Endings by server, and the timers found in them.
#[derive(Default, Debug)]
pub(super) struct Timers {
    servers: HashMap<Endpoint, VecDeque<End>, foldhash::fast::RandomState>,
    found: Vec<Found>,
    told: VecDeque<(Endpoint, IncidentKind, f64)>,
    scratch: Vec<Sample>,
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
    due: Timestamp,
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
    const SILENCES: [Self; 3] = [Self::SilenceOfBoth, Self::SilenceOfServer, Self::SilenceOfClient];

    fn of(self, end: &End) -> f64 {
        let [client, server, both] = end.idle_s;
        match self {
            Self::Age if end.seen_from_start => end.age_s(),
            Self::Age => f64::INFINITY,
            Self::SilenceOfBoth => both,
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
        if self.joins_found(end) {
            return;
        }
        let ends = self.servers.entry(end.server).or_default();
        if ends.len() >= TIMER_SAMPLES {
            ends.pop_front();
        }
        ends.push_back(end.clone());
        let Some((measure, members)) = timer_in(ends, &mut self.scratch) else { return };
        let ends: Vec<End> = members.iter().filter_map(|index| ends.get(*index).cloned()).collect();
        let times = || ends.iter().map(|end| measure.of(end));
        let (low_s, high_s) = (times().fold(f64::MAX, f64::min), times().fold(0.0, f64::max));
        if !self.was_told(end.server, measure, low_s) && self.found.len() < TOLD {
            let count = ends.len();
            self.found.push(Found { server: end.server, measure, ends, count, low_s, high_s, due: now + TIMER_WINDOW });
        }
    }

    /// Tells the timers whose window has closed, or all.
    pub(super) fn tell(&mut self, now: Option<Timestamp>) -> Vec<Incident> {
        let (due, waiting) =
            std::mem::take(&mut self.found).into_iter().partition(|found| now.is_none_or(|now| found.due <= now));
        self.found = waiting;
        let due: Vec<Found> = due;
        for found in &due {
            if self.told.len() >= TOLD {
                self.told.pop_front();
            }
            self.told.push_back((found.server, found.measure.kind(), found.low_s));
        }
        due.iter().map(Found::story).collect()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.found.iter().map(|found| found.due).min()
    }

    fn joins_found(&mut self, end: &End) -> bool {
        let fits = |found: &&mut Found| {
            let seconds = found.measure.of(end);
            let spread = found.high_s.max(seconds) - found.low_s.min(seconds);
            found.server == end.server && spread <= tolerance_s(found.low_s)
        };
        let Some(found) = self.found.iter_mut().find(fits) else { return false };
        let seconds = found.measure.of(end);
        (found.low_s, found.high_s) = (found.low_s.min(seconds), found.high_s.max(seconds));
        found.count += 1;
        if found.ends.len() < INCIDENT_CONNECTIONS {
            found.ends.push(end.clone());
        }
        true
    }

    fn was_told(&self, server: Endpoint, measure: Measure, seconds: f64) -> bool {
        let same = |told: &(Endpoint, IncidentKind, f64)| {
            (told.0, told.1) == (server, measure.kind()) && (told.2 - seconds).abs() <= tolerance_s(seconds)
        };
        self.told.iter().any(same)
    }
}

/// The timer that the newest ending shows together with others: which time it limits, and whose endings.
fn timer_in(ends: &VecDeque<End>, samples: &mut Vec<Sample>) -> Option<(Measure, Vec<usize>)> {
    let newest = ends.len().checked_sub(1)?;
    let mut cluster = |measure: Measure| {
        samples.clear();
        samples.extend(ends.iter().map(|end| Sample { seconds: measure.of(end), at: end.at }));
        cluster::around(samples, newest).map(|cluster| (measure, cluster))
    };
    let age = cluster(Measure::Age);
    let silences = Measure::SILENCES.into_iter().filter_map(cluster);
    let idle = silences.min_by(|one, other| one.1.spread_s().total_cmp(&other.1.spread_s()));
    let spread_of = |measure: Measure, members: &[usize]| {
        let times = || members.iter().filter_map(|index| ends.get(*index)).map(|end| measure.of(end));
        let longest = times().fold(0.0, f64::max);
        if longest.is_finite() { longest - times().fold(f64::MAX, f64::min) } else { f64::INFINITY }
    };
    match (idle, age) {
        (Some((measure, idle)), _) if idle.spread_s() < spread_of(Measure::Age, &idle.members) => {
            Some((measure, idle.members))
        }
        (_, Some((measure, age))) => Some((measure, age.members)),
        (Some((measure, idle)), None) => Some((measure, idle.members)),
        (None, None) => None,
    }
}

impl Found {
    fn story(&self) -> Incident {
        let ends: Vec<&End> = self.ends.iter().collect();
        let middle = f64::midpoint(self.low_s, self.high_s);
        let (name, summary, evidence, plain) = match self.measure {
            Measure::Age => ("age_s", "same-lifetime", "age-same", Cause::LifetimeLimit),
            _ => ("idle_s", "same-idle", "idle-same", Cause::IdleTimeout),
        };
        let params = || {
            vec![
                count("count", self.count),
                server(self.server),
                seconds(name, middle),
                seconds("spread_s", self.high_s - self.low_s),
            ]
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
            let params = vec![("side", Value::Label(first.from.id())), ("code", Value::Text(code.to_string()))];
            told.evidence.push(seen("close-frame", params, Some(first.packet)));
        }
        if let Some(side) = self.one_side() {
            told.evidence.push(seen("idle-side", vec![("side", Value::Label(side)), seconds("idle_s", middle)], None));
        }
        let limit = || vec![seconds("timer_s", middle)];
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
