//! What of a request's and a response's head is kept as fact: bounded texts, never a credential.
//!
//! One pass over the fields sorts them into what is looked for, all still borrowed; owned facts are made of it where a
//! WebSocket is concerned.

use std::borrow::Cow;
use std::sync::Arc;

use crate::event::http::{Accept, Answer, Answered, AnsweredCommon, AnsweredRare, Asked, AskedCommon, AskedRare};
use crate::event::key::Key;
use crate::event::{Events, Spot};
use crate::limits::FIELD_BYTES;
use crate::wire::http1::{Fields, NAME_BYTES, RequestLine, StatusLine, elements, has_token, lower};

/// A request's head.
#[derive(Default, Debug)]
pub(super) struct RequestHead<'a> {
    target: &'a [u8],
    common: AskedCommon<'a>,
    key: Option<&'a [u8]>,
    forwarded_for: Option<&'a [u8]>,
    forwarded: Option<&'a [u8]>,
    request_id: RequestId<'a>,
    traceparent: Option<&'a [u8]>,
    /// permessage-deflate is among the extensions.
    pub offers_deflate: bool,
    pub framing: Framing<'a>,
    /// What it says, where one like it was read before.
    known: Option<Arc<AskedCommon<'static>>>,
    /// What others like it are known by.
    spot: Option<Spot<'a>>,
}

/// A response's head.
#[derive(Default, Debug)]
pub(super) struct ResponseHead<'a> {
    common: AnsweredCommon<'a>,
    accept: Option<&'a [u8]>,
    /// All its fields, to be looked at again where a product left a hint.
    fields: Fields<'a>,
    has_product_hints: bool,
    location: Option<&'a [u8]>,
    retry_after: Option<&'a [u8]>,
    request_id: RequestId<'a>,
    /// permessage-deflate is among the extensions.
    pub accepts_deflate: bool,
    pub framing: Framing<'a>,
    /// What it says, where one like it was read before.
    known: Option<Arc<AnsweredCommon<'static>>>,
    /// What others like it are known by.
    spot: Option<Spot<'a>>,
}

/// What tells how long a body is (RFC 9112 §6.3).
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Framing<'a> {
    pub chunked: bool,
    pub length: Option<&'a [u8]>,
}

/// X-Request-Id, X-Correlation-Id, X-Amzn-Trace-Id and CF-Ray: the first of them that is there counts.
type RequestId<'a> = [Option<&'a [u8]>; 4];

impl<'a> RequestHead<'a> {
    /// What a head says where one like it was read before.
    pub(super) fn known(line: &RequestLine<'a>, spot: &Spot<'a>, events: &Events<'_>) -> Option<Self> {
        let known = events.known_request(spot)?;
        Some(Self {
            target: line.target,
            key: Some(spot.value.trim_ascii()),
            offers_deflate: known.deflate,
            known: Some(known.common),
            ..Self::default()
        })
    }

