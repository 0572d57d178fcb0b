//! What an HTTP handshake shows: the upgrade asked for, and the answer.
//!
//! Texts are bounded and not yet redacted; secrets leave here only through `record`, which redacts them.

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
    pub method: String,
    /// Request target.
    pub target: String,
    /// HTTP version, as `10`, `11` or `20`.
    pub http_version: u8,
    /// Host or :authority.
    pub host: Option<String>,
    /// Origin.
    pub origin: Option<String>,
    /// User-Agent.
    pub user_agent: Option<String>,
    /// `Upgrade: websocket` is there.
    pub upgrade: bool,
    /// `Connection: upgrade` is there.
    pub connection_upgrade: bool,
    /// Sec-WebSocket-Key.
    pub key: Option<String>,
    /// Sec-WebSocket-Version.
    pub version: Option<String>,
    /// Subprotocols offered, in order.
    pub subprotocols: Vec<String>,
    /// Sec-WebSocket-Extensions offered.
    pub extensions: Option<String>,
    /// Via: the request passed a proxy.
    pub via: Option<String>,
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
    pub extensions: Option<String>,
    /// Sec-WebSocket-Version, where a refusal says what it wants.
    pub version: Option<String>,
    /// Server.
    pub server: Option<String>,
    /// Via.
    pub via: Option<String>,
    /// Other headers that name a product, as `Name: value` (CF-Ray, X-Powered-By, X-Amz-…, X-Envoy-…).
    pub product_hints: Vec<String>,
    /// Location of a redirect.
    pub location: Option<String>,
    /// Retry-After.
    pub retry_after: Option<String>,
    /// WWW-Authenticate is there.
    pub authenticate: bool,
    /// Content-Type.
    pub content_type: Option<String>,
    /// X-Request-Id and its kin.
    pub request_id: Option<String>,
    /// Only the beginning of the head was captured: what is absent may have been there.
    pub cut: bool,
}
