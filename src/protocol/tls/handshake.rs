//! Handshake messages: what they say, and which keys they put in force.

use super::half::Epoch;
use super::schedule::next_secret;
use super::session::text;
use super::{Tls, Work};
use crate::event::tls::{CertificateSeen, Chosen, Offered, TlsEvent};
use crate::packet::Dir;
use crate::wire::tls::{
    HandshakeType, Version, parse_alpn_chosen, parse_client_hello, parse_first_certificate, parse_has_early_data,
    parse_server_hello,
};
use crate::wire::x509::{AltName, Certificate, parse_certificate};

/// Names of a certificate that are kept: big sites put hundreds into one.
const NAMES_KEPT: usize = 16;

impl Tls {
    /// Handshake bytes of one direction, in the clear or out of a protected record.
    pub(super) fn take_messages(&mut self, dir: Dir, bytes: &[u8], protected: bool, work: &mut Work<'_, '_, '_>) {
        let mut messages = self.halves[dir].messages(bytes);
        while let Some((kind, body)) = messages.next() {
            self.take_message(dir, kind, body, protected, work);
        }
        self.halves[dir].keep_messages(messages);
    }

    fn take_message(
        &mut self,
        dir: Dir,
        kind: HandshakeType,
        body: &[u8],
        protected: bool,
        work: &mut Work<'_, '_, '_>,
    ) {
        let tls13 = self.session.version == Some(Version::TLS_1_3);
        match kind {
            HandshakeType::CLIENT_HELLO => self.client_hello(dir, body, protected, work),
            HandshakeType::SERVER_HELLO => self.server_hello(dir, body, protected, work),
            HandshakeType::ENCRYPTED_EXTENSIONS if protected => {
                if let Some(alpn) = parse_alpn_chosen(body) {
                    work.events.tls(dir, TlsEvent::Alpn(text(alpn)));
                }
                self.decide_early_data(parse_has_early_data(body));
            }
            HandshakeType::CERTIFICATE => {
                let version = self.session.version.unwrap_or(Version::TLS_1_2);
                if let Ok((_, der)) = parse_first_certificate(body, version)
                    && let Ok((_, certificate)) = parse_certificate(der)
                {
                    work.events.tls(dir, TlsEvent::Certificate(Box::new(seen(&certificate))));
                }
            }
            HandshakeType::END_OF_EARLY_DATA if protected => self.halves[dir].enter(Epoch::Handshake),
            HandshakeType::FINISHED if protected => {
                work.events.tls(dir, TlsEvent::Finished);
                if tls13 {
                    self.halves[dir].enter(Epoch::Application(0));
                }
            }
            HandshakeType::KEY_UPDATE if protected && tls13 => self.key_update(dir),
            _ => {}
        }
    }

    fn client_hello(&mut self, dir: Dir, body: &[u8], protected: bool, work: &mut Work<'_, '_, '_>) {
        let Ok((_, hello)) = parse_client_hello(body) else { return };
        let session = &mut self.session;
        let again = session.client_random == Some(hello.random);
        session.client = Some(dir);
        session.client_random = Some(hello.random);
        session.session_id = hello.session_id.to_vec();
        session.offers_h2 = hello.alpn.contains(&&b"h2"[..]);
        // RFC 8446 §4.2.10: no early data after a HelloRetryRequest.
        if hello.early_data && !session.retried && !protected {
            self.halves[dir].enter(Epoch::Early);
        }
        if protected || again {
            return;
        }
        let offered = Offered {
            version: Some(hello.version()),
            server_name: hello.server_name.map(text),
            alpn: hello.alpn.iter().take(8).map(|name| text(name)).collect(),
            suites: hello.suites.iter().filter(|suite| !Version(suite.0).is_grease()).count(),
            encrypted: hello.encrypted,
        };
        work.events.tls(dir, TlsEvent::ClientHello(Box::new(offered)));
    }

    fn server_hello(&mut self, dir: Dir, body: &[u8], protected: bool, work: &mut Work<'_, '_, '_>) {
        let Ok((_, hello)) = parse_server_hello(body) else { return };
        let client = dir.opposite();
        let session = &mut self.session;
        session.client.get_or_insert(client);
        self.retry = true;
        if hello.retry {
            session.retried = true;
            work.events.tls(dir, TlsEvent::RetryRequested);
            self.decide_early_data(false);
            self.halves[client].enter(Epoch::Plain);
            return;
        }
        session.version = Some(hello.version);
        session.suite = Some(hello.suite);
        session.server_random = Some(hello.random);
        session.encrypt_then_mac = hello.encrypt_then_mac;
        let same_id = !hello.session_id.is_empty() && hello.session_id == session.session_id;
        let tls13 = hello.version >= Version::TLS_1_3;
        let resumed = if tls13 { hello.pre_shared_key } else { same_id };
        if !protected {
            let chosen = Chosen { version: hello.version, suite: hello.suite, resumed, inferred: false };
            work.events.tls(dir, TlsEvent::ServerHello(chosen));
            if let Some(alpn) = hello.alpn {
                work.events.tls(dir, TlsEvent::Alpn(text(alpn)));
            }
        }
        if tls13 {
            self.halves[dir].enter(Epoch::Handshake);
            if self.halves[client].epoch == Epoch::Plain {
                self.halves[client].enter(Epoch::Handshake);
            } else if !hello.pre_shared_key {
                // RFC 8446 §4.2.10: without the PSK there is no early data.
                self.decide_early_data(false);
            }
        }
    }

    fn decide_early_data(&mut self, accepted: bool) {
        let Some(client) = self.session.client else { return };
        if self.halves[client].epoch == Epoch::Early && self.session.early_accepted.is_none() {
            self.session.early_accepted = Some(accepted);
            self.retry = true;
            if !accepted {
                self.halves[client].enter(Epoch::Handshake);
            }
        }
    }

    /// RFC 8446 §4.6.3: the sender's next record has the next keys.
    fn key_update(&mut self, dir: Dir) {
        let Some(protection) = self.session.suite.and_then(|suite| suite.protection()) else { return };
        let half = &mut self.halves[dir];
        let Epoch::Application(updates) = half.epoch else { return };
        let next = half.secret.as_ref().and_then(|secret| next_secret(protection.hash, secret));
        half.enter(Epoch::Application(updates.saturating_add(1)));
        half.opener = next.as_ref().and_then(|secret| super::opener::Opener::tls13(protection, secret));
        half.secret = next;
    }
}

/// What is kept of a certificate.
fn seen(certificate: &Certificate<'_>) -> CertificateSeen {
    let name = |name: &AltName<'_>| match name {
        AltName::Dns(name) => Some(text(name)),
        AltName::Ip(address) => {
            let v4 = <[u8; 4]>::try_from(*address).map(std::net::IpAddr::from);
            let v6 = <[u8; 16]>::try_from(*address).map(std::net::IpAddr::from);
            v4.or(v6).ok().map(|address| address.to_string().into())
        }
    };
    CertificateSeen {
        subject: certificate.subject.map(text),
        issuer: certificate.issuer.map(text),
        names: certificate.names.iter().filter_map(name).take(NAMES_KEPT).collect(),
        not_before: certificate.not_before,
        not_after: certificate.not_after,
        self_signed: certificate.self_issued,
    }
}
