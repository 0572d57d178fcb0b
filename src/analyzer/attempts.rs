//! Attempts that failed before any request: reported only where the server is known to speak WebSocket.
//!
//! A refused or unanswered SYN says nothing of the protocol. Another connection of the input may say it, before or
//! after; until then attempts are held, bounded.

use std::collections::{HashSet, VecDeque};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use super::ServerAddress;
use super::flows::server_of;
use crate::limits::{ATTEMPTS_HELD, SERVERS_KNOWN};
use crate::record::{HandshakeState, Record, Side};

/// What is known of servers, and who waits for more.
#[derive(Default, Debug)]
pub(super) struct Attempts {
    named: Vec<ServerAddress>,
    known: HashSet<SocketAddr, foldhash::quality::RandomState>,
    held: VecDeque<Record>,
    /// Who failed in TLS, and where: for others no held attempt need be looked at. Some are not held any more.
    failed_in_tls: HashSet<Parties, foldhash::quality::RandomState>,
}

/// A server, and a client's address.
type Parties = (SocketAddr, IpAddr);

fn parties(record: &Record) -> Parties {
    (server_of(record), record.endpoint(Side::Client).ip())
}

/// Browsers try TLS again on a connection of their own, after asking their settings about a certificate for example; no
/// script sees the first attempt. A script that connects again takes longer, as a rule.
const RETRY_WITHIN: Duration = Duration::from_millis(50);

/// TLS failed, and the same client had a WebSocket with the same server at once.
fn is_retried(attempt: &Record, accepted: &Record) -> bool {
    attempt.tls.is_some()
        && parties(attempt) == parties(accepted)
        && accepted.first.at >= attempt.first.at
        && accepted.first.at.since(attempt.last.at) <= RETRY_WITHIN
}

impl Attempts {
    pub(super) fn new(named: &[ServerAddress]) -> Self {
        Self { named: named.to_vec(), ..Self::default() }
    }

    /// A connection shows what its server speaks.
    pub(super) fn learn(&mut self, record: &Record) {
        if record.handshake.state != HandshakeState::Accepted {
            return;
        }
        if !self.failed_in_tls.is_empty() && self.failed_in_tls.contains(&parties(record)) {
            self.held.retain(|attempt| !is_retried(attempt, record));
        }
        if self.known.len() < SERVERS_KNOWN {
            self.known.insert(server_of(record));
        }
    }

    pub(super) fn hold(&mut self, record: Record) {
        if self.held.len() >= ATTEMPTS_HELD {
            self.held.pop_front();
        }
        if record.tls.is_some() {
            if self.failed_in_tls.len() >= ATTEMPTS_HELD * 2 {
                self.failed_in_tls = self.held.iter().filter(|attempt| attempt.tls.is_some()).map(parties).collect();
            }
            self.failed_in_tls.insert(parties(&record));
        }
        self.held.push_back(record);
    }

    /// The attempts at servers that are known by now.
    pub(super) fn take_known(&mut self) -> Vec<Record> {
        let held = Vec::from(std::mem::take(&mut self.held));
        let (known, unknown): (Vec<_>, Vec<_>) = held.into_iter().partition(|record| self.is_known(server_of(record)));
        self.held = unknown.into();
        known
    }

    fn is_known(&self, server: SocketAddr) -> bool {
        let named =
            |named: &ServerAddress| named.ip == server.ip() && named.port.is_none_or(|port| port == server.port());
        self.known.contains(&server) || self.named.iter().any(named)
    }
}
