//! Records of one direction, over any segmentation.
//!
//! Given the bytes of a direction as they come, puts records together — a record that is whole in one piece is not copied
//! — and passes over the bodies of those that nobody can read. A hole inside a record keeps the boundaries.

use super::half::{Epoch, Reading};
use super::keys::Keys;
use super::{Tls, Work, session};
use crate::event::tls::TlsEvent;
use crate::packet::Dir;
use crate::wire::tls::{ContentType, RECORD_HEADER_BYTES, RecordHeader, may_be_record, parse_record_header};

impl Tls {
    pub(super) fn read(&mut self, dir: Dir, bytes: &[u8], work: &mut Work<'_, '_, '_>) {
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.halves[dir].reading {
                Reading::Records => self.read_record(dir, rest, work),
                Reading::Skipping(left) => {
                    let (_, after) = rest.split_at(left.min(rest.len()));
                    let left = left - (rest.len() - after.len());
                    self.halves[dir].reading = if left > 0 { Reading::Skipping(left) } else { Reading::Records };
                    after
                }
                Reading::Searching => self.search(dir, rest, work),
                Reading::Foreign => return,
            };
        }
    }

    /// Reads one record, or what there is of it; gives back the bytes after it.
    fn read_record<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        if !half.pending.is_empty() {
            return self.read_pending(dir, bytes, work);
        }
        let Ok((after, header)) = parse_record_header(bytes) else {
            if !may_be_record(bytes) {
                return self.read_foreign(dir, bytes, work);
            }
            half.pending.extend_from_slice(bytes);
            return &[];
        };
        if !header.is_plausible() {
            return self.read_foreign(dir, bytes, work);
        }
        if !self.wants(dir, header, work.keys) {
            self.pass_unread(dir, header, work);
            self.halves[dir].reading = Reading::Skipping(header.body_len());
            return after;
        }
        if let Some((body, after)) = after.split_at_checked(header.body_len()) {
            self.take_record(dir, header, body, work);
            return after;
        }
        let mut pending = work.workspace.take_pending();
        pending.reserve(RECORD_HEADER_BYTES + header.body_len());
        pending.extend_from_slice(bytes);
        self.halves[dir].pending = pending;
        &[]
    }

    /// Goes on with the record whose beginning is pending.
    fn read_pending<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        let header_left = RECORD_HEADER_BYTES.saturating_sub(half.pending.len());
        let (first, bytes) = bytes.split_at(header_left.min(bytes.len()));
        half.pending.extend_from_slice(first);
        let Ok((body, header)) = parse_record_header(&half.pending) else { return bytes };
        let body_left = header.body_len().saturating_sub(body.len());
        if header_left > 0 {
            if !header.is_plausible() {
                let pending = std::mem::take(&mut half.pending);
                if !self.read_foreign(dir, &pending, work).is_empty() {
                    self.halves[dir].pending = pending;
                }
                return bytes;
            }
            if !self.wants(dir, header, work.keys) {
                self.halves[dir].pending.clear();
                self.pass_unread(dir, header, work);
                self.halves[dir].reading = if body_left > 0 { Reading::Skipping(body_left) } else { Reading::Records };
                return bytes;
            }
        }
        let half = &mut self.halves[dir];
        let (first, bytes) = bytes.split_at(body_left.min(bytes.len()));
        half.pending.extend_from_slice(first);
        if first.len() == body_left {
            let pending = std::mem::take(&mut half.pending);
            self.take_record(dir, header, pending.get(RECORD_HEADER_BYTES..).unwrap_or_default(), work);
            self.give_back(dir, pending, work);
        }
        bytes
    }

    /// Hands the buffer of a record to the next flow that needs one.
    fn give_back(&mut self, dir: Dir, mut buffer: Vec<u8>, work: &Work<'_, '_, '_>) {
        buffer.clear();
        debug_assert!(self.halves[dir].pending.is_empty(), "one record at a time");
        work.workspace.put_pending(buffer);
    }

    /// Bytes that are no record.
    fn read_foreign<'b>(&mut self, dir: Dir, bytes: &'b [u8], work: &mut Work<'_, '_, '_>) -> &'b [u8] {
        let half = &mut self.halves[dir];
        half.pending = Vec::new();
        if half.started || half.slack > 0 || !self.session.is_client(dir.opposite()) {
            half.reading = Reading::Searching;
            return bytes;
        }
        // TLS was asked for and another protocol answers: nearly always HTTP, with its 400.
        half.reading = Reading::Foreign;
        let line = bytes.split(|byte| matches!(byte, b'\r' | b'\n')).next().unwrap_or_default();
        work.events.tls(dir, TlsEvent::PlainAnswer(session::text(line)));
        &[]
    }

    /// The body of that record is worth having.
    pub(super) fn wants(&self, dir: Dir, header: RecordHeader, keys: &Keys) -> bool {
        let half = &self.halves[dir];
        let in_the_clear = header.content_type != ContentType::APPLICATION_DATA && half.epoch != Epoch::Legacy;
        in_the_clear || half.opener.is_some() || half.hopeless != Some(keys.generation())
    }

    /// A record goes by without being looked into.
    pub(super) fn pass_unread(&mut self, dir: Dir, header: RecordHeader, work: &mut Work<'_, '_, '_>) {
        let half = &mut self.halves[dir];
        half.started = true;
        half.miss_record(header.body_len());
        self.note_sealed(dir, header, work);
    }

    /// Bytes of this direction are missing from the capture.
    pub(super) fn skip_gap(&mut self, dir: Dir, bytes: u64, work: &mut Work<'_, '_, '_>) {
        let half = &mut self.halves[dir];
        let within = match half.reading {
            Reading::Skipping(left) => left,
            Reading::Records => match parse_record_header(&half.pending) {
                Ok((body, header)) if header.is_plausible() => {
                    let left = header.body_len().saturating_sub(body.len());
                    half.pending = Vec::new();
                    self.pass_unread(dir, header, work);
                    left
                }
                _ => 0,
            },
            Reading::Searching | Reading::Foreign => 0,
        };
        let half = &mut self.halves[dir];
        match usize::try_from(bytes).ok().and_then(|bytes| within.checked_sub(bytes)) {
            // The hole lies within one record: boundaries hold.
            Some(0) => half.reading = Reading::Records,
            Some(left) => half.reading = Reading::Skipping(left),
            None if half.reading == Reading::Foreign => {}
            None => {
                let unread = std::mem::take(&mut half.pending).len();
                half.miss_bytes((bytes + unread as u64).saturating_sub(within as u64));
                half.reading = Reading::Searching;
                if let Some(opaque) = &mut self.opaque {
                    opaque.note_hole();
                }
            }
        }
    }
}