    /// `spot`: what others like it are to be known by.
    pub(super) fn read(line: &RequestLine<'a>, fields: &'a [u8], spot: Option<Spot<'a>>) -> Self {
        let mut head = Self { target: line.target, ..Self::default() };
        let common = &mut head.common;
        common.method = text(line.method);
        common.http_version = 10 + line.minor;
        let [id, correlation, trace, ray] = &mut head.request_id;
        for (name, value) in Fields(fields) {
            match lower(name, &mut [0; NAME_BYTES]) {
                b"host" => set_first(&mut common.host, value),
                b"origin" => set_first(&mut common.origin, value),
                b"user-agent" => set_first(&mut common.user_agent, value),
                b"upgrade" => common.upgrade |= has_token(value, b"websocket"),
                b"connection" => common.connection_upgrade |= has_token(value, b"upgrade"),
                b"sec-websocket-key" => head.key = head.key.or(Some(value)),
                b"sec-websocket-version" => set_first(&mut common.version, value),
                b"sec-websocket-protocol" => {
                    let room = SUBPROTOCOLS.saturating_sub(common.subprotocols.len());
                    common.subprotocols.extend(elements(value).map(text).take(room));
                }
                b"sec-websocket-extensions" => {
                    join(&mut common.extensions, value);
                    head.offers_deflate |= has_deflate(value);
                }
                b"via" => join(&mut common.via, value),
                b"authorization" | b"cookie" => common.credentials = true,
                b"x-forwarded-for" => head.forwarded_for = head.forwarded_for.or(Some(value)),
                b"forwarded" => head.forwarded = head.forwarded.or(Some(value)),
                b"x-request-id" => *id = id.or(Some(value)),
                b"x-correlation-id" => *correlation = correlation.or(Some(value)),
                b"x-amzn-trace-id" => *trace = trace.or(Some(value)),
                b"cf-ray" => *ray = ray.or(Some(value)),
                b"traceparent" => head.traceparent = head.traceparent.or(Some(value)),
                name => head.framing.read(name, value),
            }
        }
        head.spot = spot.filter(|spot| head.key.is_some_and(|key| std::ptr::eq(key, spot.value)));
        head
    }

    /// A WebSocket was asked for: by the Upgrade header, or — where a hop dropped that — by what else belongs to it.
    pub(super) fn asks_for_websocket(&self) -> bool {
        self.key.is_some() || self.common.upgrade
    }

    pub(super) fn asked(self, events: &mut Events<'_>) -> Asked {
        let rare = AskedRare {
            forwarded_for: self.forwarded_for.or(self.forwarded).map(owned),
            request_id: self.request_id.into_iter().flatten().next().map(owned),
            traceparent: self.traceparent.map(owned),
        };
        let target = text(self.target);
        // A query may hold a token: that is nobody else's, and it is not to be kept.
        let shared = !target.contains('?');
        let is_rare = rare != AskedRare::default();
        let spot = self.spot.filter(|_| !is_rare && self.framing.is_none());
        let common = self.known.unwrap_or_else(|| events.share_asked(self.common, spot, self.offers_deflate));
        Asked {
            common,
            target: if shared { events.share_text(&target) } else { Arc::from(target) },
            key: self.key.map(|key| Key::new(&text(key))),
            rare: is_rare.then(|| Box::new(rare)),
        }
    }

    /// The same of a head that was captured in part.
    pub(super) fn asked_in_part(mut self, events: &mut Events<'_>) -> Asked {
        self.common.cut = true;
        self.asked(events)
    }
}

impl<'a> ResponseHead<'a> {
    /// What a head says where one like it was read before.
    pub(super) fn known(spot: &Spot<'a>, events: &Events<'_>) -> Option<Self> {
        let known = events.known_answer(spot)?;
        Some(Self {
            accept: Some(spot.value.trim_ascii()),
            accepts_deflate: known.deflate,
            known: Some(known.common),
            ..Self::default()
        })
    }

