//! What of a request's and a response's head is kept as fact: bounded texts, never a credential.

use std::borrow::Cow;
use std::sync::Arc;

use crate::event::Events;
use crate::event::http::{Answered, Asked};
use crate::limits::FIELD_BYTES;
use crate::wire::http1::{Fields, Request, Response};

/// A WebSocket was asked for: by the Upgrade header, or — where a hop dropped that — by what else belongs to it.
pub(super) fn asks_for_websocket(fields: &Fields<'_>) -> bool {
    fields.has_token("upgrade", "websocket") || fields.find("sec-websocket-key").is_some()
}

pub(super) fn asked(request: &Request<'_>, events: &mut Events) -> Asked {
    let fields = &request.fields;
    let mut common = |bytes: &[u8]| share(bytes, events);
    Asked {
        method: common(request.method),
        target: text(request.target),
        http_version: 10 + request.minor,
        host: fields.find("host").map(&mut common),
        origin: fields.find("origin").map(&mut common),
        user_agent: fields.find("user-agent").map(&mut common),
        upgrade: fields.has_token("upgrade", "websocket"),
        connection_upgrade: fields.has_token("connection", "upgrade"),
        key: find(fields, "sec-websocket-key"),
        version: fields.find("sec-websocket-version").map(&mut common),
        subprotocols: fields.list("sec-websocket-protocol").map(text).take(16).collect(),
        extensions: joined(fields, "sec-websocket-extensions").map(|list| common(&list)),
        via: joined(fields, "via").map(|list| common(&list)),
        forwarded_for: find(fields, "x-forwarded-for").or_else(|| find(fields, "forwarded")),
        request_id: request_id(fields),
        traceparent: find(fields, "traceparent"),
        credentials: fields.find("authorization").is_some() || fields.find("cookie").is_some(),
        cut: false,
    }
}

pub(super) fn answered(response: &Response<'_>, events: &mut Events) -> Answered {
    let fields = &response.fields;
    let mut common = |bytes: &[u8]| share(bytes, events);
    Answered {
        status: response.status,
        http_version: 10 + response.minor,
        upgrade: fields.has_token("upgrade", "websocket"),
        connection_upgrade: fields.has_token("connection", "upgrade"),
        accept: find(fields, "sec-websocket-accept"),
        subprotocol: find(fields, "sec-websocket-protocol"),
        extensions: joined(fields, "sec-websocket-extensions").map(|list| common(&list)),
        version: fields.find("sec-websocket-version").map(&mut common),
        server: fields.find("server").map(&mut common),
        via: joined(fields, "via").map(|list| common(&list)),
        product_hints: product_hints(fields),
        location: find(fields, "location"),
        retry_after: find(fields, "retry-after"),
        authenticate: fields.find("www-authenticate").is_some(),
        content_type: fields.find("content-type").map(&mut common),
        request_id: request_id(fields),
        cut: false,
    }
}

/// The whole lines of a head that was captured in part, made a head; a status line may lack its phrase.
pub(super) fn mended(head: &[u8]) -> Vec<u8> {
    let end = head.iter().rposition(|byte| *byte == b'\n').map_or(head.len(), |at| at + 1);
    let mut mended = head.get(..end).unwrap_or_default().to_vec();
    mended.extend_from_slice(if end < head.len() || head.ends_with(b"\n") { b"\r\n" } else { b"\r\n\r\n" });
    mended
}

/// Headers that products add and others do not.
fn product_hints(fields: &Fields<'_>) -> Vec<String> {
    let names = [
        "x-powered-by",
        "cf-ray",
        "x-amz-cf-id",
        "x-amzn-trace-id",
        "x-amzn-requestid",
        "x-envoy-upstream-service-time",
        "x-azure-ref",
        "x-served-by",
        "x-varnish",
        "fly-request-id",
        "x-vercel-id",
        "x-kong-proxy-latency",
        "x-cache",
    ];
    let known =
        fields.0.iter().filter(|(name, _)| names.iter().any(|known| name.eq_ignore_ascii_case(known.as_bytes())));
    known.take(8).map(|(name, value)| format!("{}: {}", text(name), text(value))).collect()
}

fn request_id(fields: &Fields<'_>) -> Option<String> {
    ["x-request-id", "x-correlation-id", "x-amzn-trace-id", "cf-ray"].iter().find_map(|name| find(fields, name))
}

fn find(fields: &Fields<'_>, name: &str) -> Option<String> {
    fields.find(name).map(text)
}

/// All lines of a list field as one.
fn joined<'a>(fields: &Fields<'a>, name: &str) -> Option<Cow<'a, [u8]>> {
    let mut lines = fields.all(name);
    let mut joined = Cow::Borrowed(lines.next()?);
    for line in lines {
        let list = joined.to_mut();
        list.extend_from_slice(b", ");
        list.extend_from_slice(line);
    }
    Some(joined)
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bounded(bytes)).into_owned()
}

/// What many connections say alike.
fn share(bytes: &[u8], events: &mut Events) -> Arc<str> {
    events.share(&String::from_utf8_lossy(bounded(bytes)))
}

fn bounded(bytes: &[u8]) -> &[u8] {
    bytes.get(..FIELD_BYTES).unwrap_or(bytes)
}
