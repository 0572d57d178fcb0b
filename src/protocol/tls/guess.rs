//! A connection whose hellos were not captured: which one of the key log it is.

use super::half::Epoch;
use super::keys::{ClientRandom, Secrets};
use super::opener::{Opened, Opener};
use super::probe::Probe;
use super::unlock::{EpochKeys, Sealed, label_of, try_numbers};
use super::{Tls, Work};
use crate::event::tls::{Chosen, TlsEvent};
use crate::limits::{TLS_LOST_RECORDS, TLS_MIDSTREAM_RECORDS};
use crate::packet::Dir;
use crate::wire::tls::{CipherSuite, ContentType, Protection, Version};

/// Sequence numbers tried with ChaCha20-Poly1305, which has no quick look.
const CHACHA_RECORDS: u64 = 256;

impl Tls {
    /// The hellos were not captured: any TLS 1.3 connection of the key log may be this one (RFC 8446 §7.1: its secrets
    /// are enough). TLS 1.2 needs the server's random, which is in the ServerHello only.
    pub(super) fn guess(
        &mut self,
        dir: Dir,
        sealed: Sealed<'_>,
        plain: &mut Vec<u8>,
        work: &mut Work<'_, '_, '_>,
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
    fn know(
        &mut self,
        dir: Dir,
        from_client: bool,
        random: ClientRandom,
        suite: CipherSuite,
        work: &mut Work<'_, '_, '_>,
    ) {
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
}

fn application_keys(secrets: &Secrets, from_client: bool, protection: Protection) -> Option<EpochKeys> {
    let secret = secrets.find(label_of(Epoch::Application(0), from_client)?)?.clone();
    let opener = Opener::tls13(protection, &secret)?;
    Some(EpochKeys { opener, secret: Some(secret) })
}
