//! Which keys and which number open a record, where the ones expected do not: after losses, with keys that came late, in
//! a connection whose beginning was not captured. What that may cost is bounded.

use super::half::{Epoch, Hole, Reading};
use super::keys::{ClientRandom, Keys, Label, Secret, Secrets};
use super::opener::{Legacy, Opened, Opener};
use super::probe::Probe;
use super::schedule::next_secret;
use super::{Tls, Work};
use crate::event::tls::{Chosen, TlsEvent, Unreadable};
use crate::limits::{TLS_FAILURES, TLS_LOST_RECORDS, TLS_MIDSTREAM_RECORDS, TLS_TRIAL_BYTES};
use crate::packet::Dir;
use crate::wire::tls::{
    Aead, Bulk, CipherSuite, ContentType, Protection, RECORD_HEADER_BYTES, RecordHeader, Version, may_be_record,
    parse_record_header,
};

/// From this many numbers on it pays to look at one AES block before trying the whole record.
const PROBE_FROM: u64 = 4;
/// What looking at one block counts for, in bytes tried.
const PROBE_COST: u64 = 64;
/// What a try counts for besides the record's length.
const TRY_COST: u64 = 2048;
/// Sequence numbers tried in mid-stream with ChaCha20-Poly1305, which has no quick look.
const CHACHA_RECORDS: u64 = 256;

/// The record that is to be opened.
#[derive(Clone, Copy)]
pub(super) struct Sealed<'b> {
    pub header: RecordHeader,
    pub body: &'b [u8],
}

