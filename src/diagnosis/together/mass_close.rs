//! Many connections that ended at once: a process that died, a deploy, a proxy that was reloaded.
//!
//! Endings by one party (a server or proxy, or the host of a proxy that connects to it) are held until it is known what
//! came after them. A burst is an incident if it took nearly all that was open there, or far more than usual ends there
//! in such a time. What is no burst is given back.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said, given};
use crate::limits::{AFTERMATH, BURST, ENDINGS_HELD, PARTIES};
use crate::packet::Endpoint;
use crate::record::Side;
use crate::time::Timestamp;

use super::aftermath::Aftermath;
use super::end::End;
use super::hop::{Hop, Why};
use super::servers::Servers;
use super::telling::{count, incident, next_due, seconds, seen, server, usual_cause};

/// Endings by party, until they are judged.
#[derive(Default, Debug)]
pub(super) struct MassClose {
    parties: HashMap<Party, Watch, foldhash::fast::RandomState>,
    due: VecDeque<(Timestamp, Party)>,
    held: usize,
}

/// Who ends connections.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Party {
    Server(Endpoint),
    /// A proxy, seen as the client of the servers behind it.
    Host(IpAddr),
}

#[derive(Debug)]
struct Watch {
    since: Timestamp,
    /// Endings judged before, fading over a minute.
    usual: f64,
    judged_at: Timestamp,
    ends: Vec<End>,
}

/// What is judged: incidents, and endings that are part of none.
#[derive(Default, Debug)]
pub(super) struct Judged {
    pub incidents: Vec<Incident>,
    pub single: Vec<End>,
}

/// A process that ends does so within this time: 10 ms were measured for 200 connections, loaded ones take longer.
const TIGHT_S: f64 = 0.1;
/// A pause that long separates two bursts.
const PAUSE_S: f64 = 0.25;
/// Connections that make a crowd.
const CROWD: usize = 5;
/// Connections that make one if they are all there were.
const ALL_OF: usize = 3;
/// Part of the open connections that counts as nearly all.
const NEARLY_ALL: f64 = 0.9;
/// How fast the memory of what is usual fades, in seconds.
const FADING_S: f64 = 60.0;

impl MassClose {
    /// Takes an ending; gives it back if no burst can hold it.
    pub(super) fn end(&mut self, end: End, now: Timestamp) -> Option<End> {
        let Some(party) = party(&end).filter(|_| self.held < ENDINGS_HELD) else { return Some(end) };
        if self.parties.len() >= PARTIES && !self.parties.contains_key(&party) {
            self.parties.retain(|_, watch| !watch.ends.is_empty());
            if self.parties.len() >= PARTIES {
                return Some(end);
            }
        }
        let fresh = || Watch { since: end.opened_at, usual: 0.0, judged_at: now, ends: Vec::new() };
        let watch = self.parties.entry(party).or_insert_with(fresh);
        if watch.ends.is_empty() {
            self.due.push_back((now + AFTERMATH + BURST, party));
        }
        watch.ends.push(end);
        self.held += 1;
        None
    }

    /// Judges the next party that is due by now, or at all.
    pub(super) fn judge_next(&mut self, until: Option<Timestamp>, now: Timestamp, servers: &Servers) -> Option<Judged> {
        let party = next_due(&mut self.due, until)?;
        let mut judged = Judged::default();
        let Some(watch) = self.parties.get_mut(&party) else { return Some(judged) };
        let before = watch.ends.len();
        watch.judge(party, until, now, servers, &mut judged);
        self.held = self.held.saturating_sub(before - watch.ends.len());
        if let Some(oldest) = watch.ends.first() {
            self.due.push_back((oldest.at + AFTERMATH + BURST, party));
        }
        Some(judged)
    }

    /// When something is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.front().map(|(due, _)| *due)
    }
}

/// Who ended it; None for what clients do for themselves.
fn party(end: &End) -> Option<Party> {
    match (end.hop(), end.from) {
        (Some(Hop::Client), _) => None,
        _ if is_provoked(end.cause) => None,
        (_, Side::Server) | (Some(Hop::Proxy(_) | Hop::Upstream), _) => Some(Party::Server(end.server)),
        (None, Side::Client) => end.proxied.then(|| Party::Host(end.client.ip())),
    }
}

