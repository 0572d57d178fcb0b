//! TLS below a connection.

use serde::Serialize;

use super::Context;
use super::traffic::BySide;
use super::values::Text;
use crate::event::Mark;
use crate::event::tls::CertificateSeen;
use crate::packet::PacketRef;
use crate::record::{AlertSeen, Record, Side, TlsFacts};
use crate::time::Timestamp;

/// TLS below a connection.
#[derive(Serialize)]
pub struct TlsView<'a> {
    /// `TLS 1.3` …; the number in hexadecimal where it has no name.
    pub version: Option<String>,
    /// The cipher suite's name in the registry, or its number in hexadecimal.
    pub cipher: Option<String>,
    /// The name that the client wanted.
    pub sni: Option<&'a str>,
    /// The application protocol agreed on.
    pub alpn: Option<&'a str>,
    /// Application protocols that the client offered.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    pub alpn_offered: &'a [Box<str>],
    /// Its records were read with keys.
    pub decrypted: bool,
    /// Why records of a side could not be read: `no-keys`, `wrong-keys`, `unknown-suite`, `lost`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<BySide<Option<&'static str>>>,
    /// An earlier session was resumed.
    pub resumed: bool,
    /// Alerts that could be read.
    pub alerts: Vec<AlertView<'a>>,
    /// When each side said that it would send no more; null where it did not, or nobody could read it.
    pub close_notify: BySide<Option<Text<Timestamp>>>,
    /// The server's certificate, where it was in the clear or could be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub certificate: Option<CertificateView<'a>>,
}

/// An alert.
#[derive(Serialize)]
pub struct AlertView<'a> {
    /// `client` or `server`.
    pub from: &'static str,
    /// `warning` or `fatal`.
    pub level: &'static str,
    /// Its number.
    pub code: u8,
    /// Its name.
    pub description: Option<&'static str>,
    /// It was encrypted.
    pub encrypted: bool,
    /// When.
    pub at: Text<Timestamp>,
    /// The packet.
    pub packet: u64,
    /// Its file, where it is another than the connection's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
}

/// A certificate.
#[derive(Serialize)]
pub struct CertificateView<'a> {
    /// Its subject's common name.
    pub subject: Option<&'a str>,
    /// Its issuer's common name.
    pub issuer: Option<&'a str>,
    /// Host names and addresses it is for.
    pub names: &'a [Box<str>],
    /// Start of its validity.
    pub not_before: Option<Text<Timestamp>>,
    /// End of its validity.
    pub not_after: Option<Text<Timestamp>>,
    /// Subject and issuer are the same.
    pub self_signed: bool,
}

impl<'a> TlsView<'a> {
    pub(super) fn new(tls: &'a TlsFacts, record: &'a Record, home: PacketRef, context: Context<'a>) -> Self {
        let number = |number: u16| format!("0x{number:04x}");
        let unreadable = BySide::new(|side| tls.unreadable[record.dir(side)].map(|why| why.id()));
        let any = Side::BOTH.iter().any(|side| tls.unreadable[record.dir(*side)].is_some());
        let time = |mark: Option<Mark>| mark.map(|mark| Text(mark.at));
        Self {
            version: tls.version.map(|version| version.name().map_or_else(|| number(version.0), str::to_owned)),
            cipher: tls.suite.map(|suite| suite.name().map_or_else(|| number(suite.0), str::to_owned)),
            sni: tls.server_name(),
            alpn: tls.alpn.as_deref(),
            alpn_offered: tls.offered.as_ref().map_or(&[], |offered| offered.alpn.as_slice()),
            decrypted: tls.is_decrypted(),
            unreadable: any.then_some(unreadable),
            resumed: tls.resumed,
            alerts: tls.alerts.iter().map(|seen| AlertView::new(seen, record, home, context)).collect(),
            close_notify: BySide::new(|side| time(tls.close_notify[record.dir(side)])),
            certificate: tls.certificate.as_deref().map(CertificateView::new),
        }
    }
}

impl<'a> AlertView<'a> {
    fn new(seen: &AlertSeen, record: &Record, home: PacketRef, context: Context<'a>) -> Self {
        Self {
            from: record.side_of(seen.dir).id(),
            level: seen.alert.level.name(),
            code: seen.alert.description.0,
            description: seen.alert.description.name(),
            encrypted: seen.protected,
            at: Text(seen.mark.at),
            packet: seen.mark.packet.number(),
            file: context.places.other_file(seen.mark.packet, home),
        }
    }
}

impl<'a> CertificateView<'a> {
    fn new(certificate: &'a CertificateSeen) -> Self {
        let time = |seconds: Option<i64>| seconds.map(|seconds| Text(Timestamp::new(seconds, 0)));
        Self {
            subject: certificate.subject.as_deref(),
            issuer: certificate.issuer.as_deref(),
            names: &certificate.names,
            not_before: time(certificate.not_before),
            not_after: time(certificate.not_after),
            self_signed: certificate.self_signed,
        }
    }
}
