//! What an HTTP handshake shows: the upgrade asked for, and the answer.
//!
//! Texts are bounded and not yet redacted; secrets leave here only through `record`, which redacts them. What many
//! connections say alike is one value for all of them ([`Events::share_asked`](super::Events::share_asked)); what few
//! say takes no room where it is not said.

use std::borrow::Cow;
use std::ops::Deref;
use std::sync::Arc;

use super::key::Key;
use crate::limits::SHARED_BYTES;

/// Something seen of an opening handshake (RFC 6455 §4, RFC 8441 §5).
#[derive(Clone, PartialEq, Debug)]
pub enum HttpEvent {
    /// A request for a WebSocket.
    Asked(Asked),
    /// The head of the answer to it.
    Answered(Answer),
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

/// A request for a WebSocket, as sent. What it has in common with others reads as its own.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Asked {
    /// What many requests say alike.
    pub common: Arc<AskedCommon<'static>>,
    /// Request target.
    pub target: Arc<str>,
    /// Sec-WebSocket-Key.
    pub key: Option<Key>,
    /// What few requests say.
    pub rare: Option<Box<AskedRare>>,
}

/// What many requests say alike.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct AskedCommon<'a> {
    /// Method: GET, or CONNECT with HTTP/2.
    pub method: Cow<'a, str>,
    /// HTTP version, as `10`, `11` or `20`.
    pub http_version: u8,
    /// Host or :authority.
    pub host: Option<Cow<'a, str>>,
    /// Origin.
    pub origin: Option<Cow<'a, str>>,
    /// User-Agent.
    pub user_agent: Option<Cow<'a, str>>,
    /// `Upgrade: websocket` is there.
    pub upgrade: bool,
    /// `Connection: upgrade` is there.
    pub connection_upgrade: bool,
    /// Sec-WebSocket-Version.
    pub version: Option<Cow<'a, str>>,
    /// Subprotocols offered, in order.
    pub subprotocols: Vec<Cow<'a, str>>,
    /// Sec-WebSocket-Extensions offered.
    pub extensions: Option<Cow<'a, str>>,
    /// Via: the request passed a proxy.
    pub via: Option<Cow<'a, str>>,
    /// An Authorization or Cookie header is there (its value is never kept).
    pub credentials: bool,
    /// Only the beginning of the head was captured: what is absent may have been there.
    pub cut: bool,
}

/// What few requests say, or each differently.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AskedRare {
    /// X-Forwarded-For or Forwarded.
    pub forwarded_for: Option<Box<str>>,
    /// X-Request-Id and its kin.
    pub request_id: Option<Box<str>>,
    /// W3C traceparent.
    pub traceparent: Option<Box<str>>,
}

/// An answer as it comes: with what is compared with the request, and not kept.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answer {
    /// Its head.
    pub head: Answered,
    /// Sec-WebSocket-Accept.
    pub accept: Option<Accept>,
}

/// Sec-WebSocket-Accept as sent.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Accept {
    /// As long as it should be, and ASCII.
    Usual([u8; 28]),
    /// Anything else.
    Odd(Box<str>),
}

/// The head of an answer to a request for a WebSocket. What it has in common with others reads as its own.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Answered {
    /// What many answers say alike.
    pub common: Arc<AnsweredCommon<'static>>,
    /// What few answers say.
    pub rare: Option<Box<AnsweredRare>>,
}

/// What many answers say alike.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct AnsweredCommon<'a> {
    /// Status code.
    pub status: u16,
    /// HTTP version, as `10`, `11` or `20`.
    pub http_version: u8,
    /// `Upgrade: websocket` is there.
    pub upgrade: bool,
    /// `Connection: upgrade` is there.
    pub connection_upgrade: bool,
    /// Subprotocol chosen.
    pub subprotocol: Option<Cow<'a, str>>,
    /// Sec-WebSocket-Extensions accepted.
    pub extensions: Option<Cow<'a, str>>,
    /// Sec-WebSocket-Version, where a refusal says what it wants.
    pub version: Option<Cow<'a, str>>,
    /// Server.
    pub server: Option<Cow<'a, str>>,
    /// Via.
    pub via: Option<Cow<'a, str>>,
    /// WWW-Authenticate is there.
    pub authenticate: bool,
    /// Content-Type.
    pub content_type: Option<Cow<'a, str>>,
    /// Only the beginning of the head was captured: what is absent may have been there.
    pub cut: bool,
}

