//! What travelled: counters of each side, and how well the connection was kept alive.

use serde::Serialize;

use crate::diagnosis::Keepalive;
use crate::record::{Record, Side, SideRecord};

/// One value for each side.
#[derive(Serialize)]
pub struct BySide<T> {
    /// The client's.
    pub client: T,
    /// The server's.
    pub server: T,
}

impl<T> BySide<T> {
    pub(super) fn new(value: impl Fn(Side) -> T) -> Self {
        Self { client: value(Side::Client), server: value(Side::Server) }
    }
}

/// What travelled.
#[derive(Serialize)]
pub struct TrafficView {
    /// What the client sent.
    pub client: SideTraffic,
    /// What the server sent.
    pub server: SideTraffic,
    /// Payload bytes of TCP that the capture lacks, both ways.
    pub missing_bytes: u64,
}

/// What one side sent.
#[derive(Serialize)]
pub struct SideTraffic {
    /// Frames.
    pub frames: u64,
    /// Data messages.
    pub messages: u64,
    /// Payload bytes of frames, as sent.
    pub payload_bytes: u64,
    /// Payload bytes of TCP, without repetitions.
    pub wire_bytes: u64,
    /// Pings.
    pub pings: u64,
    /// Pongs.
    pub pongs: u64,
    /// Payload packets sent again.
    pub retransmissions: u32,
    /// Packets that closed its receive window.
    pub zero_windows: u32,
}

impl TrafficView {
    pub(super) fn new(record: &Record) -> Self {
        let missing = Side::BOTH.iter().map(|side| record.side(*side).tcp.missing_bytes);
        Self {
            client: SideTraffic::new(record.side(Side::Client)),
            server: SideTraffic::new(record.side(Side::Server)),
            missing_bytes: missing.sum(),
        }
    }
}

impl SideTraffic {
    fn new(side: &SideRecord) -> Self {
        Self {
            frames: side.frames,
            messages: side.messages,
            payload_bytes: side.payload_bytes,
            wire_bytes: side.tcp.wire_bytes,
            pings: side.pings.sent,
            pongs: side.pongs,
            retransmissions: side.tcp.retransmissions,
            zero_windows: side.tcp.zero_windows,
        }
    }
}

/// How well the connection was kept alive.
#[derive(Serialize)]
pub struct KeepaliveView {
    /// Mean time between pings.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ping_period_s: Option<f64>,
    /// Longest silence of each side.
    pub longest_silence_s: BySide<f64>,
    /// Pings without a Pong at the end.
    pub unanswered_pings: u64,
    /// The idle limit that this traffic would satisfy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suffices_for_s: Option<f64>,
    /// Recommended ping interval.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recommended_s: Option<f64>,
}

impl KeepaliveView {
    pub(super) fn new(keepalive: &Keepalive) -> Self {
        let (client, server) = keepalive.longest_silence_s;
        Self {
            ping_period_s: keepalive.ping_period_s,
            longest_silence_s: BySide { client, server },
            unanswered_pings: keepalive.unanswered_pings,
            suffices_for_s: keepalive.suffices_for_s,
            recommended_s: keepalive.recommended_s,
        }
    }
}
