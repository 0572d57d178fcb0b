//! The one vocabulary between bytes and facts: what the protocols say they saw.
//!
//! Protocol machines say what they see, and whoever listens folds it into a record at once. Events state what was on the
//! wire and judge nothing.

pub mod http;
pub mod key;
mod near;
mod repeated;
mod shared;
pub mod tls;
pub mod websocket;

use std::num::NonZeroU32;
use std::sync::Arc;

use http::{AnsweredCommon, AskedCommon};
pub use near::Near;
use repeated::Repeated;
pub use repeated::{Known, Spot};
use shared::Shared;
use websocket::{Frame, WebSocketEvent};

use crate::limits::SHARED_BYTES;
use crate::packet::{Dir, PacketRef};
use crate::time::Timestamp;

/// A point in the story of one flow: when, in which packet, and where in both sequence spaces.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mark {
    /// Capture time.
    pub at: Timestamp,
    /// The packet.
    pub packet: PacketRef,
    /// Sequence number of the bytes it concerns.
    pub seq: u32,
    /// What its sender had received of the other direction when it sent this; None where the segment carried no ACK.
    ///
    /// Orders events of the two directions causally, where clocks or taps are skewed. That 0 counts as none loses one
    /// number of four billion, and keeps marks, of which there are many, small.
    pub acked: Option<NonZeroU32>,
}

impl Mark {
    /// The sender of `self` had already received what `other` (of the opposite direction) carries.
    pub fn is_answer_to(&self, other: &Self) -> bool {
        self.acked.is_some_and(|acked| acked.get().wrapping_sub(other.seq).cast_signed() > 0)
    }

    /// `self` happened before `other`, which came from the opposite direction: by acknowledgment, else by time.
    pub fn precedes(&self, other: &Self) -> bool {
        match (other.is_answer_to(self), self.is_answer_to(other)) {
            (true, false) => true,
            (false, true) => false,
            _ => (self.at, self.packet) <= (other.at, other.packet),
        }
    }
}

/// A point in the story that need not be compared with the other direction's.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct When {
    /// Capture time.
    pub at: Timestamp,
    /// The packet.
    pub packet: PacketRef,
}

impl From<Mark> for When {
    fn from(mark: Mark) -> Self {
        Self { at: mark.at, packet: mark.packet }
    }
}

/// One thing seen, and where.
#[derive(Clone, PartialEq, Debug)]
pub struct Event {
    /// When and where.
    pub mark: Mark,
    /// Direction of the bytes that showed it.
    pub dir: Dir,
    /// What was seen.
    pub what: What,
}

/// What was seen.
#[derive(Clone, PartialEq, Debug)]
pub enum What {
    /// Of an HTTP/1 or HTTP/2 handshake.
    Http(http::HttpEvent),
    /// Of the WebSocket itself.
    WebSocket(WebSocketEvent),
    /// Of the TLS layer.
    Tls(tls::TlsEvent),
    /// A wrapper was stepped over.
    Via(Box<Via>),
    /// Bytes of this direction are missing from the capture.
    Missing {
        /// How many.
        bytes: u64,
    },
}

/// A wrapper around the stream: PROXY protocol, HTTP CONNECT or SOCKS5.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Via {
    /// `proxy-protocol`, `connect` or `socks5`.
    pub kind: &'static str,
    /// The true client, where the wrapper tells it.
    pub client: Option<String>,
    /// Where the wrapper was asked to go.
    pub target: Option<String>,
}

/// Whoever is told what the protocols see, in order.
pub trait Listener {
    /// Itself, for those who need not know who listens.
    fn as_dyn(&mut self) -> &mut (dyn Listener + '_);

    /// Something was seen.
    fn hear(&mut self, event: Event);

    /// The first text message of a direction was seen, or the beginning of it: of nearly every connection.
    fn hear_text(&mut self, mark: Mark, dir: Dir, text: &[u8]) {
        self.hear(Event { mark, dir, what: What::WebSocket(WebSocketEvent::Text(text.into())) });
    }

    /// A frame was seen: what is heard most.
    fn hear_frame(&mut self, mark: Mark, dir: Dir, frame: Frame) {
        self.hear(Event { mark, dir, what: What::WebSocket(WebSocketEvent::Frame(frame)) });
    }
}

/// Keeps all of it.
impl Listener for Vec<Event> {
    fn as_dyn(&mut self) -> &mut (dyn Listener + '_) {
        self
    }

