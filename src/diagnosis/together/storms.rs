//! Clients that come back again and again without waiting, and fail each time.
//!
//! Watched from a client's first failure on: refused SYNs and refused upgrades, and the pauses between them. A client
//! whose pauses grow does back off; one that comes seldom harms nobody.

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;

use crate::catalogue::Cause;
use crate::diagnosis::{Fixes, Incident, IncidentKind, Said, given};
use crate::limits::{AFTERMATH, ATTEMPTS_OF_CLIENT, CLIENTS, HOP_WINDOW};
use crate::packet::{Endpoint, PacketRef};
use crate::record::{Attempt, Step};
use crate::time::Timestamp;

use super::servers::Servers;
use super::telling::{count, id, next_due, seconds, seen};

/// Clients that failed lately.
#[derive(Default, Debug)]
pub(super) struct Storms {
    clients: HashMap<(IpAddr, Endpoint), Client, foldhash::fast::RandomState>,
    due: VecDeque<(Timestamp, (IpAddr, Endpoint))>,
}

#[derive(Default, Debug)]
struct Client {
    first_at: Timestamp,
    last_at: Timestamp,
    attempts: usize,
    failures: Vec<(Timestamp, u64, PacketRef)>,
    failed: usize,
    cause: Option<Cause>,
}

/// Failures that make a storm.
const FAILURES: usize = 5;
/// Advice for every cause that allows to come back at all is to wait a second at least at first.
const PAUSE_S: f64 = 1.0;
/// A client whose pauses grow by this much backs off.
const GROWTH: f64 = 2.0;

impl Storms {
    pub(super) fn attempt(&mut self, attempt: &Attempt, now: Timestamp, servers: &Servers) {
        let cause = match attempt.step {
            Step::Refused => Cause::ConnectRefused,
            Step::Answered(400..) => Cause::HandshakeRefused,
            Step::Answered(_) if !self.clients.is_empty() => {
                if let Some(client) = self.clients.get_mut(&(attempt.client.ip(), attempt.server)) {
                    client.note(attempt);
                }
                return;
            }
            Step::Answered(_) | Step::Asked(_) | Step::Unanswered => return,
        };
        let key = (attempt.client.ip(), attempt.server);
        let is_known = servers.known_since(attempt.server).is_some();
        if !is_known || (self.clients.len() >= CLIENTS && !self.clients.contains_key(&key)) {
            return;
        }
        let fresh = !self.clients.contains_key(&key);
        let client = self.clients.entry(key).or_insert_with(|| Client { first_at: attempt.at, ..Client::default() });
        client.note(attempt);
        client.failed += 1;
        client.cause = Some(cause);
        if client.failures.len() < ATTEMPTS_OF_CLIENT {
            client.failures.push((attempt.at, attempt.id, attempt.packet));
        }
        if fresh {
            self.due.push_back((now + AFTERMATH, key));
        }
    }

    /// Tells of the clients that have calmed down or were watched long enough, or of all.
    pub(super) fn tell(&mut self, now: Option<Timestamp>) -> Vec<Incident> {
        let mut told = Vec::new();
        while let Some(key) = next_due(&mut self.due, now) {
            let Some(client) = self.clients.get(&key) else { continue };
            let calm = now
                .is_none_or(|now| now.since(client.last_at) >= AFTERMATH || now.since(client.first_at) >= HOP_WINDOW);
            if !calm {
                self.due.push_back((client.last_at + AFTERMATH, key));
                continue;
            }
            told.extend(client.story(key.0, key.1));
            self.clients.remove(&key);
        }
        told
    }

    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.due.front().map(|(due, _)| *due)
    }
}

impl Client {
    fn note(&mut self, attempt: &Attempt) {
        self.attempts += 1;
        self.last_at = self.last_at.max(attempt.at);
    }

    /// The story of a client that did not wait; None if it did.
    fn story(&self, client: IpAddr, at: Endpoint) -> Option<Incident> {
        let mut times: Vec<Timestamp> = self.failures.iter().map(|(at, ..)| *at).collect();
        times.sort_unstable();
        let gaps: Vec<f64> = times
            .windows(2)
            .filter_map(|pair| pair.last().zip(pair.first()))
            .map(|(last, first)| last.seconds_since(*first))
            .collect();
        let typical = median(&gaps)?;
        let half = gaps.len() / 2;
        let grows = median(gaps.get(half..)?)? > GROWTH * median(gaps.get(..half)?)?;
        if self.failed < FAILURES || self.failed * 2 < self.attempts || typical >= PAUSE_S || grows {
            return None;
        }
        let (first, last) = times.first().zip(times.last())?;
        let shortest = gaps.iter().copied().fold(f64::MAX, f64::min);
        let span = last.seconds_since(*first);
        let client_param = ("client", client.to_string().into());
        let params =
            given([client_param, count("count", self.failed), seconds("span_s", span), seconds("gap_s", shortest)]);
        let packet = self.failures.first().map(|(_, _, packet)| *packet);
        let gap = || seconds("gap_s", typical);
        let fix = Said { id: "backoff-measured", params: given([gap(), count("count", self.failed)]) };
        Some(Incident {
            id: id(IncidentKind::ReconnectStorm, Some(at), *first),
            kind: IncidentKind::ReconnectStorm,
            started_at: *first,
            ended_at: *last,
            is_final: true,
            connections: self.failures.iter().map(|(_, id, _)| *id).collect(),
            server: Some(at),
            cause: self.cause,
            summary: Said { id: "reconnect-storm", params },
            evidence: vec![seen("reconnected-after", given([gap()]), packet)],
            fixes: Fixes { client: vec![fix], ..Fixes::default() },
        })
    }
}

fn median(gaps: &[f64]) -> Option<f64> {
    let mut sorted = gaps.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied()
}
