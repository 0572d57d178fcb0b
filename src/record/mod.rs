//! Everything seen of one WebSocket connection, and no opinion about it.
//!
//! Events and TCP's signals are folded into a [`Record`]; [`Record::ending`] derives from it how the connection ended:
//! 1005, 1006 and 1015 are derived, never stored. Why it ended so is for `diagnosis`.

mod attempt;
mod beside;
mod ending;
mod facts;
mod handshake;
mod live;
mod pings;
mod recorder;
mod redact;
pub mod shape;
mod tls;
mod told;

pub use attempt::{Attempt, Clues, Step, connection_id};
pub use ending::{CloseFrame, ClosingHandshake, Ending, State, TransportEnd, TransportEndKind};
pub use facts::{
    BreachSeen, CloseSeen, FrameSeen, Handshake, HandshakeState, Injected, Oddities, Partial, Problem, SideRecord,
};
pub use pings::Pings;
pub use recorder::{Origin, Recorder};
pub use tls::{AlertSeen, TlsFacts, TlsOutcome};
pub use told::Told;

use crate::event::{Mark, Via, When};
use crate::packet::{ByDir, Dir, Endpoint, FlowKey, PacketRef, Unreachable};
use crate::time::Timestamp;

/// A role in a WebSocket connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Side {
    /// Who opened it, asked for the upgrade, masks its frames.
    Client,
    /// Who was asked.
    Server,
}

impl Side {
    /// Both.
    pub const BOTH: [Self; 2] = [Self::Client, Self::Server];

    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Client => Self::Server,
            Self::Server => Self::Client,
        }
    }

    /// `client` or `server`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
        }
    }
}

/// How it is known which side is the client; the later the stronger.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Debug)]
pub enum RoleEvidence {
    /// Guessed: the higher port.
    #[default]
    Ports,
    /// It masks its frames, or its peer does not.
    Mask,
    /// It sent the SYN.
    Syn,
    /// It sent the request.
    Request,
}

/// Why this is taken for a WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Detected {
    /// Its opening handshake was seen, or asked for.
    Handshake,
    /// By its frames alone: so many chained up, or more than can be counted here.
    Frames(u8),
    /// An attempt at a server known to speak WebSocket.
    KnownServer,
    /// By the shape of its TLS records.
    TlsShape,
}

/// How following the connection came to an end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Over {
    /// TCP ended (or a limit of time passed after one side did).
    #[default]
    Ended,
    /// The input ended first.
    EndOfInput,
    /// A limit was reached and this flow had to go.
    Evicted,
    /// Live: a Close was seen, and TCP goes on.
    Closing,
}

/// Everything seen of one WebSocket connection, or of an attempt at one.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its addresses, in sorted order, and where it was seen.
    pub key: FlowKey,
    /// The direction in which the client sends.
    pub client: Dir,
    /// How that is known.
    pub role: RoleEvidence,
    /// Wireshark's `tcp.stream`: connections numbered in order of their first packet.
    pub tcp_stream: u64,
    /// HTTP/2 stream, where the WebSocket runs over one.
    pub h2_stream: Option<u32>,
    /// Capturing interface, counted within the file.
    pub interface: u32,
    /// Its first packet.
    pub first: When,
    /// The last packet seen of it.
    pub last: When,
    /// Wrappers stepped over, outermost first.
    pub via: Vec<Via>,
    /// Why it is taken for a WebSocket.
    pub detected: Detected,
    /// The opening handshake.
    pub handshake: Handshake,
    /// What each direction showed.
    pub sides: ByDir<SideRecord>,
    /// Close frames, in order of appearance.
    pub closes: Vec<CloseSeen>,
    /// The last frame of each direction when the first Close came: since when it was quiet.
    pub before_close: ByDir<Option<When>>,
    /// Breaches of the protocol, bounded.
    pub breaches: Vec<BreachSeen>,
    /// Breaches beyond the bound.
    pub breaches_more: u32,
    /// An HTTP answer written into the tunnel.
    pub injected: Option<Injected>,
    /// TLS below it.
    pub tls: Option<Box<TlsFacts>>,
    /// The last ICMP error about it.
    pub unreachable: Option<Box<Unreachable>>,
    /// The newest packet of the whole input when following it ended: how long it had been silent.
    pub input_at: Timestamp,
    /// How following it came to an end.
    pub over: Over,
}

impl Record {
    /// The direction in which `side` sends.
    pub fn dir(&self, side: Side) -> Dir {
        match side {
            Side::Client => self.client,
            Side::Server => self.client.opposite(),
        }
    }

    /// The side that sends in direction `dir`.
    pub fn side_of(&self, dir: Dir) -> Side {
        if dir == self.client { Side::Client } else { Side::Server }
    }

    /// What `side` sent.
    pub fn side(&self, side: Side) -> &SideRecord {
        &self.sides[self.dir(side)]
    }

    /// Address and port of `side`.
    pub fn endpoint(&self, side: Side) -> Endpoint {
        self.key.source(self.dir(side))
    }

    /// When `side` had last sent anything before `act` ended the connection (control frames count, `act` does not).
    pub fn last_sent_before(&self, side: Side, act: &Mark) -> Option<Timestamp> {
        let first_close = self.closes.first().is_some_and(|close| close.mark.packet == act.packet);
        let handshake = if side == Side::Client { self.handshake.asked_mark } else { self.handshake.answered_mark };
        if first_close {
            return self.before_close[self.dir(side)].map(|mark| mark.at).or(handshake.map(|mark| mark.at));
        }
        self.side(side).tcp.last_payload.map(|mark| mark.at).filter(|at| *at <= act.at)
    }

    /// The first packet's reference.
    pub fn first_packet(&self) -> PacketRef {
        self.first.packet
    }

    /// The upgrade was agreed, as far as the capture shows, or frames show that it must have been.
    pub fn is_open(&self) -> bool {
        matches!(self.handshake.state, HandshakeState::Accepted | HandshakeState::Unseen)
    }
}
