//! What became of those who came back after many connections had ended.

use std::collections::BTreeSet;
use std::net::IpAddr;

use crate::catalogue::{Cause, Value};
use crate::diagnosis::{Incident, IncidentKind, Said, given};
use crate::limits::{AFTERMATH, BURST};
use crate::packet::Endpoint;
use crate::time::Timestamp;

use super::servers::{Knock, Servers};
use super::telling::{count, id, seconds, seen, server};

/// Who knocked at a server after a burst, and how it answered.
#[derive(Clone, Debug)]
pub(super) struct Aftermath {
    server: Endpoint,
    pub refused: Option<Knock>,
    refused_last: Option<Knock>,
    pub accepted: Option<Knock>,
    /// Within the first second.
    at_once: usize,
    clients: BTreeSet<IpAddr>,
    first: Option<Knock>,
    last_at_once: Option<Knock>,
    shortest_gap_s: f64,
}

/// A herd of that many comes back too fast, if it is most of those who were sent away.
const HERD: usize = 10;

impl Aftermath {
    pub(super) fn of(servers: &Servers, server: Endpoint, ended_at: Timestamp) -> Self {
        let mut found = Self {
            server,
            refused: None,
            refused_last: None,
            accepted: None,
            at_once: 0,
            clients: BTreeSet::new(),
            first: None,
            last_at_once: None,
            shortest_gap_s: f64::MAX,
        };
        let mut before: Option<Knock> = None;
        for knock in servers.knocks_after(server, ended_at).take_while(|knock| knock.at.since(ended_at) <= AFTERMATH) {
            found.first.get_or_insert(*knock);
            if knock.accepted {
                found.accepted.get_or_insert(*knock);
            } else {
                found.refused.get_or_insert(*knock);
                found.refused_last = Some(*knock);
            }
            if knock.at.since(ended_at) <= BURST {
                found.at_once += 1;
                found.clients.insert(knock.client.ip());
                found.last_at_once = Some(*knock);
            }
            if let Some(before) = before {
                found.shortest_gap_s = found.shortest_gap_s.min(knock.at.seconds_since(before.at));
            }
            before = Some(*knock);
        }
        found
    }

    /// Adds what came after to the story, and what to do about it.
    pub(super) fn tell(&self, incident: &mut Incident, ended_at: Timestamp, cause: Option<Cause>, span_s: f64) {
        let after = |knock: &Knock| given([seconds("gap_s", knock.at.seconds_since(ended_at)), server(self.server)]);
        if let Some(refused) = &self.refused {
            incident.evidence.push(seen("refused-after", after(refused), Some(refused.packet)));
        }
        if let Some((first, last)) = self.refused.zip(self.refused_last).filter(|(first, last)| last.at > first.at) {
            let span = seconds("span_s", last.at.seconds_since(first.at));
            incident.evidence.push(seen("refused-between", given([server(self.server), span]), Some(last.packet)));
        }
        if let Some(accepted) = &self.accepted {
            incident.evidence.push(seen("accepted-after", after(accepted), Some(accepted.packet)));
        }
        let fixes = &mut incident.fixes;
        let at = ("at", Value::At(incident.started_at));
        match cause {
            Some(Cause::ProcessEnded) => fixes.server.push(Said { id: "find-crash", params: given([at]) }),
            Some(Cause::ProxyRestart) => fixes.infrastructure.push(Said::bare("proxy-reload")),
            Some(Cause::ServerShutdown | Cause::ServiceRestart) => {
                fixes.server.push(Said::bare("drain"));
                fixes.server.push(Said { id: "spread", params: given([seconds("span_s", span_s)]) });
            }
            _ => {}
        }
        if self.first.is_some() {
            fixes.client.push(Said::bare("backoff"));
        }
    }

    /// Most of those who were sent away came back within a second: nobody waited.
    pub(super) fn storm(&self, at: Endpoint, sent_away: usize, burst: &Incident) -> Option<Incident> {
        let (first, last) = self.first.zip(self.last_at_once)?;
        if self.at_once < HERD || self.at_once * 2 < sent_away {
            return None;
        }
        let span = seconds("span_s", last.at.seconds_since(first.at));
        let said = if self.clients.len() > 1 {
            let params = given([count("clients", self.clients.len()), count("count", self.at_once), server(at), span]);
            Said { id: "reconnect-storm-many", params }
        } else {
            let client = ("client", first.client.ip().to_string().into());
            let gap = seconds("gap_s", self.shortest_gap_s);
            Said { id: "reconnect-storm", params: given([client, count("count", self.at_once), span, gap]) }
        };
        let mut storm = burst.clone();
        storm.id = id(IncidentKind::ReconnectStorm, Some(at), first.at);
        storm.kind = IncidentKind::ReconnectStorm;
        (storm.started_at, storm.ended_at) = (first.at, last.at);
        storm.summary = said;
        storm.server = Some(at);
        let after = given([seconds("gap_s", first.at.seconds_since(burst.ended_at))]);
        storm.evidence = vec![seen("reconnected-after", after, Some(first.packet))];
        storm.fixes = crate::diagnosis::Fixes { client: vec![Said::bare("backoff")], ..Default::default() };
        Some(storm)
    }
}
