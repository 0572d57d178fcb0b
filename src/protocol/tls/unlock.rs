//! Which keys and which number open a record, where the ones expected do not: after losses, with keys that came late, in
//! a connection whose beginning was not captured. What that may cost is bounded.

use super::half::{Epoch, Hole};
use super::keys::{Keys, Label, Secret};
use super::opener::{Legacy, Opened, Opener};
use super::probe::Probe;
use super::schedule::next_secret;
use super::{Tls, Work};
use crate::event::tls::Unreadable;
use crate::limits::{TLS_FAILURES, TLS_TRIAL_BYTES};
use crate::packet::Dir;
use crate::wire::tls::{CipherSuite, RecordHeader};

/// From this many numbers on it pays to look at one AES block before trying the whole record.
const PROBE_FROM: u64 = 4;
/// What looking at one block counts for, in bytes tried.
const PROBE_COST: u64 = 64;
/// What a try counts for besides the record's length.
const TRY_COST: u64 = 2048;
/// The record that is to be opened.
#[derive(Clone, Copy)]
pub(super) struct Sealed<'b> {
    pub header: RecordHeader,
    pub body: &'b [u8],
}

/// Keys of one epoch.
pub(super) struct EpochKeys {
    pub opener: Opener,
    pub secret: Option<Secret>,
}

impl Tls {
    /// Opens a record into `plain`; says how many records before it were lost. Else why, if that is news.
    #[inline]
    pub(super) fn open(
        &mut self,
        dir: Dir,
        header: RecordHeader,
        body: &[u8],
        plain: &mut Vec<u8>,
        work: &mut Work<'_, '_, '_>,
    ) -> Result<(Opened, u64), Option<Unreadable>> {
        let half = &mut self.halves[dir];
        if let Some(opener) = &mut half.opener {
            let opened = opener.open(half.seq, header, body, plain);
            opener.pass(body);
            if let Some(opened) = opened {
                half.seq += 1;
                half.slack = 0;
                half.failures = 0;
                return Ok((opened, 0));
            }
        }
        let sealed = Sealed { header, body };
        if let Some(found) = self.open_elsewhere(dir, sealed, plain, work) {
            self.credit = TLS_TRIAL_BYTES;
            return Ok(found);
        }
        Err(self.why(dir, work.keys))
    }

    /// With later numbers, with the keys that follow, with any keys there are.
    pub(super) fn open_elsewhere(
        &mut self,
        dir: Dir,
        sealed: Sealed<'_>,
        plain: &mut Vec<u8>,
        work: &mut Work<'_, '_, '_>,
    ) -> Option<(Opened, u64)> {
        let half = &mut self.halves[dir];
        if half.hopeless == Some(work.keys.generation()) {
            return None;
        }
        let slack = half.slack;
        let protection = self.session.suite.and_then(CipherSuite::protection);
        if let Some(opener) = &half.opener {
            let probe = Probe::when(slack > PROBE_FROM, protection, half.secret.as_ref());
            let numbers = half.seq + 1..=half.seq + slack;
            if let Some((opened, seq)) = try_numbers(opener, probe.as_ref(), numbers, sealed, plain, &mut self.credit) {
                let lost = seq - half.seq;
                half.seq = seq + 1;
                half.slack = 0;
                half.failures = 0;
                return Some((opened, lost));
            }
        }
        let own = if half.opener.is_none() && half.epoch != Epoch::Plain { Some(half.epoch) } else { None };
        let updated = match half.epoch {
            Epoch::Application(updates) if half.secret.is_some() => Some(Epoch::Application(updates.saturating_add(1))),
            _ => None,
        };
        for epoch in own.into_iter().chain(updated).chain(half.epoch.followers().iter().copied()) {
            let Ok(keys) = self.keys_of(dir, epoch, work.keys) else { continue };
            let probe = Probe::when(slack > PROBE_FROM, protection, keys.secret.as_ref());
            let found = try_numbers(&keys.opener, probe.as_ref(), 0..=slack, sealed, plain, &mut self.credit);
            if let Some((opened, seq)) = found {
                self.take_up(dir, epoch, keys, seq + 1, sealed.body);
                return Some((opened, seq));
            }
        }
        self.guess(dir, sealed, plain, work)
    }

    /// These keys are in force, and `seq` is the next number.
    pub(super) fn take_up(&mut self, dir: Dir, epoch: Epoch, keys: EpochKeys, seq: u64, body: &[u8]) {
        let half = &mut self.halves[dir];
        // What is missing is missing with the new keys as well: the hole stays.
        half.enter(epoch);
        half.opener = Some(keys.opener);
        half.secret = keys.secret;
        half.seq = seq;
        // The first record with these keys: of what they protect nothing is missing, whatever was before.
        if seq == 1 && matches!(epoch, Epoch::Application(0) | Epoch::Legacy) {
            half.hole = Hole::default();
        }
        if let Some(opener) = &mut half.opener {
            opener.pass(body);
        }
    }

