//! Proxied connections ended by the same hop: told once for each proxy and manner.

use std::collections::VecDeque;

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said};
use crate::limits::{HOP_WINDOW, INCIDENT_CONNECTIONS, TOLD};
use crate::packet::Endpoint;
use crate::time::Timestamp;

use super::end::End;
use super::hop::{Hop, Why};
use super::telling::{incident, seconds, seen, server, usual_cause};

/// Endings by proxy and manner.
#[derive(Default, Debug)]
pub(super) struct Hops {
    found: Vec<Found>,
    told: VecDeque<(Endpoint, Manner)>,
}

#[derive(Debug)]
struct Found {
    proxy: Endpoint,
    manner: Manner,
    ends: Vec<End>,
    due: Timestamp,
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
        let Some((manner, proxy)) = manner(end).zip(end.proxy) else { return };
        if let Some(found) = self.found.iter_mut().find(|found| (found.proxy, found.manner) == (proxy, manner)) {
            if found.ends.len() < INCIDENT_CONNECTIONS {
                found.ends.push(end.clone());
            }
        } else if self.found.len() < TOLD && !self.told.contains(&(proxy, manner)) {
            self.found.push(Found { proxy, manner, ends: vec![end.clone()], due: now + HOP_WINDOW });
        }
    }

    /// Tells what was collected long enough, or all.
    pub(super) fn tell(&mut self, now: Option<Timestamp>) -> Vec<Incident> {
        let (due, waiting): (Vec<Found>, Vec<Found>) =
            std::mem::take(&mut self.found).into_iter().partition(|found| now.is_none_or(|now| found.due <= now));
        self.found = waiting;
        for found in &due {
            if self.told.len() >= TOLD {
                self.told.pop_front();
            }
            self.told.push_back((found.proxy, found.manner));
        }
        due.iter().map(Found::story).collect()
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.found.iter().map(|found| found.due).min()
    }
}

fn manner(end: &End) -> Option<Manner> {
    match end.hop? {
        _ if end.code_changed.is_some() => Some(Manner::Changed),
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
        let gap_s = first.map_or(0.0, |end| end.mate_gap_s.abs());
        let summary = match (self.manner, first.and_then(|end| end.code_changed)) {
            (Manner::Changed, Some((front, back))) => {
                let text = |code: u16| Value::Text(code.to_string());
                Said { id: "code-changed", params: vec![("front", text(front)), ("back", text(back))] }
            }
            (manner, _) => {
                let by = if manner == Manner::Upstream { "server" } else { "proxy" };
                Said { id: "proxy-hop", params: vec![("first", Value::Label(by)), seconds("gap_s", gap_s)] }
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
                let cause = ("cause", Value::Text(end.cause.id().to_owned()));
                seen("other-leg-first", vec![server(end.server), seconds("gap_s", gap_s), cause], packet)
            }
            _ => seen("both-legs-together", vec![seconds("gap_s", gap_s)], packet),
        };
        told.evidence.push(evidence);
        if let (Manner::ProxyIdle, Some(end)) = (self.manner, first) {
            told.evidence.push(seen("idle-both", vec![seconds("idle_s", end.silence_s())], packet));
            let params = vec![seconds("timer_s", end.silence_s())];
            told.fixes.infrastructure.push(Said { id: "idle-limit-unknown", params });
        }
        told
    }
}
