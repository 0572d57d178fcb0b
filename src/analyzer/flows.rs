//! All flows being followed, and the findings that come of them.
//!
//! Given segments in order of capture, finds each one's flow, ends flows when their time has come, and queues what is
//! found. Attempts that need to know more of their server wait in [`Attempts`].

use std::net::SocketAddr;

use super::attempts::Attempts;
use super::clock::Clock;
use super::ended::Ended;
use super::flow::{Flow, Shared};
use super::news::News;
use super::shard::Shard;
use super::timers::{Due, Timers};
use super::{Config, Statistics, Waiting};
use crate::catalogue::Vocabularies;
use crate::diagnosis::Finding;
use crate::limits::FLOWS;
use crate::packet::{FlowKey, Segment, Unreachable};
use crate::record::{Over, Record, Side};
use crate::tcp::table::{FlowTable, Hash, Slot};
use crate::time::Timestamp;

/// Flows and findings.
#[derive(Default, Debug)]
pub(super) struct Flows {
    table: FlowTable<Flow>,
    ended: Ended,
    /// Once the input is over: flows that are still to be ended, the latest first.
    left: Option<Vec<Slot>>,
    clock: Clock,
    timers: Timers,
    attempts: Attempts,
    statistics: Statistics,
    vocabularies: Vocabularies,
    shared: Shared,
    live: bool,
    shard: Option<Shard>,
}

impl Flows {
    pub(super) fn new(config: Config) -> Self {
        let attempts = Attempts::new(&config.websocket_servers);
        let Config { vocabularies, live, shard, .. } = config;
        Self { attempts, vocabularies, live, shard, ..Self::default() }
    }

    /// Time has come to be `at`.
    #[inline(always)]
    pub(super) fn advance(&mut self, at: Timestamp) {
        let now = self.clock.advance(at);
        self.shared.news.now = now;
        if self.timers.is_due(now) {
            self.run_timers();
        }
    }

    /// TLS secrets may come late.
    pub(super) fn expect_secrets(&mut self) {
        self.shared.secrets.keys.expect_more();
    }

    /// More TLS secrets.
    pub(super) fn learn_secrets(&mut self, log: &[u8]) {
        self.shared.secrets.keys.append(log);
    }

    pub(super) fn news_len(&self) -> usize {
        self.shared.news.len()
    }

