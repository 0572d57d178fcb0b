//! What each server has open, and who knocked lately: the background against which endings are judged.

use std::collections::{HashMap, VecDeque};

use crate::limits::{AFTERMATH, ATTEMPTS_OF_CLIENT, BURST, PARTIES};
use crate::packet::{Endpoint, PacketRef};
use crate::record::{Attempt, Step};
use crate::time::Timestamp;

/// Servers that were asked for a WebSocket.
#[derive(Default, Debug)]
pub(super) struct Servers {
    known: HashMap<Endpoint, Server, foldhash::fast::RandomState>,
}

#[derive(Default, Debug)]
struct Server {
    first_at: Timestamp,
    open: u32,
    knocks: VecDeque<Knock>,
}

/// How a server answered somebody who wanted to come in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Knock {
    pub at: Timestamp,
    pub packet: PacketRef,
    pub client: Endpoint,
    /// It was let in; else TCP itself was refused.
    pub accepted: bool,
}

impl Servers {
    pub(super) fn attempt(&mut self, attempt: &Attempt) {
        let accepted = match attempt.step {
            Step::Asked(_) => return self.meet(attempt.server, attempt.at),
            Step::Answered(101 | 200..=299) => true,
            Step::Refused => false,
            Step::Answered(_) | Step::Unanswered => return,
        };
        let Some(server) = self.known.get_mut(&attempt.server) else { return };
        server.open = server.open.saturating_add(u32::from(accepted));
        // The oldest ones are far away in memory: whether they are too old is asked only before the list would grow.
        let is_full = server.knocks.len() == server.knocks.capacity();
        let too_old = |knock: &Knock| attempt.at.since(knock.at) > (AFTERMATH + BURST) * 2;
        while server.knocks.len() >= ATTEMPTS_OF_CLIENT || (is_full && server.knocks.front().is_some_and(too_old)) {
            server.knocks.pop_front();
        }
        server.knocks.push_back(Knock { at: attempt.at, packet: attempt.packet, client: attempt.client, accepted });
    }

    /// A connection that was let in is over. Gives how many were open, itself included.
    pub(super) fn leave(&mut self, server: Endpoint) -> u32 {
        let Some(server) = self.known.get_mut(&server) else { return 0 };
        let open = server.open;
        server.open = open.saturating_sub(1);
        open
    }

    /// Since when it is known.
    pub(super) fn known_since(&self, server: Endpoint) -> Option<Timestamp> {
        self.known.get(&server).map(|server| server.first_at)
    }

    /// Who knocked there after `at`, in order.
    pub(super) fn knocks_after(&self, server: Endpoint, at: Timestamp) -> impl Iterator<Item = &Knock> {
        let knocks = self.known.get(&server).map(|server| server.knocks.iter());
        knocks.into_iter().flatten().filter(move |knock| knock.at > at)
    }

    fn meet(&mut self, server: Endpoint, at: Timestamp) {
        if self.known.len() >= PARTIES && !self.known.contains_key(&server) {
            self.known.retain(|_, server| server.open > 0);
            if self.known.len() >= PARTIES {
                return;
            }
        }
        self.known.entry(server).or_insert_with(|| Server { first_at: at, ..Server::default() });
    }
}
