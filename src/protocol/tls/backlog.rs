//! Records held until it is known which keys they need: early data before the server's answer to it, and records that
//! overtook a key log still being written. Bounded.

use super::half::{Epoch, HeldRecord};
use super::keys::Keys;
use super::{Tls, Work};
use crate::limits::TLS_BACKLOG_BYTES;
use crate::packet::Dir;
use crate::wire::tls::RecordHeader;

impl Tls {
    /// Keys, or what decides which, may still come.
    pub(super) fn must_wait(&self, dir: Dir, keys: &Keys) -> bool {
        let half = &self.halves[dir];
        if half.opener.is_some() || half.hopeless.is_some() {
            return false;
        }
        let Some(random) = &self.session.client_random else { return false };
        let early = half.epoch == Epoch::Early && self.session.early_accepted.is_none();
        match keys.find(random) {
            Some(_) => self.session.version.is_none() || early,
            None => keys.grows(),
        }
    }

    /// Holds a record until its keys can be known; false where there is no room for more.
    pub(super) fn hold(&mut self, dir: Dir, header: RecordHeader, body: &[u8], work: &mut Work<'_, '_, '_>) -> bool {
        let half = &mut self.halves[dir];
        if half.backlog_bytes + body.len() > TLS_BACKLOG_BYTES {
            // What was held is given up: it may be found again by its number, not by its bytes.
            for held in std::mem::take(&mut half.backlog) {
                half.miss_record(held.body.len());
            }
            half.backlog_bytes = 0;
            half.hopeless = Some(u64::MAX);
            return false;
        }
        half.backlog_bytes += body.len();
        half.backlog.push(HeldRecord { mark: work.events.mark(), header, body: body.to_vec() });
        true
    }

    /// Takes up again what was held, where it may be readable now.
    pub(super) fn open_backlog(&mut self, work: &mut Work<'_, '_, '_>) {
        if !std::mem::take(&mut self.retry) && self.session.generation == work.keys.generation() {
            return;
        }
        self.session.generation = work.keys.generation();
        // What the server's handshake says about early data comes before the early data.
        let client = self.session.client.unwrap_or(Dir::Forward);
        let order = if self.session.early_accepted.is_none() && self.halves[client].epoch == Epoch::Early {
            [client.opposite(), client]
        } else {
            [client, client.opposite()]
        };
        let now = work.events.mark();
        for dir in order {
            if self.halves[dir].backlog.is_empty() || self.must_wait(dir, work.keys) {
                continue;
            }
            self.halves[dir].backlog_bytes = 0;
            for held in std::mem::take(&mut self.halves[dir].backlog) {
                work.events.stamp(held.mark);
                self.take_sealed(dir, held.header, &held.body, work);
            }
        }
        work.events.stamp(now);
    }
}
