//! How one connection ended, in the few words that comparing many takes.

use crate::catalogue::Cause;
use crate::diagnosis::Finding;
use crate::packet::{Endpoint, PacketRef};
use crate::record::Side;
use crate::time::Timestamp;

use super::hop::Hop;
use super::leg_end::LegEnd;

/// The end of a connection that had been open. Small: many are held until it is known what came after them.
#[derive(Clone, Debug)]
pub(super) struct End {
    pub id: u64,
    /// The first ending act.
    pub at: Timestamp,
    pub packet: PacketRef,
    /// Whose address it came from.
    pub from: Side,
    /// Code of the Close frame; None where it ended bare.
    pub code: Option<u16>,
    pub cause: Cause,
    pub client: Endpoint,
    pub server: Endpoint,
    pub opened_at: Timestamp,
    /// Seconds for which the client, and the server, had sent nothing.
    pub idle_s: [f64; 2],
    /// The first packet was seen: its age is known.
    pub seen_from_start: bool,
    /// It came through a proxy, as a forwarding header or the other leg tells.
    pub proxied: bool,
    /// Connections of its server that were open then, itself included.
    pub open_then: u32,
    /// What else was seen of the same connection.
    pub elsewhere: Option<Box<Elsewhere>>,
}

/// The other leg, or the same connection seen at another point.
#[derive(Clone, Debug)]
pub(super) struct Elsewhere {
    /// Its id: the two are counted once.
    pub mate: u64,
    /// Which hop ended it, where both legs tell.
    pub hop: Option<Hop>,
    /// The proxy in front, where both legs were seen.
    pub proxy: Option<Endpoint>,
    /// Seconds from the other leg's end to this one's.
    pub gap_s: f64,
    /// Codes on the front and on the back leg, where they differ.
    pub code_changed: Option<(u16, u16)>,
}

impl Elsewhere {
    /// Linked, and nothing known of how the other one ended.
    pub(super) fn new(mate: u64, hop: Option<Hop>) -> Self {
        Self { mate, hop, proxy: None, gap_s: 0.0, code_changed: None }
    }
}

impl End {
    /// Of a finding that had been open, and that somebody ended.
    pub(super) fn of(finding: &Finding) -> Option<Self> {
        let (record, ending) = (&finding.record, &finding.ending);
        let act = ending.closed.filter(|_| record.is_open() && !ending.hidden)?;
        let from = ending.closed_from?;
        let idle =
            |side: Side| record.last_sent_before(side, &act).map_or(f64::INFINITY, |last| act.at.seconds_since(last));
        let decided = ending.decided_by.and_then(|index| ending.frames.get(index));
        let asked = record.handshake.asked.as_ref();
        Some(Self {
            id: finding.id,
            at: act.at,
            packet: act.packet,
            from,
            code: decided.map(|frame| frame.code.map_or(1005, |code| code.0)),
            cause: finding.diagnosis.cause,
            client: record.endpoint(Side::Client),
            server: record.endpoint(Side::Server),
            opened_at: record.first.at,
            idle_s: Side::BOTH.map(idle),
            seen_from_start: record.side(Side::Client).tcp.syn.is_some(),
            proxied: asked.is_some_and(|asked| asked.forwarded_for().is_some() || asked.via.is_some()),
            open_then: 0,
            elsewhere: None,
        })
    }

    /// Takes the other leg in: this one speaks for both, as the one on which the deciding act was done.
    pub(super) fn decide(&mut self, mate: &LegEnd, is_front: bool) {
        let Some(elsewhere) = &mut self.elsewhere else { return };
        let (front, back) = if is_front { (self.server, mate.server) } else { (mate.server, self.server) };
        elsewhere.proxy = Some(front);
        elsewhere.gap_s = mate.at.map_or(0.0, |at| self.at.seconds_since(at));
        let codes = if is_front { (self.code, mate.code) } else { (mate.code, self.code) };
        elsewhere.code_changed = codes.0.zip(codes.1).filter(|(front, back)| front != back);
        let upstream = elsewhere.hop == Some(Hop::Upstream);
        self.server = if upstream { back } else { front };
        if upstream && is_front {
            self.at = mate.at.map_or(self.at, |at| at.min(self.at));
            self.packet = mate.packet;
            self.cause = mate.cause;
        }
    }

    /// Which hop ended it, where both legs tell.
    pub(super) fn hop(&self) -> Option<Hop> {
        self.elsewhere.as_ref()?.hop
    }

    /// Seconds for which nobody had sent anything.
    pub(super) fn silence_s(&self) -> f64 {
        let [client, server] = self.idle_s;
        client.min(server)
    }

    pub(super) fn age_s(&self) -> f64 {
        self.at.seconds_since(self.opened_at)
    }

    /// No Close frame was sent.
    pub(super) fn is_bare(&self) -> bool {
        self.code.is_none()
    }

    /// A client that says goodbye: its own business, however many do so.
    pub(super) fn is_farewell(&self) -> bool {
        self.from == Side::Client && !self.is_bare() && !self.proxied
    }
}
