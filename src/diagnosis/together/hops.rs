//! Proxied connections ended by the same hop: told once for each proxy and manner.

use std::collections::VecDeque;

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said, given};
use crate::limits::{HOP_WINDOW, INCIDENT_CONNECTIONS, TOLD};
use crate::packet::Endpoint;
use crate::time::Timestamp;

use super::end::{Elsewhere, End};
use super::hop::{Hop, Why};
use super::telling::{incident, next_due, seconds, seen, server, usual_cause};

/// Endings by proxy and manner.
#[derive(Default, Debug)]
pub(super) struct Hops {
    /// In the order in which they are due: each waits equally long.
    found: VecDeque<(Timestamp, Found)>,
    told: VecDeque<(Endpoint, Manner)>,
}

#[derive(Debug)]
struct Found {
    proxy: Endpoint,
    manner: Manner,
    ends: Vec<End>,
}

/// Which hop, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Manner {
    Upstream,
    ProxyIdle,
    Proxy,
    Changed,
}

impl Hops {
    /// Takes a proxied connection's ending that belongs to no burst.
    pub(super) fn end(&mut self, end: &End, now: Timestamp) {
        let Some(elsewhere) = end.elsewhere.as_deref() else { return };
        let Some((manner, proxy)) = manner(end, elsewhere).zip(elsewhere.proxy) else { return };
        let mut found = self.found.iter_mut().map(|(_, found)| found);
        if let Some(found) = found.find(|found| (found.proxy, found.manner) == (proxy, manner)) {
            if found.ends.len() < INCIDENT_CONNECTIONS {
                found.ends.push(end.clone());
            }
        } else if self.found.len() < TOLD && !self.told.contains(&(proxy, manner)) {
            self.found.push_back((now + HOP_WINDOW, Found { proxy, manner, ends: vec![end.clone()] }));
        }
    }

    /// Tells what was collected long enough, or all.
    pub(super) fn tell(&mut self, now: Option<Timestamp>) -> Vec<Incident> {
        let mut told = Vec::new();
        while let Some(found) = next_due(&mut self.found, now) {
            if self.told.len() >= TOLD {
                self.told.pop_front();
            }
            self.told.push_back((found.proxy, found.manner));
            told.push(found.story());
        }
        told
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.found.front().map(|(due, _)| *due)
    }
}

fn manner(end: &End, elsewhere: &Elsewhere) -> Option<Manner> {
    match elsewhere.hop? {
        _ if elsewhere.code_changed.is_some() => Some(Manner::Changed),
        Hop::Upstream if end.is_bare() => Some(Manner::Upstream),
        Hop::Proxy(Why::Idle(_)) => Some(Manner::ProxyIdle),
        Hop::Proxy(_) => Some(Manner::Proxy),
        Hop::Upstream | Hop::Client => None,
    }
}

impl Found {
    fn story(&self) -> Incident {
        let ends: Vec<&End> = self.ends.iter().collect();
        let first = ends.first();
        let elsewhere = first.and_then(|end| end.elsewhere.as_deref());
        let gap_s = elsewhere.map_or(0.0, |other| other.gap_s.abs());
        let summary = match (self.manner, elsewhere.and_then(|other| other.code_changed)) {
            (Manner::Changed, Some((front, back))) => {
                Said { id: "code-changed", params: given([("front", Value::Code(front)), ("back", Value::Code(back))]) }
            }
            (manner, _) => {
                let by = if manner == Manner::Upstream { "server" } else { "proxy" };
                Said { id: "proxy-hop", params: given([("first", Value::Label(by)), seconds("gap_s", gap_s)]) }
            }
        };
        let cause = match self.manner {
            Manner::Upstream => Some(Cause::UpstreamLost),
            Manner::ProxyIdle => Some(Cause::IdleTimeout),
            Manner::Proxy | Manner::Changed => usual_cause(&ends),
        };
        let mut told = incident(IncidentKind::ProxyHop, Some(self.proxy), cause, &ends, summary);
        let packet = first.map(|end| end.packet);
        let evidence = match (self.manner, first) {
            (Manner::Upstream, Some(end)) => {
                let cause = ("cause", end.cause.id().into());
                seen("other-leg-first", given([server(end.server), seconds("gap_s", gap_s), cause]), packet)
            }
            _ => seen("both-legs-together", given([seconds("gap_s", gap_s)]), packet),
        };
        told.evidence.push(evidence);
        if let (Manner::ProxyIdle, Some(end)) = (self.manner, first) {
            told.evidence.push(seen("idle-both", given([seconds("idle_s", end.silence_s())]), packet));
            let params = given([seconds("timer_s", end.silence_s())]);
            told.fixes.infrastructure.push(Said { id: "idle-limit-unknown", params });
        }
        told
    }
}
