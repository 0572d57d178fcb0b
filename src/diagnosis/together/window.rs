//! Endings in, incidents out: the bounded window over all connections.
//!
//! An ending first waits for its company and its aftermath; what was no burst is looked at for timers and hops.

use std::collections::VecDeque;

use crate::diagnosis::{Finding, Incident};
use crate::record::{Attempt, HandshakeState, Side};
use crate::time::Timestamp;

use super::end::End;
use super::hops::Hops;
use super::mass_close::MassClose;
use super::servers::Servers;
use super::storms::Storms;
use super::timers::Timers;

/// All that looks for endings that belong together.
#[derive(Default, Debug)]
pub(super) struct Window {
    servers: Servers,
    mass_close: MassClose,
    timers: Timers,
    storms: Storms,
    hops: Hops,
    /// The first of what is due.
    due: Option<Timestamp>,
    incidents: VecDeque<Incident>,
}

impl Window {
    /// Takes a step of an attempt.
    pub(super) fn attempt(&mut self, attempt: &Attempt, now: Timestamp) {
        self.servers.attempt(attempt);
        self.storms.attempt(attempt, now, &self.servers);
        self.wake_at(self.storms.next_due());
    }

    /// A finding has come: gives how many were open at its server, itself included.
    pub(super) fn leave(&mut self, finding: &Finding) -> u32 {
        let let_in = finding.record.handshake.state == HandshakeState::Accepted;
        if let_in { self.servers.leave(finding.record.endpoint(Side::Server)) } else { 0 }
    }

    /// Takes an ending.
    pub(super) fn end(&mut self, end: End, now: Timestamp) {
        if end.is_farewell() {
            return;
        }
        if let Some(end) = self.mass_close.end(end, now) {
            self.single(&end, now);
        }
        self.wake_at(self.mass_close.next_due());
    }

    /// Time has come to be `now`.
    #[inline]
    pub(super) fn advance(&mut self, now: Timestamp) {
        if self.due.is_some_and(|due| due <= now) {
            self.tell(Some(now), now);
        }
    }

    /// The input is over.
    pub(super) fn finish(&mut self, now: Timestamp) {
        self.tell(None, now);
    }

    #[inline]
    pub(super) fn has_incident(&self) -> bool {
        !self.incidents.is_empty()
    }

    pub(super) fn next_incident(&mut self) -> Option<Incident> {
        self.incidents.pop_front()
    }

    fn tell(&mut self, until: Option<Timestamp>, now: Timestamp) {
        while let Some(judged) = self.mass_close.judge_next(until, now, &self.servers) {
            self.incidents.extend(judged.incidents);
            judged.single.iter().for_each(|end| self.single(end, now));
        }
        self.incidents.extend(self.storms.tell(until));
        self.incidents.extend(self.timers.tell(until));
        self.incidents.extend(self.hops.tell(until));
        self.due = None;
        for due in [self.mass_close.next_due(), self.storms.next_due(), self.timers.next_due(), self.hops.next_due()] {
            self.wake_at(due);
        }
    }

    fn single(&mut self, end: &End, now: Timestamp) {
        self.timers.end(end, now);
        self.hops.end(end, now);
        self.wake_at(self.timers.next_due());
        self.wake_at(self.hops.next_due());
    }

    /// Something is due then.
    fn wake_at(&mut self, due: Option<Timestamp>) {
        self.due = [self.due, due].into_iter().flatten().min();
    }
}
