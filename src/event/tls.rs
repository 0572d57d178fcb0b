//! What the TLS layer shows: hellos, alerts, certificates, and whether its records could be read.
//!
//! Names are bounded; they are the network's, and made safe only where they are printed.

use crate::wire::tls::{Alert, CipherSuite, Version};

/// Something seen of TLS.
#[derive(Clone, PartialEq, Debug)]
pub enum TlsEvent {
    /// The client's offer.
    ClientHello(Box<Offered>),
    /// The server's choice.
    ServerHello(Chosen),
    /// The server asked for another ClientHello.
    RetryRequested,
    /// The application protocol agreed on.
    Alpn(Box<str>),
    /// The sender's own certificate.
    Certificate(Box<CertificateSeen>),
    /// The sender's part of the handshake is complete.
    Finished,
    /// An alert that could be read.
    Alert {
        /// What it says.
        alert: Alert,
        /// It was encrypted: keys were needed to read it.
        protected: bool,
    },
    /// An alert record that could not be read.
    SealedAlert,
    /// From here on this direction's records are read with keys.
    Decrypted,
    /// This direction's records cannot be read, or not any more.
    Unreadable(Unreadable),
    /// TLS was asked for, and something else answered: its first line.
    PlainAnswer(Box<str>),
    /// The records of a connection that could not be read, seen from outside.
    Shape(Box<OpaqueFacts>),
}

/// What a client offers.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Offered {
    /// The highest version.
    pub version: Option<Version>,
    /// The name it wants (SNI).
    pub server_name: Option<Box<str>>,
    /// Application protocols, in order.
    pub alpn: Vec<Box<str>>,
    /// How many cipher suites.
    pub suites: usize,
    /// The true offer is encrypted inside (ECH): name and protocols are those of its cover.
    pub encrypted: bool,
}

/// What a server chose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// The version.
    pub version: Version,
    /// The cipher suite.
    pub suite: CipherSuite,
    /// An earlier session goes on, as far as the hellos tell.
    pub resumed: bool,
    /// Not seen but proved: records authenticate with keys of this version and suite.
    pub inferred: bool,
}

/// Why records cannot be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unreadable {
    /// There are no keys for this connection.
    NoKeys,
    /// There are keys, and no record authenticates with them.
    WrongKeys,
    /// The cipher suite is not known here.
    UnknownSuite,
    /// They could be read until too many were missing.
    Lost,
}

impl Unreadable {
    /// Stable id, as published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::NoKeys => "no-keys",
            Self::WrongKeys => "wrong-keys",
            Self::UnknownSuite => "unknown-suite",
            Self::Lost => "lost",
        }
    }
}

/// A certificate, as far as it helps to say what is wrong with it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CertificateSeen {
    /// Its subject's common name.
    pub subject: Option<Box<str>>,
    /// Its issuer's common name.
    pub issuer: Option<Box<str>>,
    /// The host names it is for, bounded.
    pub names: Vec<Box<str>>,
    /// Start of its validity, in seconds since 1970.
    pub not_before: Option<i64>,
    /// End of its validity, in seconds since 1970.
    pub not_after: Option<i64>,
    /// Subject and issuer are the same.
    pub self_signed: bool,
}

/// Records that could not be read, seen from outside.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OpaqueFacts {}
