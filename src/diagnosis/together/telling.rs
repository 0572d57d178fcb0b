//! What incidents are made of.

use std::collections::{BTreeMap, VecDeque};
use std::hash::BuildHasher;

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Evidence, Fixes, Incident, IncidentKind, Params, Said};
use crate::limits::INCIDENT_CONNECTIONS;
use crate::packet::{Endpoint, PacketRef};
use crate::time::Timestamp;

use super::end::End;

/// An incident about these endings, told by `summary`.
pub(super) fn incident(
    kind: IncidentKind,
    server: Option<Endpoint>,
    cause: Option<Cause>,
    ends: &[&End],
    summary: Said,
) -> Incident {
    let started_at = ends.iter().map(|end| end.at).min().unwrap_or_default();
    let ended_at = ends.iter().map(|end| end.at).max().unwrap_or_default();
    Incident {
        id: id(kind, server, started_at),
        kind,
        started_at,
        ended_at,
        is_final: true,
        connections: ids(ends),
        server,
        cause,
        summary,
        evidence: Vec::new(),
        fixes: Fixes::default(),
    }
}

/// The same in every run over the same packets.
pub(super) fn id(kind: IncidentKind, server: Option<Endpoint>, started_at: Timestamp) -> u64 {
    foldhash::quality::FixedState::with_seed(2).hash_one((kind, server, started_at))
}

/// Ids of the endings and of their other legs, bounded.
fn ids(ends: &[&End]) -> Vec<u64> {
    ends.iter()
        .flat_map(|end| [Some(end.id), end.elsewhere.as_ref().map(|other| other.mate)])
        .flatten()
        .take(INCIDENT_CONNECTIONS)
        .collect()
}

/// The next of a queue that is due by `now`, or the next at all.
pub(super) fn next_due<T>(queue: &mut VecDeque<(Timestamp, T)>, now: Option<Timestamp>) -> Option<T> {
    let is_due = queue.front().is_some_and(|(due, _)| now.is_none_or(|now| *due <= now));
    if is_due { queue.pop_front().map(|(_, item)| item) } else { None }
}

/// Evidence, shown by a packet.
pub(super) fn seen(id: &'static str, params: Params, packet: Option<PacketRef>) -> Evidence {
    Evidence { said: Said { id, params }, packet }
}

pub(super) fn seconds(name: &'static str, seconds: f64) -> (&'static str, Value) {
    (name, Value::Seconds(seconds))
}

pub(super) fn count(name: &'static str, count: usize) -> (&'static str, Value) {
    (name, Value::Count(count as u64))
}

pub(super) fn server(endpoint: Endpoint) -> (&'static str, Value) {
    ("server", Value::Endpoint(endpoint))
}

/// The cause that most of them have.
pub(super) fn usual_cause(ends: &[&End]) -> Option<Cause> {
    let mut counts: BTreeMap<Cause, usize> = BTreeMap::new();
    for end in ends {
        *counts.entry(end.cause).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(cause, _)| cause)
}
