//! A step of somebody's attempt to open a WebSocket, told while it happens.
//!
//! A record is complete only when its connection has ended. What looks at many connections must know sooner who asked
//! whom: to find the two legs of a proxied one, and to see who comes back after an ending.

use std::hash::{BuildHasher, Hash};
use std::net::IpAddr;

use crate::event::http::Asked;
use crate::packet::{Endpoint, FlowKey, PacketRef, PointId};
use crate::time::Timestamp;

/// A step of an attempt.
#[derive(Clone, PartialEq, Debug)]
pub struct Attempt {
    /// Id of its connection's finding.
    pub id: u64,
    /// When.
    pub at: Timestamp,
    /// When the first packet of its connection was seen.
    pub connected_at: Timestamp,
    /// The packet that shows it.
    pub packet: PacketRef,
    /// Who connects.
    pub client: Endpoint,
    /// To whom.
    pub server: Endpoint,
    /// Where it was seen.
    pub point: PointId,
    /// What happened.
    pub step: Step,
}

/// What happened to an attempt.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// The upgrade was asked for.
    Asked(Clues),
    /// It was answered with this status.
    Answered(u16),
    /// The SYN was answered with RST.
    Refused,
    /// The SYN was not answered.
    Unanswered,
}

/// What a request shares with the same request on the other side of a proxy. Digests only: secrets stay out.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Clues {
    /// Of Sec-WebSocket-Key.
    pub key: Option<u64>,
    /// Of the request target.
    pub target: u64,
    /// Of the trace id in `traceparent`.
    pub trace: Option<u64>,
    /// Of X-Request-Id.
    pub request_id: Option<u64>,
    /// The clients that forwarding headers name.
    pub forwarded: Vec<IpAddr>,
    /// A header says that the request came through a proxy.
    pub forwarding: bool,
    /// `Upgrade` is there.
    pub upgrade: bool,
    /// Sequence number of the client's SYN: the same where only addresses were translated.
    pub syn: Option<u32>,
}

impl Clues {
    /// The clues in a request.
    pub fn of(asked: &Asked, syn: Option<u32>) -> Self {
        // version-trace-parent-flags (W3C Trace Context §3.2): a proxy keeps the trace and changes the parent.
        let trace = asked.traceparent().and_then(|text| text.split('-').nth(1));
        let forwarded = asked.forwarded_for().map(forwarded_clients).unwrap_or_default();
        Self {
            key: asked.key.as_ref().map(digest),
            target: digest(asked.target.trim()),
            trace: trace.map(|trace| digest(trace.trim())),
            request_id: asked.request_id().map(|id| digest(id.trim())),
            forwarding: asked.forwarded_for().is_some() || asked.via.is_some(),
            forwarded,
            upgrade: asked.upgrade,
            syn,
        }
    }
}

/// Addresses in X-Forwarded-For (`a, b`) or Forwarded (`for=a;proto=…, for="[b]:1"`, RFC 7239 §4).
fn forwarded_clients(text: &str) -> Vec<IpAddr> {
    let parts = text.split([',', ';']).map(str::trim).filter_map(|part| match part.split_once('=') {
        Some((name, value)) => name.eq_ignore_ascii_case("for").then_some(value),
        None => Some(part),
    });
    parts.filter_map(|part| address(part.trim_matches('"'))).take(FORWARDED_KEPT).collect()
}

/// Proxies in a row whose clients are looked at.
const FORWARDED_KEPT: usize = 4;

fn address(text: &str) -> Option<IpAddr> {
    let bare = text.trim_start_matches('[').split(']').next().unwrap_or(text);
    bare.parse().ok().or_else(|| text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip()))
}

fn digest(value: impl Hash) -> u64 {
    foldhash::quality::FixedState::with_seed(1).hash_one(value)
}

/// The same in every run over the same packets: from point, addresses, first packet's time and HTTP/2 stream.
pub fn connection_id(key: &FlowKey, first_at: Timestamp, h2_stream: Option<u32>) -> u64 {
    foldhash::quality::FixedState::with_seed(0).hash_one((key, first_at, h2_stream))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_of_forwarding_headers() {
        let of = |text: &str| forwarded_clients(text).iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        assert_eq!(of("192.0.2.43, 198.51.100.17"), "192.0.2.43 198.51.100.17");
        assert_eq!(of("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
        assert_eq!(of("For=\"[2001:db8:cafe::17]:4711\", for=_hidden"), "2001:db8:cafe::17");
        assert_eq!(of("192.0.2.43:47011"), "192.0.2.43");
    }
}
