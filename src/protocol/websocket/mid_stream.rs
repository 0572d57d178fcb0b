//! A WebSocket recognised without its handshake, by what both directions look like.
//!
//! Given the pieces of a stream of unknown protocol, seeks frames in both directions and adds up what speaks for them.
//! The client's are masked and the server's are not: which direction is whose is told with it. Look-alikes are many, so
//! a direction that should show frames and does not speaks against.

use super::directions::Directions;
use super::reader::Reader;
use super::search::{BITS_AT_END, Search};
use super::walk::Walk;
use super::{Agreement, WebSocket};
use crate::event::websocket::{Recognition, WebSocketEvent};
use crate::event::{Events, Mark};
use crate::packet::{ByDir, Dir};
use crate::tcp::Content;

/// Belief needed where both directions agree: one masks its frames, the other does not.
const BITS_AGREED: i32 = 34;
/// Belief needed where one direction shows frames and the other was not seen to send anything.
const BITS_ALONE: i32 = 40;
/// More, where nothing but headers speaks for it: other protocols have types and lengths as well.
const BITS_WITHOUT_CONTENT: i32 = 24;
/// So many segments of a direction without any frame speak against it.
const SEGMENTS_AGAINST: u32 = 3;
/// A Close answered with its own code (RFC 6455 §5.5.1) is worth a little less than those 16 bits.
const BITS_ECHOED: i32 = 12;

/// A stream that may be a WebSocket in mid-stream.
#[derive(Default, Debug)]
pub struct MidStream {
    searches: ByDir<Search>,
}

impl MidStream {
    /// Takes the next piece of one direction.
    pub fn push(&mut self, dir: Dir, mark: Mark, content: &Content<'_>) {
        self.searches[dir].push(mark, content);
    }

    /// The WebSocket that it is, once enough speaks for it; what was kept is read at once.
    pub fn recognise(&mut self, events: &mut Events<'_>) -> Option<WebSocket> {
        let (client, frames) = Dir::BOTH.into_iter().find_map(|client| Some((client, self.frames_if(client)?)))?;
        events.websocket(client, WebSocketEvent::Begins { by: Recognition::Frames { frames } });
        let agreement = Agreement { client: Some(client), deflate: None };
        let [forward, reverse] = std::mem::take(&mut self.searches).0;
        let readers =
            [Reader::searching(Dir::Forward, agreement, forward), Reader::searching(Dir::Reverse, agreement, reverse)];
        let mut websocket = WebSocket { directions: Directions::inside(agreement, readers) };
        websocket.read_kept(events);
        Some(websocket)
    }

    /// How many frames speak for a WebSocket of which `client` is the client's direction, if enough do.
    fn frames_if(&self, client: Dir) -> Option<u32> {
        let seen = |dir: Dir, masked| {
            self.searches[dir].best(Some(masked)).filter(|walk| walk.frames > 0 && walk.belief() > 0)
        };
        let walks = [seen(client, true), seen(client.opposite(), false)];
        let dirs = [client, client.opposite()];
        let belief: i32 = walks.iter().flatten().map(|walk| walk.belief()).sum();
        let mut need = if walks.iter().all(Option::is_some) { BITS_AGREED } else { BITS_ALONE };
        if walks.iter().flatten().all(|walk| walk.content_bits <= 0) {
            need += BITS_WITHOUT_CONTENT;
        }
        let against =
            |(walk, dir): (&Option<&Walk>, &Dir)| walk.is_none() && self.searches[*dir].segments() >= SEGMENTS_AGAINST;
        if walks.iter().zip(&dirs).any(against) {
            need *= 2;
        }
        let enough = belief + echo_bits(walks) >= need;
        enough.then(|| walks.iter().flatten().map(|walk| walk.frames).sum())
    }
}

fn echo_bits([up, down]: [Option<&Walk>; 2]) -> i32 {
    let code = |walk: Option<&Walk>| walk.and_then(Walk::close_body).and_then(|body| body.first_chunk::<2>().copied());
    if code(up).is_some() && code(up) == code(down) { BITS_ECHOED } else { 0 }
}

impl WebSocket {
    /// Reads again, in the order of the packets, what was kept while the boundaries were sought.
    fn read_kept(&mut self, events: &mut Events<'_>) {
        let now = events.mark();
        let mut pieces = Vec::new();
        for dir in Dir::BOTH {
            // Each alone need not be believed any more: together they are.
            let kept = self.directions.read(dir, |reader| reader.resume(BITS_AT_END, events));
            pieces.extend(kept.into_iter().map(|kept| (dir, kept)));
        }
        pieces.sort_by_key(|(_, kept)| (kept.mark.at, kept.mark.packet));
        for (dir, kept) in pieces {
            events.stamp(kept.mark);
            self.push(dir, &kept.content, events);
        }
        events.stamp(now);
    }
}