    /// `spot`: what others like it are to be known by.
    pub(super) fn read(line: &StatusLine, fields: &'a [u8], spot: Option<Spot<'a>>) -> Self {
        let mut head = Self { fields: Fields(fields), ..Self::default() };
        let common = &mut head.common;
        common.status = line.status;
        common.http_version = 10 + line.minor;
        let [id, correlation, trace, ray] = &mut head.request_id;
        for (name, value) in Fields(fields) {
            match lower(name, &mut [0; NAME_BYTES]) {
                b"upgrade" => common.upgrade |= has_token(value, b"websocket"),
                b"connection" => common.connection_upgrade |= has_token(value, b"upgrade"),
                b"sec-websocket-accept" => head.accept = head.accept.or(Some(value)),
                b"sec-websocket-protocol" => set_first(&mut common.subprotocol, value),
                b"sec-websocket-extensions" => {
                    join(&mut common.extensions, value);
                    head.accepts_deflate |= has_deflate(value);
                }
                b"sec-websocket-version" => set_first(&mut common.version, value),
                b"server" => set_first(&mut common.server, value),
                b"via" => join(&mut common.via, value),
                b"www-authenticate" => common.authenticate = true,
                b"content-type" => set_first(&mut common.content_type, value),
                b"location" => head.location = head.location.or(Some(value)),
                b"retry-after" => head.retry_after = head.retry_after.or(Some(value)),
                b"x-request-id" => *id = id.or(Some(value)),
                b"x-correlation-id" => *correlation = correlation.or(Some(value)),
                b"x-amzn-trace-id" => *trace = trace.or(Some(value)),
                b"cf-ray" => *ray = ray.or(Some(value)),
                name => {
                    head.framing.read(name, value);
                    head.has_product_hints |= is_product_hint(name);
                }
            }
        }
        head.has_product_hints |= trace.is_some() || ray.is_some();
        head.spot = spot.filter(|spot| head.accept.is_some_and(|accept| std::ptr::eq(accept, spot.value)));
        head
    }

    pub(super) fn status(&self) -> u16 {
        self.known.as_ref().map_or(self.common.status, |known| known.status)
    }

    /// The upgrade is agreed to.
    pub(super) fn is_upgrade(&self) -> bool {
        self.known.as_ref().map_or(self.common.upgrade, |known| known.upgrade) && self.status() == 101
    }

    pub(super) fn answer(self, events: &mut Events<'_>) -> Answer {
        let rare = AnsweredRare {
            product_hints: if self.has_product_hints { product_hints(self.fields) } else { Vec::new() },
            location: self.location.map(owned),
            retry_after: self.retry_after.map(owned),
            request_id: self.request_id.into_iter().flatten().next().map(owned),
        };
        let is_rare = rare != AnsweredRare::default();
        let spot = self.spot.filter(|_| !is_rare && self.framing.is_none());
        let common = self.known.unwrap_or_else(|| events.share_answered(self.common, spot, self.accepts_deflate));
        let head = Answered { common, rare: is_rare.then(|| Box::new(rare)) };
        Answer { head, accept: self.accept.map(accept) }
    }

    /// The same of a head that was captured in part.
    pub(super) fn answer_in_part(mut self, events: &mut Events<'_>) -> Answer {
        self.common.cut = true;
        self.answer(events)
    }
}

impl<'a> Framing<'a> {
    /// Nothing tells of a body.
    fn is_none(&self) -> bool {
        !self.chunked && self.length.is_none()
    }

    fn read(&mut self, name: &[u8], value: &'a [u8]) {
        match name {
            b"transfer-encoding" => self.chunked |= has_token(value, b"chunked"),
            b"content-length" => self.length = self.length.or(Some(value)),
            _ => {}
        }
    }
}

/// The whole lines of a head that was captured in part, made a head; a status line may lack its phrase.
pub(super) fn mended(head: &[u8]) -> Vec<u8> {
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    let mut mended = head.get(..end).unwrap_or_default().to_vec();
    mended.extend_from_slice(if end < head.len() || head.ends_with(b"\n") { b"\r\n" } else { b"\r\n\r\n" });
    mended
}

/// Subprotocols kept of one offer.
const SUBPROTOCOLS: usize = 16;
/// Product hints kept of one answer.
const PRODUCT_HINTS: usize = 8;
fn product_hints(fields: Fields<'_>) -> Vec<String> {
    let hints = fields.filter(|(name, _)| is_product_hint(lower(name, &mut [0; NAME_BYTES])));
    hints.take(PRODUCT_HINTS).map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
}