    /// The keys of `epoch`, as far as hellos and key log give them.
    fn keys_of(&self, dir: Dir, epoch: Epoch, keys: &Keys) -> Result<EpochKeys, Unreadable> {
        let session = &self.session;
        let suite = session.suite.ok_or(Unreadable::NoKeys)?;
        let protection = suite.protection().ok_or(Unreadable::UnknownSuite)?;
        let from_client = session.is_client(dir);
        let half = &self.halves[dir];
        if let (Epoch::Application(updates), Some(secret)) = (epoch, &half.secret)
            && updates > 0
        {
            let secret = next_secret(protection.hash, secret).ok_or(Unreadable::NoKeys)?;
            let opener = Opener::tls13(protection, &secret).ok_or(Unreadable::WrongKeys)?;
            return Ok(EpochKeys { opener, secret: Some(secret) });
        }
        let random = session.client_random.as_ref().ok_or(Unreadable::NoKeys)?;
        let secrets = keys.find(random).ok_or(Unreadable::NoKeys)?;
        if epoch == Epoch::Legacy {
            let agreed = Legacy {
                version: session.version.ok_or(Unreadable::NoKeys)?,
                protection,
                encrypt_then_mac: session.encrypt_then_mac,
                master: secrets.find(Label::Master).ok_or(Unreadable::NoKeys)?,
                client_random: random,
                server_random: session.server_random.as_ref().ok_or(Unreadable::NoKeys)?,
            };
            let opener = Opener::legacy(&agreed, from_client).ok_or(Unreadable::UnknownSuite)?;
            return Ok(EpochKeys { opener, secret: None });
        }
        let label = label_of(epoch, from_client).ok_or(Unreadable::NoKeys)?;
        let secret = secrets.find(label).ok_or(Unreadable::NoKeys)?.clone();
        let opener = Opener::tls13(protection, &secret).ok_or(Unreadable::WrongKeys)?;
        Ok(EpochKeys { opener, secret: Some(secret) })
    }

    /// Why the record in work cannot be read, once that is clear.
    fn why(&mut self, dir: Dir, keys: &Keys) -> Option<Unreadable> {
        let half = &self.halves[dir];
        if half.hopeless == Some(keys.generation()) {
            return None;
        }
        // Records that have keys in force, or could have, are worth some more tries.
        let epochs = [half.epoch].into_iter().chain(half.epoch.followers().iter().copied());
        let mut missing = Unreadable::NoKeys;
        let mut any = half.opener.is_some();
        for epoch in epochs {
            match self.keys_of(dir, epoch, keys) {
                Ok(_) => any = true,
                Err(why) => missing = why,
            }
        }
        let half = &mut self.halves[dir];
        half.failures += 1;
        let give_up = !any || half.failures >= TLS_FAILURES || self.credit == 0;
        if give_up {
            half.hopeless = Some(keys.generation());
            half.opener = None;
        }
        match (any, half.decrypted) {
            (false, _) => Some(missing),
            (true, true) => give_up.then_some(Unreadable::Lost),
            (true, false) => (give_up || half.failures >= 3).then_some(Unreadable::WrongKeys),
        }
    }
}

/// Tries numbers in order, as far as the credit goes.
pub(super) fn try_numbers(
    opener: &Opener,
    probe: Option<&Probe>,
    numbers: std::ops::RangeInclusive<u64>,
    sealed: Sealed<'_>,
    plain: &mut Vec<u8>,
    credit: &mut u64,
) -> Option<(Opened, u64)> {
    let try_cost = TRY_COST + sealed.body.len() as u64;
    for seq in numbers {
        let likely = probe.is_none_or(|probe| probe.is_likely(seq, sealed.body));
        let cost = if likely { try_cost } else { PROBE_COST };
        *credit = credit.checked_sub(cost).or_else(|| {
            *credit = 0;
            None
        })?;
        if likely && let Some(opened) = opener.open(seq, sealed.header, sealed.body, plain) {
            return Some((opened, seq));
        }
    }
    None
}

pub(super) fn label_of(epoch: Epoch, from_client: bool) -> Option<Label> {
    Some(match (epoch, from_client) {
        (Epoch::Early, true) => Label::ClientEarly,
        (Epoch::Handshake, true) => Label::ClientHandshake,
        (Epoch::Handshake, false) => Label::ServerHandshake,
        (Epoch::Application(0), true) => Label::ClientApplication,
        (Epoch::Application(0), false) => Label::ServerApplication,
        _ => return None,
    })
}
