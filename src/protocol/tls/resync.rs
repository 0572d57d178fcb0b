//! The next record after a hole that swallowed a boundary.
//!
//! With keys a place is right when the record there authenticates; without, when another header follows where it ends.

use super::half::{Epoch, Reading};
use super::unlock::Sealed;
use super::{Tls, Work};
use crate::packet::Dir;
use crate::wire::tls::{ContentType, RECORD_HEADER_BYTES, RecordHeader, may_be_record, parse_record_header};

impl Tls {
    /// Looks for the next record boundary after a hole: a header that is plausible, and a record that authenticates;
    /// without keys, a header that follows where the record ends.
    pub(super) fn search<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_, '_>) -> &'b [u8] {
        let mut window = std::mem::take(&mut self.halves[dir].pending);
        window.extend_from_slice(bytes);
        let mut at = 0;
        let mut passed = 0;
        while let Some(candidate) = window.get(at..).filter(|candidate| !candidate.is_empty()) {
            if !self.may_continue(dir, candidate) {
                at += 1;
                continue;
            }
            let Ok((rest, header)) = parse_record_header(candidate) else { break };
            let body = rest.get(..header.body_len());
            if self.needs_keys(dir, header, work) {
                // Only a whole record can authenticate.
                let Some(body) = body else { break };
                self.halves[dir].miss_bytes((at - passed) as u64);
                passed = at;
                let mut plain = work.workspace.take_plain();
                let found = self.open_found(dir, Sealed { header, body }, &mut plain, work);
                work.workspace.put_plain(plain);
                if !found {
                    at += 1;
                    continue;
                }
                self.halves[dir].reading = Reading::Records;
                at += RECORD_HEADER_BYTES + body.len();
            } else if body.is_some_and(|body| !may_be_record(rest.get(body.len()..).unwrap_or_default())) {
                at += 1;
                continue;
            } else {
                self.halves[dir].miss_bytes((at - passed) as u64);
                self.halves[dir].reading = Reading::Records;
            }
            let after = window.split_off(at);
            self.read(dir, &after, work);
            return &[];
        }
        self.halves[dir].miss_bytes((at - passed) as u64);
        window.drain(..at.min(window.len()));
        self.halves[dir].pending = window;
        &[]
    }

    /// Opens a record whose place was guessed; nothing is held against the keys where it does not open.
    fn open_found(&mut self, dir: Dir, sealed: Sealed<'_>, plain: &mut Vec<u8>, work: &mut Work<'_, '_, '_>) -> bool {
        let half = &self.halves[dir];
        let first = half.opener.as_ref().and_then(|opener| opener.open(half.seq, sealed.header, sealed.body, plain));
        let found = match first {
            Some(opened) => {
                let half = &mut self.halves[dir];
                half.seq += 1;
                half.slack = 0;
                Some((opened, 0))
            }
            None => self.open_elsewhere(dir, sealed, plain, work),
        };
        let Some((opened, lost)) = found else { return false };
        if let Some(opener) = &mut self.halves[dir].opener {
            opener.pass(sealed.body);
        }
        self.halves[dir].started = true;
        self.take_opened(dir, opened, lost, plain, work);
        true
    }

    /// A record that may stand here, after a hole.
    fn may_continue(&self, dir: Dir, candidate: &[u8]) -> bool {
        let kinds = match (self.halves[dir].epoch, self.session.version) {
            (Epoch::Plain, _) | (_, None) => 20..=23,
            (Epoch::Legacy, _) => 21..=23,
            // RFC 8446 §5.2: all of TLS 1.3 that is protected looks like application data.
            _ => 23..=23,
        };
        let kind = candidate.first().is_some_and(|kind| kinds.contains(kind));
        kind && may_be_record(candidate) && candidate.get(2).is_none_or(|minor| *minor <= 3)
    }

    /// Whether that record can be verified, or must be taken on trust.
    fn needs_keys(&self, dir: Dir, header: RecordHeader, work: &Work<'_, '_, '_>) -> bool {
        let half = &self.halves[dir];
        let sealed = half.epoch != Epoch::Plain || header.content_type == ContentType::APPLICATION_DATA;
        sealed && self.credit > 0 && self.wants(dir, header, work.keys) && !work.keys.is_empty()
    }
}