/// What a connection brought upon itself says nothing of its neighbours.
fn is_provoked(cause: Cause) -> bool {
    let breach =
        matches!(cause, Cause::ProtocolError | Cause::InvalidUtf8 | Cause::IllegalClose | Cause::UnsupportedData);
    breach || matches!(cause, Cause::MessageTooBig | Cause::MissingExtension | Cause::MiddleboxReset)
}

impl Watch {
    /// Judges the bursts whose aftermath is known; the others stay.
    fn judge(
        &mut self,
        party: Party,
        until: Option<Timestamp>,
        now: Timestamp,
        servers: &Servers,
        judged: &mut Judged,
    ) {
        let mut ends = std::mem::take(&mut self.ends);
        ends.sort_unstable_by_key(|end| end.at);
        let times: Vec<Timestamp> = ends.iter().map(|end| end.at).collect();
        let known = until.map_or(Timestamp(i64::MAX), |until| until - AFTERMATH);
        // No run lasts longer than a burst: what is still later belongs to none that can be judged.
        self.ends = ends.split_off(times.partition_point(|at| *at <= known + BURST));
        ends.sort_unstable_by_key(|end| (end.code, end.at, end.packet));
        let mut rest = ends.as_slice();
        while let Some((run, others)) = rest.split_at_checked(run_len(rest)).filter(|(run, _)| !run.is_empty()) {
            rest = others;
            if run.first().is_some_and(|first| first.at > known) {
                self.ends.extend_from_slice(run);
                continue;
            }
            let after = run.last().map_or(0.0, |last| rate_after(&times, last.at, now));
            if self.stands_out(run, after, servers) {
                judged.incidents.extend(story(party, run, servers));
            } else {
                judged.single.extend_from_slice(run);
            }
        }
        self.ends.sort_unstable_by_key(|end| end.at);
    }

    /// Whether a run of endings is a burst, by what was usual before it and what went on after it.
    fn stands_out(&mut self, run: &[End], after_per_second: f64, servers: &Servers) -> bool {
        let Some((first, last)) = run.first().zip(run.last()) else { return false };
        let known_since = servers.known_since(first.server).map_or(self.since, |since| since.min(self.since));
        let passed = first.at.seconds_since(self.judged_at).max(0.0);
        let usual = self.usual * (-passed / FADING_S).exp();
        let before_per_second = (usual + 1.0) / first.at.seconds_since(known_since).clamp(1.0, FADING_S);
        self.usual = usual + run.len() as f64;
        self.judged_at = last.at;
        stands_out(run, before_per_second.max(after_per_second))
    }
}

/// Endings a second in the aftermath of `ended_at`, as far as it was seen.
fn rate_after(times: &[Timestamp], ended_at: Timestamp, now: Timestamp) -> f64 {
    let from = times.partition_point(|at| *at <= ended_at);
    let to = times.partition_point(|at| *at <= ended_at + AFTERMATH);
    let seconds = now.seconds_since(ended_at).clamp(1.0, AFTERMATH.as_secs_f64());
    to.saturating_sub(from) as f64 / seconds
}

/// How many of the first of these endings follow each other closely enough to be one burst.
fn run_len(ends: &[End]) -> usize {
    let Some(first) = ends.first() else { return 0 };
    let follows = |last: &End, next: &End| {
        first.code == next.code && next.at.since(first.at) <= BURST && next.at.seconds_since(last.at) <= PAUSE_S
    };
    let pairs = ends.iter().zip(ends.iter().skip(1));
    1 + pairs.take_while(|(last, next)| follows(last, next)).count()
}

/// Whether that many ended at once for one reason, not by chance.
fn stands_out(run: &[End], per_second: f64) -> bool {
    let Some((first, last)) = run.first().zip(run.last()) else { return false };
    let span = last.at.seconds_since(first.at);
    let open = run.iter().map(|end| end.open_then).max().unwrap_or(0);
    let known = run.iter().all(|end| end.seen_from_start) && open > 0;
    let share = run.len() as f64 / f64::from(open).max(run.len() as f64);
    let abrupt = run.iter().all(|end| matches!(end.code, None | Some(1001 | 1012)));
    let all = known && share >= 1.0 && run.len() >= ALL_OF && span <= TIGHT_S && abrupt;
    let nearly_all = known && share >= NEARLY_ALL && run.len() >= CROWD && (abrupt || span <= TIGHT_S);
    all || nearly_all || (run.len() >= CROWD && is_unusual(run, per_second))
}

