//! One TCP connection: its sequence spaces, what it speaks, what is recorded of it.
//!
//! Given its segments, folds what they show into the record; says when the connection is to be looked at again.

use std::borrow::Cow;

use super::news::Queue;
use super::story::{Story, attempt};
use super::timers::Due;
use crate::event::{Common, Events, Mark, When};
use crate::limits::LOST_REPETITIONS;
use crate::packet::{ByDir, Dir, FlowKey, PacketRef, Segment};
use crate::prefetch::prefetch;
use crate::protocol::tls::{Keys, Workspace};
use crate::protocol::{Context, Protocol};
use crate::record::{Attempt, Origin, Over, Record, Recorder, Side, Step, TlsFacts, Told};
use crate::tcp::{Content, Tcp};
use crate::time::Timestamp;

/// What reading TLS takes.
#[derive(Default, Debug)]
pub(super) struct Secrets {
    pub keys: Keys,
    pub workspace: Workspace,
}

/// What all flows share.
#[derive(Default, Debug)]
pub(super) struct Shared {
    pub secrets: Secrets,
    pub common: Common,
    pub told: Told<Record>,
    pub news: Queue,
}

/// One TCP connection.
// Laid out as written: what every packet touches stands first, in two cache lines of three.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Flow {
    pub tcp: Tcp,
    pub protocol: Protocol,
    pub tcp_stream: u64,
    /// A timer for its end runs.
    pub due: Option<Due>,
    /// Live: a timer runs since the first Close.
    pub watched_close: bool,
    /// Live: a timer runs since something was repeated without an answer.
    pub watched_unanswered: bool,
    interface: u16,
    pub recorder: Recorder,
}

/// Of no segment yet: what stands in the place of a flow that is over.
impl Default for Flow {
    fn default() -> Self {
        let never = When { at: Timestamp::default(), packet: PacketRef::new(0, 1) };
        Self {
            interface: 0,
            tcp_stream: u64::MAX,
            tcp: Tcp::new(never),
            protocol: Protocol::default(),
            recorder: Recorder::default(),
            due: None,
            watched_close: false,
            watched_unanswered: false,
        }
    }
}

impl Flow {
    /// Its first segment has come.
    pub(super) fn begin(&mut self, segment: &Segment<'_>, tcp_stream: u64) {
        self.interface = u16::try_from(segment.interface).unwrap_or(u16::MAX); // there are not more (limits::INTERFACES_MAX)
        self.tcp_stream = tcp_stream;
        self.tcp = Tcp::new(When { at: segment.at, packet: segment.packet });
    }

    /// Takes a segment as nearly all are, see [`Tcp::accept_next`]. False for any other, of which nothing was taken.
    #[inline(always)]
    pub(super) fn push_next(&mut self, segment: &Segment<'_>, shared: &mut Shared) -> bool {
        let Some(mark) = self.tcp.accept_next(segment) else { return false };
        if !segment.payload.is_empty() {
            self.read(segment.dir, mark, &Content::Data(Cow::Borrowed(segment.payload)), &segment.key, shared);
        }
        true
    }

    /// Takes any segment.
    pub(super) fn push(&mut self, segment: &Segment<'_>, shared: &mut Shared) {
        let mut arrival = self.tcp.accept(segment);
        while let Some(chunk) = self.tcp.lend(segment, &mut arrival) {
            self.read(segment.dir, chunk.mark, &chunk.content, &segment.key, shared);
        }
        if self.tcp.has_late() {
            while let Some((dir, chunk)) = self.tcp.next_late(segment) {
                self.read(dir, chunk.mark, &chunk.content, &segment.key, shared);
            }
        }
    }

    #[inline]
    fn read(&mut self, dir: Dir, mark: Mark, content: &Content<'_>, key: &FlowKey, shared: &mut Shared) {
        if self.protocol.is_opaque() {
            return;
        }
        let origin = origin(key, self.tcp.first(), &self.tcp_stream, &self.interface);
        let Shared { secrets, common, told, news } = shared;
        let mut story = Story { recorder: &mut self.recorder, told, origin, news: Some((news, &self.tcp)) };
        let mut events = Events::new(&mut story, common, mark);
        match &mut self.protocol {
            // Most of what is read: it needs to know nothing of what is around it.
            Protocol::WebSocket(websocket) => websocket.push(dir, content, &mut events),
            protocol => protocol.push(dir, content, &context(&self.tcp, secrets), &mut events.as_dyn()),
        }
    }

    /// Asks for the cache lines that a segment needs.
    #[inline(always)]
    pub(super) fn prefetch(&self, segment: &Segment<'_>) {
        self.tcp.prefetch(segment.dir);
        if !segment.is_bare() || segment.flags().syn() {
            prefetch(&self.tcp_stream);
            self.recorder.prefetch(segment.dir);
        }
        if segment.begins_or_ends() {
            prefetch(&self.interface);
        }
    }

    /// That TCP itself did not come up.
    pub(super) fn failed_step(&self, record: &Record) -> Attempt {
        let refused = record.side(Side::Server).tcp.rst.as_ref().map(|reset| reset.mark);
        let step = if refused.is_some() { Step::Refused } else { Step::Unanswered };
        let origin = origin(&record.key, self.tcp.first(), &self.tcp_stream, &self.interface);
        attempt(&origin, record.client, refused.map_or(record.first, When::from), step)
    }

