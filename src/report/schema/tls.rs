//! TLS below a connection.

use super::Context;
use super::traffic::BySide;
use crate::event::tls::CertificateSeen;
use crate::record::{AlertSeen, Record, Side, TlsFacts};
use crate::report::encode::{Encode, Encoded, List, Word, object};
use crate::time::Timestamp;

/// TLS below a connection.
pub(super) struct TlsView<'a> {
    pub tls: &'a TlsFacts,
    pub record: &'a Record,
    pub context: Context<'a>,
}

impl Encode for TlsView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { tls, record, context } = self;
        let unreadable = |side| tls.unreadable[record.dir(side)].map(|why| Word(why.id()));
        let offered = tls.offered.as_ref().map(|offered| &offered.alpn).filter(|alpn| !alpn.is_empty());
        let any = Side::BOTH.iter().any(|side| tls.unreadable[record.dir(*side)].is_some());
        object!(json, {
            // `TLS 1.3` …; the number in hexadecimal where it has no name.
            version: tls.version.map(|version| Named(version.name(), version.0)),
            // The cipher suite's name in the registry, or its number in hexadecimal.
            cipher: tls.suite.map(|suite| Named(suite.name(), suite.0)),
            // The name that the client wanted.
            sni: tls.server_name(),
            // The application protocol agreed on.
            alpn: tls.alpn.as_deref(),
            // Application protocols that the client offered.
            alpn_offered?: offered.map(|alpn| names(alpn)),
            // Its records were read with keys.
            decrypted: tls.is_decrypted(),
            // Why records of a side could not be read: `no-keys`, `wrong-keys`, `unknown-suite`, `lost`.
            unreadable?: any.then_some(BySide(unreadable)),
            // An earlier session was resumed.
            resumed: tls.resumed,
            // Alerts that could be read.
            alerts: List(tls.alerts.iter().map(|seen| AlertView { seen, record, context })),
            // When each side said that it would send no more; null where it did not, or nobody could read it.
            close_notify: BySide(|side| tls.close_notify[record.dir(side)].map(|mark| mark.at)),
            // The server's certificate, where it was in the clear or could be read.
            certificate?: tls.certificate.as_deref(),
        });
    }
}

/// A name; where it has none, the number in hexadecimal.
struct Named(Option<&'static str>, u16);

impl Encode for Named {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        match self {
            Self(Some(name), _) => name.encode(json),
            Self(None, number) => format!("0x{number:04x}").as_str().encode(json),
        }
    }
}

/// An alert.
struct AlertView<'a> {
    seen: &'a AlertSeen,
    record: &'a Record,
    context: Context<'a>,
}

impl Encode for AlertView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { seen, record, context } = self;
        object!(json, {
            // `client` or `server`.
            from: Word(record.side_of(seen.dir).id()),
            // `warning` or `fatal`.
            level: Word(seen.alert.level.name()),
            // Its number.
            code: seen.alert.description.0,
            // Its name.
            description: seen.alert.description.name(),
            // It was encrypted.
            encrypted: seen.protected,
            // When.
            at: seen.mark.at,
            // The packet.
            packet: seen.mark.packet.number(),
            // Its file, where it is another than the connection's.
            file?: context.places.other_file_json(seen.mark.packet, record.first.packet),
        });
    }
}

/// A certificate.
impl Encode for &CertificateSeen {
    fn encode(self, json: &mut Encoded) {
        let time = |seconds: Option<i64>| seconds.map(|seconds| Timestamp::new(seconds, 0));
        object!(json, {
            // Its subject's common name.
            subject: self.subject.as_deref(),
            // Its issuer's common name.
            issuer: self.issuer.as_deref(),
            // Host names and addresses it is for.
            names: names(&self.names),
            // Start of its validity.
            not_before: time(self.not_before),
            // End of its validity.
            not_after: time(self.not_after),
            // Subject and issuer are the same.
            self_signed: self.self_signed,
        });
    }
}

fn names(names: &[Box<str>]) -> impl Encode {
    List(names.iter().map(|name| &**name))
}
