//! The whole in numbers: what ended how, and everything that limited the view.
//!
//! Findings are folded in as they come; the statistics of the capture are given at the end by whoever read it.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::catalogue::{Cause, EndedBy, Severity};
use crate::diagnosis::{Diagnosis, Finding, Incident};
use crate::limits;
use crate::packet::Endpoint;
use crate::record::Side;
use crate::time::Timestamp;
use crate::wire::websocket::CloseCode;

/// What the reading of the packets counted.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CaptureStatistics {
    /// Packets read.
    pub packets: u64,
    /// Bytes read, as captured.
    pub bytes: u64,
    /// Inputs read.
    pub files: u64,
    /// Time of the first packet.
    pub first_at: Option<Timestamp>,
    /// Time of the last packet.
    pub last_at: Option<Timestamp>,
    /// TCP connections seen.
    pub flows: u64,
    /// Packets that the capture says it lost.
    pub packets_dropped: u64,
    /// Packets that hold fewer bytes than the wire had.
    pub snaplen_cut: u64,
    /// Connections let go because of a limit of ours.
    pub flows_evicted: u64,
    /// TLS connections that no key was known for.
    pub tls_without_keys: u64,
    /// Inputs that end inside a packet.
    pub truncated_files: u64,
    /// Times that the capture's clock jumped.
    pub clock_steps: u64,
}

/// Findings in numbers.
#[derive(Clone, Default, Debug)]
pub struct Summary {
    /// What the reading of the packets counted.
    pub capture: CaptureStatistics,
    /// WebSocket connections and attempts at one.
    pub connections: u64,
    /// All that is counted by one look: who ends connections does so in few ways.
    by_kind: HashMap<Kind, u64, RandomState>,
    /// By server, of which there may be many.
    by_server: HashMap<Endpoint, u64, RandomState>,
    /// Connections at servers beyond that limit.
    pub other_servers: u64,
    /// Incidents.
    pub incidents: u64,
    /// Payload bytes of WebSocket connections that the capture lacks.
    pub missing_bytes: u64,
}

/// What connections are counted by.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
struct Kind {
    code: Option<CloseCode>,
    cause: Cause,
    ended_by: EndedBy,
    severity: Severity,
}

impl Summary {
    /// Counts a finding.
    pub fn finding(&mut self, finding: &Finding) {
        self.connections += 1;
        let Diagnosis { cause, ended_by, severity, .. } = finding.diagnosis;
        *self.by_kind.entry(Kind { code: finding.ending.code, cause, ended_by, severity }).or_default() += 1;
        self.server(finding.record.endpoint(Side::Server));
        self.missing_bytes += Side::BOTH.iter().map(|side| finding.record.side(*side).tcp.missing_bytes).sum::<u64>();
    }

    /// Counts an incident.
    pub fn incident(&mut self, _incident: &Incident) {
        self.incidents += 1;
    }

    /// A finding at least that severe was counted.
    pub fn reaches(&self, severity: Severity) -> bool {
        self.by_kind.keys().any(|kind| kind.severity >= severity)
    }

    /// Something limited the view.
    pub fn is_limited(&self) -> bool {
        let capture = &self.capture;
        let counts = [
            capture.packets_dropped,
            capture.snaplen_cut,
            self.missing_bytes,
            capture.flows_evicted,
            capture.tls_without_keys,
            capture.truncated_files,
            capture.clock_steps,
        ];
        counts.iter().any(|count| *count > 0)
    }

    /// By the connection's code; None where it has none: still open, or the capture cannot tell.
    pub fn by_code(&self) -> BTreeMap<Option<CloseCode>, u64> {
        self.by(|kind| kind.code)
    }

    /// By probable cause.
    pub fn by_cause(&self) -> BTreeMap<Cause, u64> {
        self.by(|kind| kind.cause)
    }

    /// By whose act ended them.
    pub fn by_ended_by(&self) -> BTreeMap<EndedBy, u64> {
        self.by(|kind| kind.ended_by)
    }

    /// By how bad it was.
    pub fn by_severity(&self) -> BTreeMap<Severity, u64> {
        self.by(|kind| kind.severity)
    }

    fn by<K: Ord>(&self, key: impl Fn(&Kind) -> K) -> BTreeMap<K, u64> {
        let mut counts = BTreeMap::new();
        for (kind, count) in &self.by_kind {
            *counts.entry(key(kind)).or_default() += count;
        }
        counts
    }

    /// By server, for as many servers as [`limits::SUMMARY_SERVERS`].
    pub fn by_server(&self) -> BTreeMap<Endpoint, u64> {
        self.by_server.iter().map(|(server, count)| (*server, *count)).collect()
    }

    fn server(&mut self, server: Endpoint) {
        if let Some(count) = self.by_server.get_mut(&server) {
            *count += 1;
        } else if self.by_server.len() < limits::SUMMARY_SERVERS {
            self.by_server.insert(server, 1);
        } else {
            self.other_servers += 1;
        }
    }
}