/// More ended within a tight time than chance puts there: eight standard deviations above what is usual.
fn is_unusual(run: &[End], per_second: f64) -> bool {
    let usual = per_second * TIGHT_S;
    let needed = usual + 8.0 * usual.sqrt() + 4.0;
    let (mut start, mut tightest) = (0, 0);
    for (index, end) in run.iter().enumerate() {
        while run.get(start).is_some_and(|first| end.at.seconds_since(first.at) > TIGHT_S) {
            start += 1;
        }
        tightest = tightest.max(index + 1 - start);
    }
    tightest as f64 > needed
}

/// What happened, told by the Close frames, by which leg ended first, and by what became of those who came back.
fn story(party: Party, run: &[End], servers: &Servers) -> Vec<Incident> {
    let ends: Vec<&End> = run.iter().collect();
    let Some((first, last)) = ends.first().zip(ends.last()) else { return Vec::new() };
    let span_s = last.at.seconds_since(first.at);
    let place = match party {
        Party::Server(server) => server,
        Party::Host(_) => first.client,
    };
    let at = |endpoint: Endpoint| match party {
        Party::Server(_) => server(endpoint),
        Party::Host(ip) => ("server", ip.to_string().into()),
    };
    let aftermath = Aftermath::of(servers, first.server, last.at);
    let (summary, cause) = told(&ends, &aftermath);
    let params = || given([count("count", run.len()), at(place), seconds("span_s", span_s)]);
    let shared = matches!(party, Party::Server(_)).then_some(place);
    let mut incident = incident(IncidentKind::MassClose, shared, cause, &ends, Said { id: summary, params: params() });
    incident.evidence.push(seen("ended-together", params(), Some(first.packet)));
    if let Some(code) = first.code {
        let side = ("side", Value::Label(first.from.id()));
        incident.evidence.push(seen("close-frame", given([side, ("code", Value::Code(code))]), Some(first.packet)));
    } else {
        incident.evidence.push(seen("no-close-frame", given([]), Some(first.packet)));
    }
    let survivors =
        ends.iter().map(|end| end.open_then).max().map_or(0, |open| (open as usize).saturating_sub(run.len()));
    if survivors > 0 {
        incident.evidence.push(seen("ended-alone", given([count("count", survivors), at(place)]), None));
    }
    aftermath.tell(&mut incident, last.at, cause, span_s);
    let storm = aftermath.storm(first.server, run.len(), &incident);
    std::iter::once(incident).chain(storm).collect()
}

/// The summary's id and the probable cause.
fn told(ends: &[&End], aftermath: &Aftermath) -> (&'static str, Option<Cause>) {
    let usual = usual_cause(ends);
    let by_proxy = ends.iter().filter(|end| matches!(end.hop(), Some(Hop::Proxy(Why::Restart | Why::Unknown)))).count()
        * 2
        > ends.len();
    match ends.first().and_then(|end| end.code) {
        Some(1001) if by_proxy => ("mass-close-proxy", Some(Cause::ProxyRestart)),
        Some(1012) => ("mass-close-deploy", Some(Cause::ServiceRestart)),
        Some(1001) if ends.first().is_some_and(|end| end.from == Side::Server) => {
            ("mass-close-deploy", Some(Cause::ServerShutdown))
        }
        Some(_) => ("mass-close", usual),
        // Connections that fell silent together reach their limit together.
        None if matches!(usual, Some(Cause::IdleTimeout | Cause::LifetimeLimit | Cause::KeepaliveTimeout)) => {
            ("mass-close", usual)
        }
        None if aftermath.refused.is_some() => ("mass-close-death", Some(Cause::ProcessEnded)),
        None if by_proxy && aftermath.accepted.is_some() => ("mass-close-proxy", Some(Cause::ProxyRestart)),
        None if by_proxy => ("mass-close", Some(Cause::ProxyRestart)),
        None => ("mass-close", usual),
    }
}