/// Headers that products add and others do not.
fn is_product_hint(name: &[u8]) -> bool {
    matches!(
        name,
        b"x-powered-by"
            | b"cf-ray"
            | b"x-amz-cf-id"
            | b"x-amzn-trace-id"
            | b"x-amzn-requestid"
            | b"x-envoy-upstream-service-time"
            | b"x-azure-ref"
            | b"x-served-by"
            | b"x-varnish"
            | b"fly-request-id"
            | b"x-vercel-id"
            | b"x-kong-proxy-latency"
            | b"x-cache"
    )
}

fn has_deflate(extensions: &[u8]) -> bool {
    elements(extensions).any(|extension| extension.starts_with(b"permessage-deflate"))
}

fn set_first<'a>(slot: &mut Option<Cow<'a, str>>, value: &'a [u8]) {
    if slot.is_none() {
        *slot = Some(text(value));
    }
}

/// All lines of a list field as one.
fn join<'a>(slot: &mut Option<Cow<'a, str>>, line: &'a [u8]) {
    let Some(list) = slot else { return set_first(slot, line) };
    let room = FIELD_BYTES.saturating_sub(list.len() + ", ".len()).min(line.len());
    let list = list.to_mut();
    list.push_str(", ");
    list.push_str(&text(line.get(..room).unwrap_or_default()));
}

fn text(bytes: &[u8]) -> Cow<'_, str> {
    let bytes = bytes.get(..FIELD_BYTES).unwrap_or(bytes);
    // Nearly always it is ASCII, which this is told much sooner.
    std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)
}

fn accept(value: &[u8]) -> Accept {
    match value.try_into() {
        Ok(usual) if value.is_ascii() => Accept::Usual(usual),
        _ => Accept::Odd(owned(value)),
    }
}

