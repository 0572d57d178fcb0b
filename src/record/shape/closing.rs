//! The end of a connection that could not be read: a Close and its answer, one of them, or neither.

use std::time::Duration;

use super::{ALERT_BYTES, Ends, View};
use crate::event::tls::SealedRecord;
use crate::packet::{ByDir, Dir};
use crate::record::ClosingHandshake;
use crate::time::Timestamp;
use crate::wire::tls::{ContentType, Version};

/// A Close with a code and no reason, from the server; the client's is 4 longer.
const BARE_CLOSE: usize = 4;
/// `keepalive ping timeout` (22 bytes), the reason that a widespread library gives with 1011.
const PING_TIMEOUT_CLOSE: usize = 26;
/// Length of a masking key (RFC 6455 §5.2).
const KEY: usize = 4;
/// Longest frame of a Close (RFC 6455 §5.5), from the server.
const CLOSE_MAX: usize = 127;
/// After the last frame of a closing handshake TCP ends at once: one side's work, or a round trip.
const PROMPT: Duration = Duration::from_millis(60);

/// What stands at the end of the records.
type Closing = (ClosingHandshake, f64, Option<Dir>);

const UNTOLD: Closing = (ClosingHandshake::Unknown, 0.0, None);

impl View<'_> {
    pub(super) fn closing(&self, ends: &Ends) -> Closing {
        let (data, notified) = self.data_and_alert();
        let end = Dir::BOTH.iter().filter_map(|dir| Some((ends[*dir]?, *dir))).min();
        // An alert that answers the end of TCP tells nothing of how it came to that.
        let notified = notified.filter(|alert| end.is_none_or(|(at, _)| alert.at <= at));
        let over = end.is_some();
        let Some((end, by)) = notified.map(|alert| (alert.at, alert.dir)).or(end) else { return UNTOLD };
        let Some(last) = data.last() else { return UNTOLD };
        let closing = self.closing_of(&data, last, notified.is_some(), end, by);
        // What looks like an alert may be a ping without payload while the connection goes on.
        if !over && matches!(closing.0, ClosingHandshake::None) { UNTOLD } else { closing }
    }

    fn closing_of(
        &self,
        data: &[SealedRecord],
        last: &SealedRecord,
        notified: bool,
        end: Timestamp,
        by: Dir,
    ) -> Closing {
        // Messages that were on their way go before the answer; what the other side sent last must be its Close.
        let before = data.iter().rev().find(|before| before.dir != last.dir);
        if let Some(before) = before
            && let Some(sure) = self.closing_pair(before, last)
        {
            let answer_took = last.at.since(before.at);
            let prompt = end.since(last.at) <= PROMPT + answer_took * 3;
            let usual = self.pairs_like(data, before, last);
            return match (prompt, usual, notified) {
                _ if sure < 0.5 => UNTOLD,
                (_, _, false) if sure < 0.7 => UNTOLD,
                (true, 0, _) => (ClosingHandshake::Complete, sure, Some(before.dir)),
                (true, _, true) => (ClosingHandshake::Complete, sure - 0.1, Some(before.dir)),
                // One echo like all the others, and TCP ended without a word: somebody was killed.
                (true, 2.., false) => (ClosingHandshake::None, 0.6, Some(by)),
                (true, _, false) => UNTOLD,
                (false, ..) => self.closing_by_time(last, end, by),
            };
        }
        let like_it = data.iter().filter(|record| record.dir == last.dir && record.len == last.len).count();
        if like_it > 3 {
            // One more of many.
            return (ClosingHandshake::None, 0.7, Some(by));
        }
        let bare = |server: usize| self.size_as_server(last) == Some(server);
        if bare(PING_TIMEOUT_CLOSE) && last.dir != self.facts.client {
            return (ClosingHandshake::OneSided, 0.8, Some(last.dir));
        }
        if bare(BARE_CLOSE) || bare(ALERT_BYTES) {
            let prompt = end.since(last.at) <= PROMPT;
            return if prompt && notified {
                (ClosingHandshake::OneSided, 0.6, Some(last.dir))
            } else if prompt {
                UNTOLD
            } else {
                self.closing_by_time(last, end, by)
            };
        }
        self.closing_by_time(last, end, by)
    }

    /// Nothing like a Close was sent right before the end: there was none.
    fn closing_by_time(&self, last: &SealedRecord, end: Timestamp, by: Dir) -> Closing {
        let silence = end.since(last.at);
        let long = self.may_have(last, &(CLOSE_MAX + KEY + 1..=usize::MAX));
        match silence {
            // Longer than a Close can be, and nothing after it.
            _ if long && self.exact(last).is_some() => (ClosingHandshake::None, 0.8, Some(by)),
            _ if silence < Duration::from_millis(500) => UNTOLD,
            // Libraries wait for the echo of a Close, most for 10 s, 20 s or 30 s.
            _ if silence >= Duration::from_secs(5) && self.may_be_bare(last) => UNTOLD,
            _ => (ClosingHandshake::None, 0.75, Some(by)),
        }
    }

    fn may_be_bare(&self, record: &SealedRecord) -> bool {
        let key = if record.dir == self.facts.client { KEY } else { 0 };
        self.may_have(record, &(BARE_CLOSE + key..=BARE_CLOSE + key))
    }

    /// The records of application data at the end, and the first close_notify.
    fn data_and_alert(&self) -> (Vec<SealedRecord>, Option<SealedRecord>) {
        let mut data: Vec<SealedRecord> =
            self.facts.last.iter().copied().filter(|record| self.is_data(record)).collect();
        if self.facts.version < Version::TLS_1_3 {
            let mut records = self.facts.last.iter().rev();
            let alert = records.by_ref().take_while(|record| record.content_type == ContentType::ALERT).last();
            return (data, alert.copied());
        }
        // TLS 1.3 hides alerts among the data: two bytes, the last that a side sends. A server's could be an empty Close
        // as well, and is taken for one where another such record follows it.
        let mut alert = None;
        let mut taken = ByDir([false; 2]);
        while let Some(last) = data.last().copied() {
            if self.exact(&last) != Some(ALERT_BYTES) || std::mem::replace(&mut taken[last.dir], true) {
                break;
            }
            // Unless it answers an empty Close of the client, and is one itself.
            if let [.., start, SealedRecord { dir, .. }, _] = data.as_slice()
                && last.dir != self.facts.client
                && *dir == self.facts.client
                && data.len() >= 2
                && data.get(data.len() - 2).and_then(|close| self.exact(close)) == Some(ALERT_BYTES + KEY)
                && !(start.dir == last.dir && self.exact(start) == Some(ALERT_BYTES))
            {
                break;
            }
            alert = Some(last);
            data.pop();
        }
        (data, alert)
    }

    /// How sure these two are a Close and its answer.
    fn closing_pair(&self, first: &SealedRecord, answer: &SealedRecord) -> Option<f64> {
        if self.exact(first).is_none() {
            // CBC hides the key: both are as short as a Close can be, and no more can be said.
            let may_be = |record| self.may_have(record, &(2..=CLOSE_MAX));
            return (may_be(first) && may_be(answer)).then_some(0.6);
        }
        let (first, second) = (self.size_as_server(first)?, self.size_as_server(answer)?);
        // RFC 6455 §5.5.1: a body is empty, or begins with a code of 2 bytes.
        let close = |size: usize| size == 2 || (BARE_CLOSE..=CLOSE_MAX).contains(&size);
        if !close(first) || !close(second) {
            return None;
        }
        match first == second {
            // The usual answer repeats the code; most repeat the reason too.
            true => Some(0.9),
            false if second == BARE_CLOSE => Some(0.8),
            false => None,
        }
    }

    /// Length of the frame that fills `record`, without the client's masking key.
    fn size_as_server(&self, record: &SealedRecord) -> Option<usize> {
        let key = if record.dir == self.facts.client { KEY } else { 0 };
        self.exact(record)?.checked_sub(key)
    }

    /// Earlier pairs with the sizes of the last one: an echo, or pings and pongs.
    fn pairs_like(&self, data: &[SealedRecord], before: &SealedRecord, last: &SealedRecord) -> usize {
        let earlier = data.get(..data.len().saturating_sub(2)).unwrap_or_default();
        let same = |a: &SealedRecord, b: &SealedRecord| a.dir == b.dir && a.len == b.len;
        earlier.windows(2).filter(|pair| matches!(pair, [a, b] if same(a, before) && same(b, last))).count()
    }
}
