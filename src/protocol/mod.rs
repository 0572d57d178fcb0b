//! What a stream speaks: state machines over the parsers of `wire`.
//!
//! Given the ordered bytes of both directions, says as events what they show. A machine that finds another protocol
//! inside — an upgrade, a tunnel, TLS — becomes it. The only file that knows them all.

mod detect;
mod http1;
mod preamble;
pub mod websocket;

use crate::event::Events;
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use detect::Detecting;
use http1::Http1;
use websocket::WebSocket;

/// What a stream speaks, as far as it is known.
#[derive(Debug)]
pub enum Protocol {
    /// Its first bytes are being looked at.
    Detecting(Box<Detecting>),
    /// HTTP/1, which may become a WebSocket.
    Http1(Box<Http1>),
    /// A WebSocket.
    WebSocket(Box<WebSocket>),
    /// Nothing that can be or become a WebSocket.
    Opaque,
}

/// What the machines know of the flow around them.
#[derive(Clone, Copy, Debug)]
pub struct Context {
    /// The stream of this direction was joined after its start.
    pub late: ByDir<bool>,
    /// Nothing of this direction was seen at all.
    pub unseen: ByDir<bool>,
}

/// What a machine wants after a piece of content.
enum Step {
    /// Go on as it is.
    Stay,
    /// The stream speaks another protocol from here on; these bytes are the new machine's first.
    Become(Protocol, Vec<(Dir, Vec<u8>)>),
}

impl Default for Protocol {
    fn default() -> Self {
        Self::Detecting(Box::default())
    }
}

impl Protocol {
    /// Takes the next piece of one direction's stream.
    #[inline]
    pub fn push(&mut self, dir: Dir, content: Content<'_>, context: &Context, events: &mut Events) {
        let step = match self {
            Self::WebSocket(websocket) => return websocket.push(dir, &content, events),
            Self::Opaque => return,
            Self::Http1(http1) => http1.push(dir, &content, events),
            Self::Detecting(detecting) => detecting.push(dir, &content, context, events),
        };
        if let Step::Become(protocol, first) = step {
            *self = protocol;
            for (dir, bytes) in first {
                if !bytes.is_empty() {
                    self.push(dir, Content::Data(bytes.into()), context, events);
                }
            }
        }
    }

    /// The stream is over: says what was left unfinished.
    pub fn finish(&mut self, events: &mut Events) {
        match self {
            Self::WebSocket(websocket) => websocket.finish(events),
            Self::Http1(http1) => http1.finish(events),
            Self::Detecting(_) | Self::Opaque => {}
        }
    }

    /// Nothing more can come of this stream: its bytes need not be looked at.
    pub fn is_opaque(&self) -> bool {
        matches!(self, Self::Opaque)
    }
}