fn owned(bytes: &[u8]) -> Box<str> {
    text(bytes).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Common, Mark};
    use crate::packet::PacketRef;
    use crate::time::Timestamp;
    use crate::wire::http1::{parse_request_line, parse_status_line};

    fn with_events<T>(read: impl FnOnce(&mut Events<'_>) -> T) -> T {
        let mark = Mark { at: Timestamp(0), packet: PacketRef::new(0, 1), seq: 0, acked: None };
        read(&mut Events::new(&mut Vec::new(), &mut Common::default(), mark))
    }

    fn asked(fields: &str) -> Asked {
        let head = format!("GET /chat HTTP/1.1\r\n{fields}\r\n");
        let (fields, line) = parse_request_line(head.as_bytes()).unwrap();
        with_events(|events| RequestHead::read(&line, fields, None).asked(events))
    }

    fn answered(fields: &str) -> Answered {
        let head = format!("HTTP/1.1 101 Switching Protocols\r\n{fields}\r\n");
        let (fields, line) = parse_status_line(head.as_bytes()).unwrap();
        with_events(|events| ResponseHead::read(&line, fields, None).answer(events).head)
    }

    #[test]
    fn of_a_field_the_first_counts_and_of_a_list_every_line() {
        let asked = asked(
            "Host: a\r\nHOST: b\r\nSec-WebSocket-Protocol: x, y\r\nsec-websocket-protocol: z\r\n\
             Sec-WebSocket-Extensions: foo\r\nSec-WebSocket-Extensions: permessage-deflate\r\nVia: 1.1 p\r\n",
        );
        assert_eq!((asked.host.as_deref(), asked.via.as_deref()), (Some("a"), Some("1.1 p")));
        assert_eq!(asked.subprotocols, ["x", "y", "z"]);
        assert_eq!(asked.extensions.as_deref(), Some("foo, permessage-deflate"));
    }

    #[test]
    fn of_kindred_fields_the_better_known_counts_whatever_the_order() {
        let asked =
            asked("CF-Ray: 3\r\nX-Request-Id: 1\r\nForwarded: for=b\r\nX-Forwarded-For: a\r\nCookie: secret\r\n");
        assert_eq!((asked.request_id(), asked.forwarded_for()), (Some("1"), Some("a")));
        assert!(asked.credentials && !format!("{asked:?}").contains("secret"));
    }

    #[test]
    fn what_is_said_alike_is_one_value_and_a_query_is_nobody_else_s() {
        with_events(|events| {
            let mut asked = |target: &str, key: &str| {
                let head = format!("GET {target} HTTP/1.1\r\nHost: a\r\nSec-WebSocket-Key: {key}\r\n\r\n");
                let (fields, line) = parse_request_line(head.as_bytes()).unwrap();
                RequestHead::read(&line, fields, None).asked(events)
            };
            let keys = ["dGhlIHNhbXBsZSBub25jZQ==", "x3JJHMbDL1EzLkh9GBhXDw=="];
            let [one, other] = keys.map(|key| asked("/ws?t=1", key));
            assert!(Arc::ptr_eq(&one.common, &other.common) && one.key != other.key);
            assert!(!Arc::ptr_eq(&one.target, &other.target));
            assert!(Arc::ptr_eq(&asked("/ws", "").target, &asked("/ws", "").target));
        });
    }

    /// Whatever stands around it, a value changes nothing but itself.
    #[test]
    fn a_head_that_comes_again_says_what_it_would_say_alone() {
        const KEYS: [&str; 4] = [
            "dGhlIHNhbXBsZSBub25jZQ==",
            "x3JJHMbDL1EzLkh9GBhXDw==",
            " x3JJHMbDL1EzLkh9GBhXD= ",
            "a\nHost: another-one=====",
        ];
        let fields = [
            "Upgrade: websocket\r\n",
            "Sec-WebSocket-Extensions: permessage-deflate\r\n",
            "Cookie: secret\r\n",
            "X-Request-Id: 1\r\n",
            "Content-Length: 2\r\n",
            "sec-websocket-key: eDNKSkhNYkRMMUV6TGtoOQ==\r\n",
            "sec-websocket-accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n",
        ];
        with_events(|events| {
            for (before, behind) in fields.iter().flat_map(|one| fields.iter().map(move |other| (one, other))) {
                for key in KEYS {
                    let head = format!("GET / HTTP/1.1\r\n{before}Sec-WebSocket-Key: {key}\r\n{behind}\r\n");
                    let (fields, line) = parse_request_line(head.as_bytes()).unwrap();
                    let read = |events: &mut Events<'_>| {
                        let spot = events.spot_request(fields);
                        let known = spot.and_then(|spot| RequestHead::known(&line, &spot, events));
                        let head = known.unwrap_or_else(|| RequestHead::read(&line, fields, spot));
                        (head.offers_deflate, head.framing.length, head.asked(events))
                    };
                    assert_eq!(read(events), with_events(read), "{head:?}");
                    let head = format!("HTTP/1.1 101 X\r\n{before}Sec-WebSocket-Accept: {key}xOo=\r\n{behind}\r\n");
                    let (fields, line) = parse_status_line(head.as_bytes()).unwrap();
                    let read = |events: &mut Events<'_>| {
                        let spot = events.spot_answer(head.as_bytes());
                        let known = spot.and_then(|spot| ResponseHead::known(&spot, events));
                        let head = known.unwrap_or_else(|| ResponseHead::read(&line, fields, spot));
                        (head.is_upgrade(), head.accepts_deflate, head.framing.length, head.answer(events))
                    };
                    assert_eq!(read(events), with_events(read), "{head:?}");
                }
            }
        });
    }

    #[test]
    fn products_are_hinted_at_as_they_write_it() {
        let express = answered("X-Powered-By: Express\r\nX-Unknown: 1\r\ncf-ray: 8\r\n");
        assert_eq!(express.product_hints(), ["X-Powered-By: Express", "cf-ray: 8"]);
        assert_eq!(express.request_id(), Some("8"));
        let long = format!("{}-cf-ray: 1\r\n", "x".repeat(NAME_BYTES));
        assert_eq!(answered(&long).product_hints(), [""; 0]);
    }
}
