//! What the TLS layer shows: hellos, alerts, certificates, and whether its records could be read.
//!
//! Names are bounded; they are the network's, and made safe only where they are printed.

use crate::packet::{ByDir, Dir, PacketRef};
use crate::time::Timestamp;
use crate::wire::tls::{Alert, CipherSuite, ContentType, Version};

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
    /// encrypted_client_hello is there: the true offer may be inside, name and protocols those of its cover. Browsers send
    /// it empty-handed as well (RFC 9849 §6.2).
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

/// A protected record that could not be read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SealedRecord {
    /// When it was complete, or its header was.
    pub at: Timestamp,
    /// Where.
    pub packet: PacketRef,
    /// Direction it travelled.
    pub dir: Dir,
    /// What its header says it holds.
    pub content_type: ContentType,
    /// Length of its body.
    pub len: u16,
}

/// The records of one direction, counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct SealedCounts {
    /// Records.
    pub records: u64,
    /// Bytes of their bodies.
    pub bytes: u64,
}

/// Records that could not be read, seen from outside.
#[derive(Clone, PartialEq, Debug)]
pub struct OpaqueFacts {
    /// Direction of the ClientHello.
    pub client: Dir,
    /// The version agreed on.
    pub version: Version,
    /// The suite agreed on.
    pub suite: CipherSuite,
    /// encrypt_then_mac is in force.
    pub encrypt_then_mac: bool,
    /// The client offered HTTP/2.
    pub offers_h2: bool,
    /// The first records of each direction.
    pub first: ByDir<Vec<SealedRecord>>,
    /// The last records of both, in order of their arrival.
    pub last: Vec<SealedRecord>,
    /// All of each direction.
    pub counts: ByDir<SealedCounts>,
    /// Turns of the client that began with a record too short for a request, with no request between them: at most so
    /// many.
    pub small_turns: u32,
    /// Pairs of records, one an answer to the other, the client's longer by the 4 bytes of a masking key.
    pub masked_pairs: u32,
    /// Records of the client that are too short for a masked frame, the last one left out: it may be an alert.
    pub too_short: u32,
    /// Records are missing from the capture.
    pub holed: bool,
}

impl OpaqueFacts {
    /// How long the content of `record` is; None where the suite is not known, or the record impossible.
    pub fn content_len(&self, record: &SealedRecord) -> Option<std::ops::RangeInclusive<usize>> {
        let protection = self.suite.protection()?;
        protection.content_len(self.version, self.encrypt_then_mac, usize::from(record.len))
    }
}