/// What few answers say, or each differently.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AnsweredRare {
    /// Other headers that name a product, as `Name: value` (CF-Ray, X-Powered-By, X-Amz-…, X-Envoy-…).
    pub product_hints: Vec<String>,
    /// Location of a redirect.
    pub location: Option<Box<str>>,
    /// Retry-After.
    pub retry_after: Option<Box<str>>,
    /// X-Request-Id and its kin.
    pub request_id: Option<Box<str>>,
}

impl Asked {
    /// X-Forwarded-For or Forwarded.
    pub fn forwarded_for(&self) -> Option<&str> {
        self.rare.as_ref()?.forwarded_for.as_deref()
    }

    /// X-Request-Id and its kin.
    pub fn request_id(&self) -> Option<&str> {
        self.rare.as_ref()?.request_id.as_deref()
    }

    /// W3C traceparent.
    pub fn traceparent(&self) -> Option<&str> {
        self.rare.as_ref()?.traceparent.as_deref()
    }
}

impl Answered {
    /// Other headers that name a product.
    pub fn product_hints(&self) -> &[String] {
        self.rare.as_ref().map_or(&[], |rare| &rare.product_hints)
    }

    /// Location of a redirect.
    pub fn location(&self) -> Option<&str> {
        self.rare.as_ref()?.location.as_deref()
    }

    /// Retry-After.
    pub fn retry_after(&self) -> Option<&str> {
        self.rare.as_ref()?.retry_after.as_deref()
    }

    /// X-Request-Id and its kin.
    pub fn request_id(&self) -> Option<&str> {
        self.rare.as_ref()?.request_id.as_deref()
    }
}

impl Deref for Asked {
    type Target = AskedCommon<'static>;

    fn deref(&self) -> &Self::Target {
        &self.common
    }
}

impl Deref for Answered {
    type Target = AnsweredCommon<'static>;

    fn deref(&self) -> &Self::Target {
        &self.common
    }
}

impl AskedCommon<'_> {
    /// Others may say the same, and nothing in it is a secret.
    pub(super) fn is_usual(&self) -> bool {
        let texts = [&self.host, &self.origin, &self.user_agent, &self.version, &self.extensions, &self.via];
        let may_be_a_token = |name: &Cow<'_, str>| name.len() >= TOKEN_BYTES;
        self.method.len() + len_of(&texts) <= SHARED_BYTES && !self.subprotocols.iter().any(may_be_a_token)
    }

    pub(super) fn into_owned(self) -> AskedCommon<'static> {
        AskedCommon {
            method: own(self.method),
            host: self.host.map(own),
            origin: self.origin.map(own),
            user_agent: self.user_agent.map(own),
            version: self.version.map(own),
            subprotocols: self.subprotocols.into_iter().map(own).collect(),
            extensions: self.extensions.map(own),
            via: self.via.map(own),
            http_version: self.http_version,
            upgrade: self.upgrade,
            connection_upgrade: self.connection_upgrade,
            credentials: self.credentials,
            cut: self.cut,
        }
    }
}

impl AnsweredCommon<'_> {
    /// Others may say the same, and nothing in it is a secret.
    pub(super) fn is_usual(&self) -> bool {
        let texts = [&self.extensions, &self.version, &self.server, &self.via, &self.content_type];
        len_of(&texts) <= SHARED_BYTES && self.subprotocol.as_ref().is_none_or(|name| name.len() < TOKEN_BYTES)
    }

    pub(super) fn into_owned(self) -> AnsweredCommon<'static> {
        AnsweredCommon {
            subprotocol: self.subprotocol.map(own),
            extensions: self.extensions.map(own),
            version: self.version.map(own),
            server: self.server.map(own),
            via: self.via.map(own),
            content_type: self.content_type.map(own),
            status: self.status,
            http_version: self.http_version,
            upgrade: self.upgrade,
            connection_upgrade: self.connection_upgrade,
            authenticate: self.authenticate,
            cut: self.cut,
        }
    }
}

/// Subprotocols from this length on may be bearer tokens: browsers can send them in no other place.
const TOKEN_BYTES: usize = 32;

fn own(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}

fn len_of(texts: &[&Option<Cow<'_, str>>]) -> usize {
    texts.iter().filter_map(|text| text.as_ref()).map(|text| text.len()).sum()
}
