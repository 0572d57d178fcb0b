//! What the TLS layer shows.

/// Something seen of TLS.
#[derive(Clone, PartialEq, Debug)]
pub enum TlsEvent {}