    fn hear(&mut self, event: Event) {
        self.push(event);
    }
}

/// What many handshakes have in common, kept once for all connections.
#[derive(Debug)]
pub struct Common {
    texts: Shared<str>,
    asked: Shared<AskedCommon<'static>>,
    answered: Shared<AnsweredCommon<'static>>,
    requests: Repeated<AskedCommon<'static>>,
    answers: Repeated<AnsweredCommon<'static>>,
}

impl Default for Common {
    fn default() -> Self {
        Self {
            texts: Shared::default(),
            asked: Shared::default(),
            answered: Shared::default(),
            // A key is 16 bytes, the answer to it 20 (RFC 6455 §4.1, §4.2.2), both as Base64.
            requests: Repeated::new("\r\nSec-WebSocket-Key: ", 24),
            answers: Repeated::new("\r\nSec-WebSocket-Accept: ", 28),
        }
    }
}

/// Where the protocols say what they see: stamped with the bytes in work, told to the listener. Who that is matters only
/// where frames are read, many to a packet: there it is known, so that nothing is called.
pub struct Events<'a, L: ?Sized = dyn Listener + 'a> {
    listener: &'a mut L,
    common: &'a mut Common,
    mark: Mark,
}

impl<'a, L: Listener + ?Sized> Events<'a, L> {
    /// What is said was seen at `mark`, until another stamp comes.
    #[inline]
    pub fn new(listener: &'a mut L, common: &'a mut Common, mark: Mark) -> Self {
        Self { listener, common, mark }
    }

    /// The same for those who need not know who listens.
    #[inline]
    pub fn as_dyn(&mut self) -> Events<'_> {
        Events { listener: self.listener.as_dyn(), common: self.common, mark: self.mark }
    }

    /// What follows was seen at `mark`.
    #[inline]
    pub fn stamp(&mut self, mark: Mark) {
        self.mark = mark;
    }

    /// The stamp in force.
    #[inline]
    pub fn mark(&self) -> Mark {
        self.mark
    }

    /// The text as one that all connections share.
    pub fn share_text(&mut self, text: &str) -> Arc<str> {
        self.common.texts.share(text, text.len() <= SHARED_BYTES, |known, text| known == *text, Arc::from)
    }

    /// What requests say alike, as one value that they share. One like it is known by `spot` from now on, unless it holds
    /// credentials, which are not kept; `deflate` is known with it.
    pub fn share_asked(
        &mut self,
        common: AskedCommon<'_>,
        spot: Option<Spot<'_>>,
        deflate: bool,
    ) -> Arc<AskedCommon<'static>> {
        let (usual, known_by) = (common.is_usual(), spot.filter(|_| !common.credentials));
        let own = |common: AskedCommon<'_>| Arc::new(common.into_owned());
        let common = self.common.asked.share(common, usual, |known, common| known == common, own);
        if let Some(spot) = known_by.filter(|_| usual) {
            self.common.requests.learn(&spot, Known { common: Arc::clone(&common), deflate });
        }
        common
    }

    /// What answers say alike, as one value that they share. One like it is known by `spot` from now on, and `deflate` with
    /// it.
    pub fn share_answered(
        &mut self,
        common: AnsweredCommon<'_>,
        spot: Option<Spot<'_>>,
        deflate: bool,
    ) -> Arc<AnsweredCommon<'static>> {
        let usual = common.is_usual();
        let own = |common: AnsweredCommon<'_>| Arc::new(common.into_owned());
        let common = self.common.answered.share(common, usual, |known, common| known == common, own);
        if let Some(spot) = spot.filter(|_| usual) {
            self.common.answers.learn(&spot, Known { common: Arc::clone(&common), deflate });
        }
        common
    }

    /// The fields of a request, but for its key.
    pub fn spot_request<'f>(&self, fields: &'f [u8]) -> Option<Spot<'f>> {
        self.common.requests.spot(fields)
    }

    /// What such a request says, if one like it was learned.
    pub fn known_request(&self, head: &Spot<'_>) -> Option<Known<AskedCommon<'static>>> {
        self.common.requests.find(head)
    }

    /// An answer, but for its accept value.
    pub fn spot_answer<'h>(&self, head: &'h [u8]) -> Option<Spot<'h>> {
        self.common.answers.spot(head)
    }

    /// What such an answer says, if one like it was learned.
    pub fn known_answer(&self, head: &Spot<'_>) -> Option<Known<AnsweredCommon<'static>>> {
        self.common.answers.find(head)
    }

    /// Says that something was seen in direction `dir`.
    #[inline]
    pub fn emit(&mut self, dir: Dir, what: What) {
        self.listener.hear(Event { mark: self.mark, dir, what });
    }

    /// An HTTP event.
    pub fn http(&mut self, dir: Dir, event: http::HttpEvent) {
        self.emit(dir, What::Http(event));
    }

    /// A WebSocket event.
    #[inline]
    pub fn websocket(&mut self, dir: Dir, event: WebSocketEvent) {
        self.emit(dir, What::WebSocket(event));
    }

    /// The first text message, or the beginning of it.
    pub fn text(&mut self, dir: Dir, text: &[u8]) {
        self.listener.hear_text(self.mark, dir, text);
    }

    /// A frame.
    #[inline]
    pub fn frame(&mut self, dir: Dir, frame: Frame) {
        self.listener.hear_frame(self.mark, dir, frame);
    }

    /// A TLS event.
    pub fn tls(&mut self, dir: Dir, event: tls::TlsEvent) {
        self.emit(dir, What::Tls(event));
    }
}
