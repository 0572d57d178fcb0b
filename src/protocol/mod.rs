//! What a stream speaks: state machines over the parsers of `wire`.
//!
//! Given the ordered bytes of both directions, says as events what they show. A machine that finds another protocol
//! inside — an upgrade, a tunnel, TLS — becomes it. The only file that knows them all.

mod detect;
mod http1;
mod preamble;
mod secured;
pub mod tls;
pub mod websocket;

use crate::event::{Events, Mark};
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use detect::Detecting;
use http1::Http1;
use secured::Secured;
use tls::{Keys, Workspace};
use websocket::WebSocket;

/// What a stream speaks, as far as it is known.
#[derive(Default, Debug)]
pub enum Protocol {
    /// Nothing of it was seen.
    #[default]
    Unknown,
    /// Its first bytes are being looked at.
    Detecting(Box<Detecting>),
    /// HTTP/1, which may become a WebSocket.
    Http1(Box<Http1>),
    /// A WebSocket.
    WebSocket(WebSocket),
    /// TLS, and what it carries.
    Tls(Box<Secured>),
    /// Nothing that can be or become a WebSocket.
    Opaque,
}

/// What the machines know of the flow around them.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The stream of this direction was joined after its start.
    pub late: ByDir<bool>,
    /// TLS secrets.
    pub keys: &'a Keys,
    /// Buffers for TLS records.
    pub workspace: &'a Workspace,
}

/// What a machine wants after a piece of content.
enum Step {
    /// Go on as it is.
    Stay,
    /// The stream speaks another protocol from here on; these bytes are the new machine's first.
    Become(Protocol, Vec<(Dir, Vec<u8>)>),
    /// The same, where the bytes that waited came in earlier packets.
    BecomeLate(Protocol, Vec<Waited>),
}

/// Bytes that waited until it was known what they are.
#[derive(Debug)]
struct Waited {
    dir: Dir,
    mark: Mark,
    content: Content<'static>,
}

impl Waited {
    fn bytes(&self) -> &[u8] {
        match &self.content {
            Content::Data(bytes) => bytes,
            Content::Gap(_) => &[],
        }
    }
}

impl Protocol {
    /// Takes the next piece of one direction's stream.
    #[inline]
    pub fn push(&mut self, dir: Dir, content: &Content<'_>, context: &Context<'_>, events: &mut Events<'_>) {
        let step = match self {
            Self::WebSocket(websocket) => return websocket.push(dir, content, events),
            Self::Opaque => return,
            Self::Tls(secured) => return secured.push(dir, content, context, events),
            Self::Http1(http1) => http1.push(dir, content, context, events),
            Self::Detecting(detecting) => detecting.push(dir, content, context, events),
            Self::Unknown => {
                // Nearly all that matters begins with a request: no need to think about it, nor to copy it.
                let request = matches!(content, Content::Data(bytes) if Http1::may_start(bytes));
                *self = if request { Self::Http1(Box::default()) } else { Self::Detecting(Box::default()) };
                return self.push(dir, content, context, events);
            }
        };
        match step {
            Step::Stay => {}
            Step::Become(protocol, first) => {
                *self = protocol;
                for (dir, bytes) in first.into_iter().filter(|(_, bytes)| !bytes.is_empty()) {
                    self.push(dir, &Content::Data(bytes.into()), context, events);
                }
            }
            Step::BecomeLate(protocol, waited) => {
                *self = protocol;
                self.read_waited(waited, context, events);
            }
        }
    }

    fn read_waited(&mut self, waited: Vec<Waited>, context: &Context<'_>, events: &mut Events<'_>) {
        let now = events.mark();
        for Waited { dir, mark, content } in waited {
            events.stamp(mark);
            self.push(dir, &content, context, events);
        }
        events.stamp(now);
    }

    /// The stream is over: says what was left unfinished. `unseen`: not a packet of that direction was captured.
    pub fn finish(&mut self, context: &Context<'_>, unseen: ByDir<bool>, events: &mut Events<'_>) {
        match self {
            Self::WebSocket(websocket) => websocket.finish(events),
            Self::Http1(http1) => match http1.unanswered(unseen) {
                Some((protocol, waited)) => {
                    *self = protocol;
                    self.read_waited(waited, context, events);
                    self.finish(context, unseen, events);
                }
                None => http1.finish(events),
            },
            Self::Tls(secured) => secured.finish(context, unseen, events),
            Self::Unknown | Self::Detecting(_) | Self::Opaque => {}
        }
    }

    /// Nothing more can come of this stream: its bytes need not be looked at.
    pub fn is_opaque(&self) -> bool {
        match self {
            Self::Opaque => true,
            Self::Tls(secured) => secured.is_opaque(),
            _ => false,
        }
    }
}
