//! What travelled: counters of each side, and how well the connection was kept alive.

use crate::diagnosis::Keepalive;
use crate::record::{Record, Side, SideRecord};
use crate::report::encode::{Encode, Encoded, object};

/// One value for each side.
pub(super) struct BySide<F>(pub F);

impl<T: Encode, F: Fn(Side) -> T> Encode for BySide<F> {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // The client's.
            client: self.0(Side::Client),
            // The server's.
            server: self.0(Side::Server),
        });
    }
}

/// What travelled.
pub(super) struct TrafficView<'a>(pub &'a Record);

impl Encode for TrafficView<'_> {
    fn encode(self, json: &mut Encoded) {
        let (client, server) = (self.0.side(Side::Client), self.0.side(Side::Server));
        object!(json, {
            // What the client sent.
            client: SideTraffic(client),
            // What the server sent.
            server: SideTraffic(server),
            // Payload bytes of TCP that the capture lacks, both ways.
            missing_bytes: client.tcp.missing_bytes + server.tcp.missing_bytes,
        });
    }
}

/// What one side sent.
struct SideTraffic<'a>(&'a SideRecord);

impl Encode for SideTraffic<'_> {
    fn encode(self, json: &mut Encoded) {
        let side = self.0;
        object!(json, {
            // Frames.
            frames: side.frames,
            // Data messages.
            messages: side.messages,
            // Payload bytes of frames, as sent.
            payload_bytes: side.payload_bytes,
            // Payload bytes of TCP, without repetitions.
            wire_bytes: side.tcp.wire_bytes,
            // Pings.
            pings: side.pings.sent(),
            // Pongs.
            pongs: side.pongs,
            // Payload packets sent again.
            retransmissions: side.tcp.retransmissions,
            // Packets that closed its receive window.
            zero_windows: side.tcp.zero_windows,
        });
    }
}

/// How well the connection was kept alive.
impl Encode for &Keepalive {
    fn encode(self, json: &mut Encoded) {
        let (client, server) = self.longest_silence_s;
        object!(json, {
            // Mean time between pings.
            ping_period_s?: self.ping_period_s,
            // Longest silence of each side.
            longest_silence_s: BySide(|side| if side == Side::Client { client } else { server }),
            // Pings without a Pong at the end.
            unanswered_pings: self.unanswered_pings,
            // The idle limit that this traffic would satisfy.
            suffices_for_s?: self.suffices_for_s,
            // Recommended ping interval.
            recommended_s?: self.recommended_s,
        });
    }
}
