//! One TCP connection: its sequence spaces, what it speaks, what is recorded of it.
//!
//! Given its segments, folds what they show into the record; says when the connection is to be looked at again.

use super::news::Queue;
use super::timers::Due;
use crate::event::http::HttpEvent;
use crate::event::{Event, Events, Mark, What, When};
use crate::limits::LOST_REPETITIONS;
use crate::packet::{Dir, FlowKey, Segment};
use crate::protocol::tls::{Keys, Workspace};
use crate::protocol::{Context, Protocol};
use crate::record::{Attempt, Clues, Origin, Over, Record, Recorder, Side, Step, TlsFacts, connection_id};
use crate::tcp::{Chunk, Tcp};
use crate::time::Timestamp;

/// What reading TLS takes.
#[derive(Default, Debug)]
pub(super) struct Secrets {
    pub keys: Keys,
    pub workspace: Workspace,
}

/// One TCP connection.
// Laid out as written: what every packet touches stands first, in two or three cache lines.
#[repr(C)]
#[derive(Debug)]
pub(super) struct Flow {
    pub last: When,
    /// A timer for its end runs.
    pub due: Option<Due>,
    /// Live: a timer runs since the first Close.
    pub watched_close: bool,
    /// Live: a timer runs since something was repeated without an answer.
    pub watched_unanswered: bool,
    interface: u16,
    pub tcp: Tcp,
    pub protocol: Protocol,
    pub recorder: Recorder,
    pub first: When,
    pub tcp_stream: u64,
}

impl Flow {
    pub(super) fn new(segment: &Segment<'_>, tcp_stream: u64) -> Self {
        let mark = When { at: segment.at, packet: segment.packet };
        Self {
            first: mark,
            last: mark,
            interface: u16::try_from(segment.interface).unwrap_or(u16::MAX), // there are not more (limits::INTERFACES_MAX)
            tcp_stream,
            tcp: Tcp::default(),
            protocol: Protocol::default(),
            recorder: Recorder::default(),
            due: None,
            watched_close: false,
            watched_unanswered: false,
        }
    }

    /// Takes a segment as nearly all are, see [`Tcp::accept_next`]. False for any other, of which nothing was taken.
    #[inline(always)]
    pub(super) fn push_next(
        &mut self,
        segment: &Segment<'_>,
        secrets: &Secrets,
        events: &mut Events,
        news: &mut Queue,
    ) -> bool {
        let Some(chunk) = self.tcp.accept_next(segment) else { return false };
        self.last = When { at: segment.at, packet: segment.packet };
        if !segment.payload.is_empty() {
            self.read(segment.dir, &chunk, &segment.key, secrets, events, news);
        }
        true
    }

    /// Takes any segment.
    pub(super) fn push(&mut self, segment: &Segment<'_>, secrets: &Secrets, events: &mut Events, news: &mut Queue) {
        let arrival = self.tcp.accept(segment);
        self.last = When { at: segment.at, packet: segment.packet };
        if let Some(chunk) = self.tcp.lend(segment, &arrival) {
            self.read(segment.dir, &chunk, &segment.key, secrets, events, news);
        }
        if self.tcp.has_late() {
            while let Some((dir, chunk)) = self.tcp.next_late(segment) {
                self.read(dir, &chunk, &segment.key, secrets, events, news);
            }
        }
    }

    #[inline]
    fn read(
        &mut self,
        dir: Dir,
        chunk: &Chunk<'_>,
        key: &FlowKey,
        secrets: &Secrets,
        events: &mut Events,
        news: &mut Queue,
    ) {
        if self.protocol.is_opaque() {
            return;
        }
        events.stamp(chunk.mark);
        let context = self.context(secrets);
        self.protocol.push(dir, &chunk.content, &context, events);
        if !events.is_empty() {
            self.fold(key, events, Some(news));
        }
    }

    /// Reads a little of each cache line that a segment of `dir` will need, so that it comes near.
    #[inline]
    pub(super) fn touch(&self, dir: Dir) -> u64 {
        self.last.at.0.cast_unsigned() ^ self.tcp.touch(dir) ^ self.recorder.touch(dir)
    }

    fn origin(&self, key: &FlowKey) -> Origin {
        Origin { key: *key, tcp_stream: self.tcp_stream, interface: self.interface.into(), first: self.first }
    }

