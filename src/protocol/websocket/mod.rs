//! A WebSocket, both directions (RFC 6455).
//!
//! Given each direction's bytes after the upgrade, or from somewhere in the middle, says what frames there are, which
//! rules they break, and where reading went on after a gap. Holds no payload but that of a control frame in progress.

mod mid_stream;
mod reader;
mod search;
mod utf8;
mod walk;

pub use mid_stream::MidStream;

use crate::event::Events;
use crate::event::websocket::{Recognition, WebSocketEvent};
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;
use reader::Reader;

/// Both directions of a WebSocket.
#[derive(Debug)]
pub struct WebSocket {
    readers: ByDir<Reader>,
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
    pub fn after_handshake(agreement: Agreement, events: &mut Events) -> Self {
        if let Some(client) = agreement.client {
            events.websocket(client, WebSocketEvent::Begins { by: Recognition::Handshake });
        }
        Self { readers: ByDir(Dir::BOTH.map(|dir| Reader::new(dir, agreement))) }
    }

    /// A WebSocket met in mid-stream: each direction looks for its first boundary.
    pub fn in_mid_stream(agreement: Agreement) -> Self {
        Self { readers: ByDir(Dir::BOTH.map(|dir| Reader::lost(dir, agreement))) }
    }

    /// The next byte of `dir` may be anywhere in a frame.
    pub fn lose_boundary(&mut self, dir: Dir, events: &mut Events) {
        self.readers[dir].say_lost(events);
    }

    /// Reads a little of what the next bytes of `dir` need.
    #[inline]
    pub fn touch(&self, dir: Dir) -> u64 {
        self.readers[dir].touch()
    }

    /// Takes the next piece of one direction's stream.
    #[inline]
    pub fn push(&mut self, dir: Dir, content: &Content<'_>, events: &mut Events) {
        match content {
            Content::Data(bytes) => self.readers[dir].push(bytes, events),
            Content::Gap(bytes) => self.readers[dir].skip_gap(*bytes, events),
        }
    }

    /// The stream is over: says where it ended inside a frame or message.
    pub fn finish(&mut self, events: &mut Events) {
        for dir in Dir::BOTH {
            self.readers[dir].finish(events);
        }
    }
}

#[cfg(test)]
mod tests;
