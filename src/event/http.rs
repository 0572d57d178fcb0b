//! What an HTTP handshake shows: the upgrade asked for, and the answer.
//!
//! Texts are bounded and not yet redacted; secrets leave here only through `record`, which redacts them. What many
//! connections have in common is shared among them ([`Events::share`](super::Events::share)).

use std::sync::Arc;

/// Something seen of an opening handshake (RFC 6455 §4, RFC 8441 §5).
#[derive(Clone, PartialEq, Debug)]
pub enum HttpEvent {
    /// A request for a WebSocket.
    Asked(Box<Asked>),
    /// The head of the answer to it.
    Answered(Box<Answered>),
    /// The first bytes of a refusal's body, piece by piece.
    RefusalBody(Box<str>),
    /// The answer was no HTTP: its first bytes, as text.
    NotHttp(Box<str>),
    /// The client sent bytes after its request and before the answer.
    EarlyData {
        /// How many.
        bytes: u64,
    },
}

/// A request for a WebSocket, as sent.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Asked {
    /// Method: GET, or CONNECT with HTTP/2.
    pub method: Arc<str>,
    /// Request target.
    pub target: String,
    /// HTTP version, as `10`, `11` or `20`.
    pub http_version: u8,
    /// Host or :authority.
    pub host: Option<Arc<str>>,
    /// Origin.
    pub origin: Option<Arc<str>>,
    /// User-Agent.
    pub user_agent: Option<Arc<str>>,
    /// `Upgrade: websocket` is there.
    pub upgrade: bool,
    /// `Connection: upgrade` is there.
    pub connection_upgrade: bool,
    /// Sec-WebSocket-Key.
    pub key: Option<String>,
    /// Sec-WebSocket-Version.
    pub version: Option<Arc<str>>,
    /// Subprotocols offered, in order.
    pub subprotocols: Vec<String>,
    /// Sec-WebSocket-Extensions offered.
    pub extensions: Option<Arc<str>>,
    /// Via: the request passed a proxy.
    pub via: Option<Arc<str>>,
    /// X-Forwarded-For or Forwarded.
    pub forwarded_for: Option<String>,
    /// X-Request-Id and its kin.
    pub request_id: Option<String>,
    /// W3C traceparent.
    pub traceparent: Option<String>,
    /// An Authorization or Cookie header is there (its value is never kept).
    pub credentials: bool,
    /// Only the beginning of the head was captured: what is absent may have been there.
    pub cut: bool,
}

/// The head of an answer to a request for a WebSocket.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Answered {
    /// Status code.
    pub status: u16,
    /// HTTP version, as `10`, `11` or `20`.
    pub http_version: u8,
    /// `Upgrade: websocket` is there.
    pub upgrade: bool,
    /// `Connection: upgrade` is there.
    pub connection_upgrade: bool,
    /// Sec-WebSocket-Accept.
    pub accept: Option<String>,
    /// Subprotocol chosen.
    pub subprotocol: Option<String>,
    /// Sec-WebSocket-Extensions accepted.
    pub extensions: Option<Arc<str>>,
    /// Sec-WebSocket-Version, where a refusal says what it wants.
    pub version: Option<Arc<str>>,
    /// Server.
    pub server: Option<Arc<str>>,
    /// Via.
    pub via: Option<Arc<str>>,
    /// Other headers that name a product, as `Name: value` (CF-Ray, X-Powered-By, X-Amz-…, X-Envoy-…).
    pub product_hints: Vec<String>,
    /// Location of a redirect.
    pub location: Option<String>,
    /// Retry-After.
    pub retry_after: Option<String>,
    /// WWW-Authenticate is there.
    pub authenticate: bool,
    /// Content-Type.
    pub content_type: Option<Arc<str>>,
    /// X-Request-Id and its kin.
    pub request_id: Option<String>,
    /// Only the beginning of the head was captured: what is absent may have been there.
    pub cut: bool,
}
