//! What both sides agreed on, as far as it was seen.

use super::keys::ClientRandom;
use crate::limits::TLS_NAME_BYTES;
use crate::packet::Dir;
use crate::wire::tls::{CipherSuite, Version};

/// What both sides agreed on.
#[derive(Default, Debug)]
pub(super) struct Session {
    /// Direction of the ClientHello.
    pub client: Option<Dir>,
    pub client_random: Option<ClientRandom>,
    pub server_random: Option<[u8; 32]>,
    /// Agreed on, not offered.
    pub version: Option<Version>,
    pub suite: Option<CipherSuite>,
    pub encrypt_then_mac: bool,
    /// What the client offered as its session.
    pub session_id: Vec<u8>,
    /// The server took the early data, or did not; None while that is open.
    pub early_accepted: Option<bool>,
    /// The client offered HTTP/2.
    pub offers_h2: bool,
    /// A HelloRetryRequest was seen.
    pub retried: bool,
    /// Of the key log that was looked at last.
    pub generation: u64,
}

impl Session {
    /// The client sends in direction `dir`.
    pub(super) fn is_client(&self, dir: Dir) -> bool {
        self.client == Some(dir)
    }
}

/// Network text, bounded; invalid bytes as U+FFFD.
pub(super) fn text(bytes: &[u8]) -> Box<str> {
    String::from_utf8_lossy(bytes.get(..bytes.len().min(TLS_NAME_BYTES)).unwrap_or_default()).into()
}