    pub(super) fn tell_news(&mut self, tell: impl FnMut(Timestamp, News<'_>)) {
        let Shared { news, told, .. } = &mut self.shared;
        news.tell(&self.vocabularies, told, tell);
    }

    pub(super) fn next_finding(&mut self) -> Option<Box<Finding>> {
        let Shared { news, told, .. } = &mut self.shared;
        news.next_finding(&self.vocabularies, told)
    }

    pub(super) fn take_back(&mut self, told: Box<Finding>) {
        self.shared.news.take_back(told);
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) fn statistics(&self) -> Statistics {
        Statistics { clock_steps: self.clock.steps, ..self.statistics }
    }

    /// The input is over: ends at most so many of the flows that are still open, in the order of their beginnings. False
    /// when there are no more.
    pub(super) fn finish_some(&mut self, max: usize) -> bool {
        let mut open = self.left.take().unwrap_or_else(|| self.latest_first());
        for slot in open.drain(open.len().saturating_sub(max)..).rev() {
            self.end_flow(slot, Over::EndOfInput);
        }
        let more = !open.is_empty();
        self.left = Some(open);
        if !more {
            for record in self.attempts.take_known() {
                self.report(record.into());
            }
        }
        more
    }

    fn latest_first(&self) -> Vec<Slot> {
        let mut open = self.table.all();
        open.sort_unstable_by_key(|slot| std::cmp::Reverse(self.table.entry(*slot).map(|flow| flow.tcp_stream)));
        open
    }

    /// Looks for the flows of segments to come, and asks for what these need of them: it comes while others are worked on.
    pub(super) fn look_ahead(&self, waiting: &mut [Waiting<'_>]) {
        for waiting in waiting.iter_mut() {
            if let Waiting::Segment { segment, hash, guess } = waiting {
                *guess = self.table.guess(*hash);
                if let Some(flow) = self.table.prefetch(*guess) {
                    flow.prefetch(segment);
                }
            }
        }
    }

    /// What its flow is looked for by.
    #[inline]
    pub(super) fn hash(&self, key: &FlowKey) -> Hash {
        self.table.hash(key)
    }

    /// Takes a segment whose flow was not looked for.
    pub(super) fn push_now(&mut self, segment: &Segment<'_>) {
        let hash = self.table.hash(&segment.key);
        self.push(segment, hash, self.table.guess(hash));
    }

    /// Takes a segment. `guess`: where its flow was a moment ago.
    #[inline(always)]
    pub(super) fn push(&mut self, segment: &Segment<'_>, hash: Hash, guess: Slot) {
        if self.shard.is_some_and(|shard| !shard.contains(&segment.key)) {
            return;
        }
        if !self.push_at(guess, segment, hash) {
            self.push_unguessed(segment, hash);
        }
    }

    /// Takes a segment if its flow is in `slot`.
    #[inline(always)]
    fn push_at(&mut self, slot: Slot, segment: &Segment<'_>, hash: Hash) -> bool {
        let Some(flow) = self.table.entry_of(&segment.key, slot) else { return false };
        if !flow.push_next(segment, &mut self.shared) {
            self.push_any(slot, segment, hash);
        } else if self.live {
            self.watch(slot);
        }
        true
    }

    #[inline(never)]
    fn push_unguessed(&mut self, segment: &Segment<'_>, hash: Hash) {
        if let Some(slot) = self.table.find(&segment.key, hash) {
            self.push_at(slot, segment, hash);
        } else if !self.is_afterthought(segment, hash) {
            let slot = self.follow(segment, hash);
            self.push_any(slot, segment, hash);
        }
    }

    /// Takes any segment of the flow in `slot`.
    #[inline(never)]
    fn push_any(&mut self, slot: Slot, segment: &Segment<'_>, hash: Hash) {
        let slot = if segment.flags().syn() { self.renew(slot, segment, hash) } else { slot };
        let Some(flow) = self.table.entry_mut(slot) else { return };
        flow.push(segment, &mut self.shared);
        let ending = flow.due_after(segment);
        if let Some(due) = ending {
            flow.due = Some(due);
            let stream = flow.tcp_stream;
            if due == Due::Now { self.end_flow(slot, Over::Ended) } else { self.look_again(due, slot, stream) }
        } else if self.live {
            self.watch(slot);
        }
    }

    /// Live, nobody waits for the end of the input: what is closing or lost is looked at again.
    fn watch(&mut self, slot: Slot) {
        let Some(flow) = self.table.entry_mut(slot) else { return };
        if let Some(due) = flow.due_live() {
            let stream = flow.tcp_stream;
            self.look_again(due, slot, stream);
        }
    }

    fn look_again(&mut self, due: Due, slot: Slot, stream: u64) {
        let holds = |slot, stream| self.table.entry(slot).is_some_and(|flow| flow.tcp_stream == stream);
        self.timers.set(due, self.clock.now(), slot, stream, holds);
    }

    /// A SYN may begin a new connection with the addresses and ports of an old one.
    fn renew(&mut self, slot: Slot, segment: &Segment<'_>, hash: Hash) -> Slot {
        if !self.table.entry(slot).is_some_and(|flow| flow.tcp.is_new_connection(segment)) {
            return slot;
        }
        self.end_flow(slot, Over::Ended);
        self.ended.remove(hash);
        self.follow(segment, hash)
    }

    /// It belongs to a connection that is over. A SYN begins a new one.
    fn is_afterthought(&mut self, segment: &Segment<'_>, hash: Hash) -> bool {
        if !self.ended.contains(hash, self.clock.now()) {
            return false;
        }
        let is_new = segment.flags().syn() && !segment.flags().ack();
        if is_new {
            self.ended.remove(hash);
        }
        !is_new
    }

    fn follow(&mut self, segment: &Segment<'_>, hash: Hash) -> Slot {
        if self.table.len() >= FLOWS {
            self.evict_one();
        }
        let tcp_stream = self.statistics.flows;
        self.statistics.flows += 1;
        self.table.insert(segment.key, hash, |flow| flow.begin(segment, tcp_stream))
    }

    /// Room for a new flow: of a few looked at, the one silent longest goes.
    fn evict_one(&mut self) {
        let Some(slot) = self.table.stalest(|flow| flow.tcp.last().at) else { return };
        self.statistics.flows_evicted += 1;
        self.end_flow(slot, Over::Evicted);
    }

    pub(super) fn push_unreachable(&mut self, unreachable: Unreachable) {
        let slot = self.table.find(&unreachable.key, self.table.hash(&unreachable.key));
        if let Some(flow) = slot.and_then(|slot| self.table.entry_mut(slot)) {
            flow.recorder.note_unreachable(unreachable);
        }
    }

    fn run_timers(&mut self) {
        while let Some((due, slot, stream)) = self.timers.next_due(self.clock.now()) {
            let Some(flow) = self.table.entry_mut(slot) else { continue };
            if flow.tcp_stream != stream {
                continue;
            }
            match due {
                Due::AfterClose => self.end_flow(slot, Over::Closing),
                Due::Unanswered if !flow.is_unanswered() => flow.watched_unanswered = false,
                Due::Now | Due::AfterReset | Due::AfterFin if !flow.has_ended() => flow.due = None, // nobody heeded the RST
                Due::Now | Due::AfterReset | Due::AfterFin | Due::Unanswered => self.end_flow(slot, Over::Ended),
            }
        }
    }

    /// Following a flow is over: its record, if it has one, becomes a finding.
    fn end_flow(&mut self, slot: Slot, over: Over) {
        let now = self.clock.now();
        let Some((key, flow)) = self.table.both_mut(slot) else { return };
        flow.read_to_end(key, &mut self.shared);
        self.statistics.tls_without_keys += u64::from(flow.lacks_keys());
        if let Some(record) = flow.record(key, now, over, &mut self.shared.told) {
            self.attempts.learn(&record);
            self.report(record);
        } else if flow.open_attempt()
            && let Some(record) = flow.record(key, now, over, &mut self.shared.told)
        {
            // An attempt at a WebSocket server that failed before any request could be read.
            self.shared.news.attempt(flow.failed_step(&record));
            self.attempts.hold(*record);
        }
        let Some(hash) = self.table.remove(slot) else { return };
        if over != Over::EndOfInput {
            self.ended.insert(hash, now);
        }
    }

    fn report(&mut self, record: Box<Record>) {
        self.statistics.missing_bytes += record.sides.0.iter().map(|side| side.tcp.missing_bytes).sum::<u64>();
        self.shared.news.record(record);
    }
}

/// The server's address, for comparison with what is known.
pub(super) fn server_of(record: &Record) -> SocketAddr {
    let server = record.endpoint(Side::Server);
    SocketAddr::new(server.ip(), server.port)
}