/// Keys of one epoch.
struct EpochKeys {
    opener: Opener,
    secret: Option<Secret>,
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
        work: &mut Work<'_, '_>,
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
    fn open_elsewhere(
        &mut self,
        dir: Dir,
        sealed: Sealed<'_>,
        plain: &mut Vec<u8>,
        work: &mut Work<'_, '_>,
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
    fn take_up(&mut self, dir: Dir, epoch: Epoch, keys: EpochKeys, seq: u64, body: &[u8]) {
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

    /// The hellos were not captured: any TLS 1.3 connection of the key log may be this one (RFC 8446 §7.1: its secrets
    /// are enough). TLS 1.2 needs the server's random, which is in the ServerHello only.
    fn guess(
        &mut self,
        dir: Dir,
        sealed: Sealed<'_>,
        plain: &mut Vec<u8>,
        work: &mut Work<'_, '_>,
    ) -> Option<(Opened, u64)> {
        let Self { session, halves, credit, .. } = self;
        let plausible = sealed.header.content_type == ContentType::APPLICATION_DATA
            && sealed.header.version == Version::TLS_1_2
            && halves[dir].epoch == Epoch::Plain;
        if session.version.is_some() || !plausible {
            return None;
        }
        let known = session.client_random.as_ref().map(|random| (random, work.keys.find(random)));
        let from_client: &[bool] = match session.client {
            Some(client) if client == dir => &[true],
            Some(_) => &[false],
            None => &[true, false],
        };
        let mut found = None;
        'all: for (suite, numbers) in
            [(0x1301, TLS_MIDSTREAM_RECORDS), (0x1302, TLS_MIDSTREAM_RECORDS), (0x1303, CHACHA_RECORDS)]
        {
            let suite = CipherSuite(suite);
            let Some(protection) = suite.protection() else { continue };
            let one = known.into_iter().filter_map(|(random, secrets)| Some((random, secrets?)));
            let all = work.keys.newest_first().filter(|_| known.is_none());
            for (random, secrets) in one.chain(all) {
                for from_client in from_client {
                    let Some(keys) = application_keys(secrets, *from_client, protection) else { continue };
                    let probe = Probe::when(true, Some(protection), keys.secret.as_ref());
                    let tried = try_numbers(&keys.opener, probe.as_ref(), 0..=numbers, sealed, plain, credit);
                    if let Some((opened, seq)) = tried {
                        found = Some((*random, *from_client, suite, keys, opened, seq));
                        break 'all;
                    }
                }
            }
        }
        let (random, from_client, suite, keys, opened, seq) = found?;
        self.know(dir, from_client, random, suite, work);
        self.take_up(dir, Epoch::Application(0), keys, seq + 1, sealed.body);
        Some((opened, seq))
    }

    /// A record has proved which connection of the key log this is.
    fn know(&mut self, dir: Dir, from_client: bool, random: ClientRandom, suite: CipherSuite, work: &mut Work<'_, '_>) {
        let session = &mut self.session;
        session.client = Some(if from_client { dir } else { dir.opposite() });
        session.client_random = Some(random);
        session.version = Some(Version::TLS_1_3);
        session.suite = Some(suite);
        self.halves[dir].hole.unknown = true;
        let other = &mut self.halves[dir.opposite()];
        if other.epoch == Epoch::Plain {
            other.enter(Epoch::Application(0));
            other.slack = TLS_LOST_RECORDS;
            other.hole.unknown = true;
        }
        let chosen = Chosen { version: Version::TLS_1_3, suite, resumed: false, inferred: true };
        let server = if from_client { dir.opposite() } else { dir };
        work.events.tls(server, TlsEvent::ServerHello(chosen));
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

    /// Looks for the next record boundary after a hole: a header that is plausible, and a record that authenticates;
    /// without keys, a header that follows where the record ends.
    pub(super) fn search<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_>) -> &'b [u8] {
        let mut window = std::mem::take(&mut self.halves[dir].pending);
        window.extend_from_slice(bytes);
        let mut at = 0;
        let mut passed = 0;
        while let Some(candidate) = window.get(at..).filter(|candidate| !candidate.is_empty()) {
            if !self.may_continue(dir, candidate) {
                at += 1;
                continue;
            }
            let Ok((rest, header)) = parse_record_header(candidate) else { break };
            let body = rest.get(..header.body_len());
            if self.needs_keys(dir, header, work) {
                // Only a whole record can authenticate.
                let Some(body) = body else { break };
                self.halves[dir].miss_bytes((at - passed) as u64);
                passed = at;
                let mut plain = work.workspace.take_plain();
                let found = self.open_found(dir, Sealed { header, body }, &mut plain, work);
                work.workspace.put_plain(plain);
                if !found {
                    at += 1;
                    continue;
                }
                self.halves[dir].reading = Reading::Records;
                at += RECORD_HEADER_BYTES + body.len();
            } else if body.is_some_and(|body| !may_be_record(rest.get(body.len()..).unwrap_or_default())) {
                at += 1;
                continue;
            } else {
                self.halves[dir].miss_bytes((at - passed) as u64);
                self.halves[dir].reading = Reading::Records;
            }
            let after = window.split_off(at);
            self.read(dir, &after, work);
            return &[];
        }
        self.halves[dir].miss_bytes((at - passed) as u64);
        window.drain(..at.min(window.len()));
        self.halves[dir].pending = window;
        &[]
    }

    /// Opens a record whose place was guessed; nothing is held against the keys where it does not open.
    fn open_found(&mut self, dir: Dir, sealed: Sealed<'_>, plain: &mut Vec<u8>, work: &mut Work<'_, '_>) -> bool {
        let half = &self.halves[dir];
        let first = half.opener.as_ref().and_then(|opener| opener.open(half.seq, sealed.header, sealed.body, plain));
        let found = match first {
            Some(opened) => {
                let half = &mut self.halves[dir];
                half.seq += 1;
                half.slack = 0;
                Some((opened, 0))
            }
            None => self.open_elsewhere(dir, sealed, plain, work),
        };
        let Some((opened, lost)) = found else { return false };
        if let Some(opener) = &mut self.halves[dir].opener {
            opener.pass(sealed.body);
        }
        self.halves[dir].started = true;
        self.take_opened(dir, opened, lost, plain, work);
        true
    }

    /// A record that may stand here, after a hole.
    fn may_continue(&self, dir: Dir, candidate: &[u8]) -> bool {
        let kinds = match (self.halves[dir].epoch, self.session.version) {
            (Epoch::Plain, _) | (_, None) => 20..=23,
            (Epoch::Legacy, _) => 21..=23,
            // RFC 8446 §5.2: all of TLS 1.3 that is protected looks like application data.
            _ => 23..=23,
        };
        let kind = candidate.first().is_some_and(|kind| kinds.contains(kind));
        kind && may_be_record(candidate) && candidate.get(2).is_none_or(|minor| *minor <= 3)
    }

    /// Whether that record can be verified, or must be taken on trust.
    fn needs_keys(&self, dir: Dir, header: RecordHeader, work: &Work<'_, '_>) -> bool {
        let half = &self.halves[dir];
        let sealed = half.epoch != Epoch::Plain || header.content_type == ContentType::APPLICATION_DATA;
        sealed && self.credit > 0 && self.wants(dir, header, work.keys) && !work.keys.is_empty()
    }
}

/// Tries numbers in order, as far as the credit goes.
fn try_numbers(
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

fn application_keys(secrets: &Secrets, from_client: bool, protection: Protection) -> Option<EpochKeys> {
    let secret = secrets.find(label_of(Epoch::Application(0), from_client)?)?.clone();
    let opener = Opener::tls13(protection, &secret)?;
    Some(EpochKeys { opener, secret: Some(secret) })
}

fn label_of(epoch: Epoch, from_client: bool) -> Option<Label> {
    Some(match (epoch, from_client) {
        (Epoch::Early, true) => Label::ClientEarly,
        (Epoch::Handshake, true) => Label::ClientHandshake,
        (Epoch::Handshake, false) => Label::ServerHandshake,
        (Epoch::Application(0), true) => Label::ClientApplication,
        (Epoch::Application(0), false) => Label::ServerApplication,
        _ => return None,
    })
}

/// The AES-GCM of a suite, for [`Probe`].
pub(super) fn gcm_key_len(protection: Protection) -> Option<usize> {
    match protection.bulk {
        Bulk::Aead(aead @ (Aead::Aes128Gcm | Aead::Aes256Gcm)) => Some(aead.key_len()),
        _ => None,
    }
}
