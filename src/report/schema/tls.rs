//! TLS below the WebSocket.

use serde::Serialize;

use super::traffic::BySide;
use super::values::Name;
use crate::record::{AlertSeen, Record, Side, TlsFacts};

/// What TLS below the WebSocket showed.
#[derive(Serialize)]
pub struct TlsView<'a> {
    /// Version agreed on: its name, or its number where it has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<Name>,
    /// Cipher suite agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cipher: Option<Name>,
    /// The name that the client wanted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sni: Option<&'a str>,
    /// Application protocol agreed on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpn: Option<&'a str>,
    /// Records were read with keys.
    pub decrypted: bool,
    /// Why they were not, or not to their end: `no-keys`, `wrong-keys`, `unknown-suite` or `lost`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unreadable: Option<&'static str>,
    /// Alerts that could be read, in order.
    pub alerts: Vec<AlertView>,
    /// Which side sent close_notify; where records cannot be read, null is not known.
    pub close_notify: BySide<Option<bool>>,
}

/// A TLS alert.
#[derive(Serialize)]
pub struct AlertView {
    /// `client` or `server`.
    pub from: &'static str,
    /// `warning` or `fatal`.
    pub level: &'static str,
    /// Its name, or its number where it has none.
    pub description: Name,
    /// In which packet.
    pub packet: u64,
}

impl<'a> TlsView<'a> {
    pub(super) fn new(tls: &'a TlsFacts, record: &Record) -> Self {
        Self {
            version: tls.version.map(|version| Name(version.name(), version.0)),
            cipher: tls.suite.map(|suite| Name(suite.name(), suite.0)),
            sni: tls.server_name(),
            alpn: tls.alpn.as_deref(),
            decrypted: tls.is_decrypted(),
            unreadable: tls.unreadable.0.iter().flatten().next().map(|why| why.id()),
            alerts: tls.alerts.iter().map(|seen| AlertView::new(seen, record)).collect(),
            close_notify: BySide::new(|side| close_notify(tls, record, side)),
        }
    }
}

/// None where it may stand among the records that could not be read.
fn close_notify(tls: &TlsFacts, record: &Record, side: Side) -> Option<bool> {
    let dir = record.dir(side);
    (tls.close_notify[dir].is_some() || tls.decrypted[dir]).then_some(tls.close_notify[dir].is_some())
}

impl AlertView {
    fn new(seen: &AlertSeen, record: &Record) -> Self {
        Self {
            from: record.side_of(seen.dir).id(),
            level: seen.alert.level.name(),
            description: Name(seen.alert.description.name(), seen.alert.description.0.into()),
            packet: seen.mark.packet.number(),
        }
    }
}
