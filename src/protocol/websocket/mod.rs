//! A WebSocket, both directions (RFC 6455).
//!
//! Given each direction's bytes after the upgrade, or from somewhere in the middle, says what frames there are, which
//! rules they break, and where reading went on after a gap. Holds no payload but that of a control frame in progress.

mod directions;
mod mid_stream;
mod reader;
mod search;
mod utf8;
mod walk;
mod whole;

pub use mid_stream::MidStream;

use crate::event::websocket::{Recognition, WebSocketEvent};
use crate::event::{Events, Listener};
use crate::packet::Dir;
use crate::tcp::Content;
use directions::Directions;
use reader::Reader;

/// Both directions of a WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    directions: Directions,
}

/// What is agreed on, as far as it is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Agreement {
    /// The direction in which the client sends; None while it is not known.
    pub client: Option<Dir>,
    /// permessage-deflate (RFC 7692): RSV1 has a meaning. None where the handshake was not seen.
    pub deflate: Option<bool>,
}

impl WebSocket {
    /// A WebSocket whose handshake was seen: both directions stand at a frame boundary.
    pub fn after_handshake(agreement: Agreement, events: &mut Events<'_>) -> Self {
        if let Some(client) = agreement.client {
            events.websocket(client, WebSocketEvent::Begins { by: Recognition::Handshake });
        }
        Self { directions: Directions::at_start(agreement) }
    }

    /// A WebSocket met in mid-stream: each direction looks for its first boundary.
    pub fn in_mid_stream(agreement: Agreement) -> Self {
        let readers = Dir::BOTH.map(|dir| Reader::lost(dir, agreement));
        Self { directions: Directions::inside(agreement, readers) }
    }

    /// The next byte of `dir` may be anywhere in a frame.
    pub fn lose_boundary(&mut self, dir: Dir, events: &mut Events<'_>) {
        self.directions.read(dir, |reader| reader.say_lost(events));
    }

    /// Takes the next piece of one direction's stream.
    #[inline]
    pub fn push<L: Listener + ?Sized>(&mut self, dir: Dir, content: &Content<'_>, events: &mut Events<'_, L>) {
        self.directions.push(dir, content, events);
    }

    /// The stream is over: says where it ended inside a frame or message.
    pub fn finish(&mut self, events: &mut Events<'_>) {
        for dir in Dir::BOTH {
            self.directions.read(dir, |reader| reader.finish(events));
        }
    }
}

#[cfg(test)]
mod tests;