    /// What this segment says about the flow's end, unless a timer for that runs already.
    pub(super) fn due_after(&self, segment: &Segment<'_>) -> Option<Due> {
        if !self.tcp.has_ended() || !self.has_ended() {
            return None;
        }
        let due = if self.tcp.is_shut() && !self.tcp.is_reset() {
            Due::Now
        } else if self.tcp.is_reset() && !self.tcp.is_reset_doubtful() {
            Due::AfterReset
        } else if segment.flags().fin() || segment.flags().rst() {
            Due::AfterFin
        } else {
            return None;
        };
        (self.due.is_none_or(|set| due < set)).then_some(due)
    }

    /// Live: a Close was seen, or a repetition stays unanswered, and no timer runs for that yet.
    pub(super) fn due_live(&mut self) -> Option<Due> {
        if !self.watched_close && self.recorder.has_close() {
            self.watched_close = true;
            return Some(Due::AfterClose);
        }
        if !self.watched_unanswered && self.is_unanswered() {
            self.watched_unanswered = true;
            return Some(Due::Unanswered);
        }
        None
    }

    /// One side has repeated itself as often as it takes to call the connection lost.
    pub(super) fn is_unanswered(&self) -> bool {
        let stuck = |dir: Dir| self.tcp.seldom(dir).stuck.as_ref().is_some_and(|stuck| stuck.count >= LOST_REPETITIONS);
        Dir::BOTH.into_iter().any(|dir| stuck(dir) && self.tcp.sender(dir.opposite()).packets() > 0)
    }

    /// One side at least sent FIN or RST.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.tcp.is_reset() || self.tcp.has_fin()
    }

    /// Nothing more will come: reads what was held back.
    pub(super) fn read_to_end(&mut self, key: &FlowKey, shared: &mut Shared) {
        let Shared { secrets, common, told, .. } = shared;
        let first = *self.tcp.first();
        let (context, origin) = (context(&self.tcp, secrets), origin(key, &first, &self.tcp_stream, &self.interface));
        // What is read only now tells nothing in time.
        let mut story = Story { recorder: &mut self.recorder, told, origin, news: None };
        let When { at, packet } = self.tcp.last();
        let end = Mark { at, packet, seq: 0, acked: None };
        while let Some((dir, chunk)) = self.tcp.next_chunk_at_end(end) {
            self.protocol.push(dir, &chunk.content, &context, &mut Events::new(&mut story, common, chunk.mark));
        }
        let unseen = ByDir(Dir::BOTH.map(|dir| self.tcp.sender(dir).packets() == 0));
        self.protocol.finish(&context, unseen, &mut Events::new(&mut story, common, end));
        self.recorder.judge_shape(&self.tcp);
    }

    /// It was TLS, and could not be read.
    pub(super) fn lacks_keys(&self) -> bool {
        self.recorder.tls().is_some_and(TlsFacts::lacks_keys)
    }

    /// The record, if anything said WebSocket.
    pub(super) fn record(
        &mut self,
        key: &FlowKey,
        now: Timestamp,
        over: Over,
        told: &mut Told<Record>,
    ) -> Option<Box<Record>> {
        let first = *self.tcp.first();
        let origin = origin(key, &first, &self.tcp_stream, &self.interface);
        self.recorder.finish(&origin, &mut self.tcp, now, over, told)
    }

    /// Opens a record if it was refused, never answered, or failed in TLS, before any request; else gives false.
    pub(super) fn open_attempt(&mut self) -> bool {
        let client = self.failed_client();
        client.into_iter().for_each(|client| self.recorder.open_attempt(client));
        client.is_some()
    }

    /// Whose attempt failed so.
    fn failed_client(&self) -> Option<Dir> {
        let failed_tls = self.recorder.tls().filter(|tls| tls.has_failed(self.has_ended()));
        if let Some(client) = failed_tls.and_then(|tls| tls.client) {
            return Some(client);
        }
        let client = Dir::BOTH.into_iter().find(|dir| {
            let tcp = self.tcp.sender(*dir);
            tcp.has_syn() && !tcp.is_syn_ack()
        })?;
        let server = self.tcp.sender(client.opposite());
        let refused = self.tcp.seldom(client.opposite()).rst.is_some() && !server.has_syn();
        let unanswered = server.packets() == 0 && self.tcp.syns(client) > 1;
        let lossy = Dir::BOTH.into_iter().any(|dir| self.tcp.seldom(dir).missing_bytes > 0);
        (!lossy && (refused || unanswered)).then_some(client)
    }
}

#[inline]
fn origin<'a>(key: &'a FlowKey, first: &'a When, tcp_stream: &'a u64, interface: &'a u16) -> Origin<'a> {
    Origin { key, tcp_stream, interface, first }
}

fn context<'s>(tcp: &Tcp, secrets: &'s Secrets) -> Context<'s> {
    let late = ByDir(Dir::BOTH.map(|dir| !tcp.saw_start(dir)));
    Context { late, keys: &secrets.keys, workspace: &secrets.workspace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_its_key_and_its_record_fit_eight_cache_lines() {
        // Every packet of a wide capture waits for two of them, each frame for twice as many.
        let flow_at = size_of::<FlowKey>().next_multiple_of(8);
        assert!(flow_at + size_of::<Flow>() <= 8 * 64);
        assert_eq!((flow_at + std::mem::offset_of!(Flow, tcp) + Tcp::SENDERS_AT) % 64, 0, "each sender has a line");
        let frames_at = flow_at + std::mem::offset_of!(Flow, recorder) + Recorder::FRAMES_AT;
        assert_eq!(frames_at % 64, 0, "counters of frames begin with a line");
    }
}