    #[inline]
    fn context<'s>(&self, secrets: &'s Secrets) -> Context<'s> {
        let blind = self.tcp.blind();
        Context { late: blind.start, unseen: blind.all, keys: &secrets.keys, workspace: &secrets.workspace }
    }

    fn fold(&mut self, key: &FlowKey, events: &mut Events, mut news: Option<&mut Queue>) {
        let origin = self.origin(key);
        for event in events.drain() {
            if let What::Http(http) = &event.what
                && let Some((news, attempt)) = news.as_mut().zip(self.step_of(key, &event, http))
            {
                news.attempt(attempt);
            }
            self.recorder.apply(event, &origin);
        }
    }

    /// What this says about an attempt to open a WebSocket.
    fn step_of(&self, key: &FlowKey, event: &Event, http: &HttpEvent) -> Option<Attempt> {
        let (client, step) = match http {
            HttpEvent::Asked(asked) => {
                let syn = self.tcp.syn_seq(event.dir);
                (event.dir, Step::Asked(Box::new(Clues::of(asked, syn))))
            }
            HttpEvent::Answered(answer) => (event.dir.opposite(), Step::Answered(answer.head.status)),
            _ => return None,
        };
        Some(self.attempt(key, client, event.mark.into(), event.stream, step))
    }

    fn attempt(&self, key: &FlowKey, client: Dir, mark: When, stream: Option<u32>, step: Step) -> Attempt {
        Attempt {
            id: connection_id(key, self.first.at, stream),
            at: mark.at,
            packet: mark.packet,
            client: key.source(client),
            server: key.source(client.opposite()),
            point: key.point,
            step,
        }
    }

    /// That TCP itself did not come up.
    pub(super) fn failed_step(&self, record: &Record) -> Attempt {
        let refused = record.side(Side::Server).tcp.rst.as_ref().map(|reset| reset.mark);
        let step = if refused.is_some() { Step::Refused } else { Step::Unanswered };
        self.attempt(&record.key, record.client, refused.map_or(record.first, When::from), None, step)
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
        let stuck = |dir: Dir| {
            self.tcp.sender(dir).seldom().stuck.as_ref().is_some_and(|stuck| stuck.count >= LOST_REPETITIONS)
        };
        Dir::BOTH.into_iter().any(|dir| stuck(dir) && self.tcp.sender(dir.opposite()).packets() > 0)
    }

    /// One side at least sent FIN or RST.
    #[inline]
    pub(super) fn has_ended(&self) -> bool {
        self.tcp.is_reset() || self.tcp.has_fin()
    }

    /// Nothing more will come: reads what was held back.
    pub(super) fn read_to_end(&mut self, key: &FlowKey, secrets: &Secrets, events: &mut Events) {
        let context = self.context(secrets);
        let end = Mark { at: self.last.at, packet: self.last.packet, seq: 0, acked: None };
        while let Some((dir, chunk)) = self.tcp.next_chunk_at_end(end) {
            events.stamp(chunk.mark);
            self.protocol.push(dir, &chunk.content, &context, events);
        }
        events.stamp(end);
        self.protocol.finish(&context, events);
        self.fold(key, events, None); // what is read only now tells nothing in time
        self.recorder.judge_shape(&self.tcp);
    }

    /// It was TLS, and could not be read.
    pub(super) fn lacks_keys(&self) -> bool {
        self.recorder.tls().is_some_and(TlsFacts::lacks_keys)
    }

    /// The record, if anything said WebSocket.
    pub(super) fn record(&mut self, key: &FlowKey, now: Timestamp, over: Over) -> Option<Box<Record>> {
        self.recorder.finish(&self.origin(key), &mut self.tcp, self.last, now, over)
    }

    /// The record of a connection that was refused, never answered, or failed in TLS, before any request.
    pub(super) fn failed_attempt(&mut self, key: &FlowKey, now: Timestamp, over: Over) -> Option<Box<Record>> {
        if let Some(client) =
            self.recorder.tls().filter(|tls| tls.has_failed(self.has_ended())).and_then(|tls| tls.client)
        {
            self.recorder.open_attempt(client);
            return self.recorder.finish(&self.origin(key), &mut self.tcp, self.last, now, over);
        }
        let client = Dir::BOTH.into_iter().find(|dir| {
            let tcp = self.tcp.sender(*dir);
            tcp.has_syn() && !tcp.is_syn_ack()
        })?;
        let server = self.tcp.sender(client.opposite());
        let refused = server.seldom().rst.is_some() && !server.has_syn();
        let unanswered = server.packets() == 0 && self.tcp.sender(client).syns() > 1;
        let lossy = Dir::BOTH.into_iter().any(|dir| self.tcp.sender(dir).seldom().missing_bytes > 0);
        if lossy || !(refused || unanswered) {
            return None;
        }
        self.recorder.open_attempt(client);
        self.recorder.finish(&self.origin(key), &mut self.tcp, self.last, now, over)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flow_and_its_key_fit_six_cache_lines() {
        // Every packet of a wide capture waits for them: a seventh would be a tenth of its time.
        assert!(size_of::<FlowKey>().next_multiple_of(8) + size_of::<Flow>() <= 6 * 64);
    }
}
