//! What one leg of a proxied connection remembers for the other.

use crate::catalogue::Cause;
use crate::diagnosis::Finding;
use crate::packet::{Endpoint, PacketRef, PointId};
use crate::record::Side;
use crate::time::Timestamp;

/// How a leg ended, or that it has not.
#[derive(Clone, Debug)]
pub(super) struct LegEnd {
    pub point: PointId,
    pub server: Endpoint,
    /// The upgrade had been agreed.
    pub was_open: bool,
    /// The first ending act; None while it goes on.
    pub at: Option<Timestamp>,
    pub packet: PacketRef,
    pub first_packet: PacketRef,
    pub last_packet: PacketRef,
    pub from: Option<Side>,
    /// Code of the Close frame; None where it ended bare.
    pub code: Option<u16>,
    pub silence_s: f64,
    pub cause: Cause,
    /// The capture lost what would tell how it ended.
    pub hidden: bool,
    /// The request carried `Upgrade`.
    pub upgrade: bool,
    /// Messages and payload bytes of client and server.
    traffic: [(u64, u64); 2],
}

impl LegEnd {
    pub(super) fn of(finding: &Finding) -> Self {
        let (record, ending) = (&finding.record, &finding.ending);
        let idle = |side: Side| {
            let act = ending.closed?;
            record.last_sent_before(side, &act).map(|last| act.at.seconds_since(last))
        };
        let decided = ending.decided_by.and_then(|index| ending.frames.get(index));
        let act = ending.closed;
        Self {
            point: record.key.point,
            server: record.endpoint(Side::Server),
            was_open: record.is_open(),
            at: act.map(|act| act.at),
            packet: act.map_or(record.last.packet, |act| act.packet),
            first_packet: record.handshake.asked_mark.map_or(record.first.packet, |mark| mark.packet),
            last_packet: record.last.packet,
            from: ending.closed_from,
            code: decided.map(|frame| frame.code.map_or(1005, |code| code.0)),
            silence_s: Side::BOTH.into_iter().filter_map(idle).reduce(f64::min).unwrap_or(0.0),
            cause: finding.diagnosis.cause,
            hidden: ending.hidden,
            upgrade: record.handshake.asked.as_ref().is_some_and(|asked| asked.upgrade),
            traffic: Side::BOTH.map(|side| (record.side(side).messages, record.side(side).payload_bytes)),
        }
    }

    /// No Close frame was sent.
    pub(super) fn is_bare(&self) -> bool {
        self.code.is_none()
    }

    /// Both carried the same, exactly, and something at all.
    pub(super) fn carried_the_same(&self, other: &Self) -> bool {
        self.traffic == other.traffic && self.traffic.iter().any(|(messages, _)| *messages > 0)
    }

    /// They cannot have carried the same: far more messages on one than on the other.
    pub(super) fn carried_otherwise(&self, other: &Self) -> bool {
        let mut pairs = self.traffic.iter().zip(&other.traffic);
        !(self.hidden || other.hidden)
            && pairs.any(|((own, _), (others, _))| own.abs_diff(*others) > 8 + own.max(others) / 2)
    }
}
