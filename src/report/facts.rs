//! Small conclusions from a finding that more than one form of output states.

use crate::diagnosis::{Confidence, Finding};
use crate::event::Mark;
use crate::event::http::Answered;
use crate::record::{CloseFrame, ClosingHandshake, Detected, Ending, HandshakeState, Record, Side, TlsFacts};
use crate::time::Timestamp;

/// `tcp`, `tls`, `h2` or `h2+tls`.
pub(super) fn transport(record: &Record) -> &'static str {
    let hello = |tls: &TlsFacts| tls.client.is_some();
    match (record.h2_stream.is_some(), record.tls.as_deref().is_some_and(hello)) {
        (false, false) => "tcp",
        (false, true) => "tls",
        (true, false) => "h2",
        (true, true) => "h2+tls",
    }
}

/// The answer that agreed to the upgrade: what it names holds.
pub(super) fn agreed(record: &Record) -> Option<&Answered> {
    let handshake = &record.handshake;
    let accepted = handshake.state == HandshakeState::Accepted;
    handshake.answered.as_ref().filter(|_| accepted)
}

/// When the upgrade was agreed.
pub(super) fn accepted_at(record: &Record) -> Option<Timestamp> {
    agreed(record).and(record.handshake.answered_mark).map(|mark| mark.at)
}

/// The request's id, else the answer's.
pub(super) fn request_id(record: &Record) -> Option<&str> {
    let asked = record.handshake.asked.as_ref().and_then(|asked| asked.request_id());
    asked.or_else(|| record.handshake.answered.as_ref().and_then(|answered| answered.request_id()))
}

/// The Close frame that gave the code.
pub(super) fn decided_by(ending: &Ending) -> Option<&CloseFrame> {
    ending.decided_by.and_then(|index| ending.frames.get(index))
}

/// From the first packet to the ending act.
pub(super) fn duration_ns(finding: &Finding) -> Option<i64> {
    finding.ending.closed.map(|closed| closed.at.0.saturating_sub(finding.record.first.at.0))
}

/// The same in seconds.
pub(super) fn duration_s(finding: &Finding) -> Option<f64> {
    duration_ns(finding).map(seconds)
}

/// How long `side` had sent nothing when `closed` came. None where it sent something afterwards that was no answer to a
/// Close, so that the pause before is not known.
pub(super) fn idle_ns(record: &Record, side: Side, closed: Mark) -> Option<i64> {
    record.last_sent_before(side, &closed).map(|last| closed.at.0.saturating_sub(last.0))
}

/// The same in seconds.
pub(super) fn idle_s(record: &Record, side: Side, closed: Mark) -> Option<f64> {
    idle_ns(record, side, closed).map(seconds)
}

fn seconds(nanoseconds: i64) -> f64 {
    nanoseconds as f64 / 1e9
}

/// How sure the word about the closing handshake is; None where there is none.
pub(super) fn close_handshake_confidence(ending: &Ending, detected: Detected) -> Option<Confidence> {
    Some(match (ending.handshake, detected) {
        (ClosingHandshake::Unknown, _) => return None,
        (_, Detected::TlsShape) => Confidence::Possible,
        (ClosingHandshake::Complete, _) => Confidence::Certain,
        _ if ending.hidden => Confidence::Likely,
        _ => Confidence::Certain,
    })
}
