//! What the capture itself leaves open.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::diagnosis::{Confidence, given};
use crate::record::{ClosingHandshake, Side, State};

/// It had not ended when the input did.
pub(super) fn still_open(case: &Case<'_>) -> Option<Opinion> {
    let open = case.ending.state == State::Open && !case.ending.hidden;
    open.then(|| {
        let silent = case.record.input_at.seconds_since(case.record.last.at);
        let opinion = Opinion::new(Cause::StillOpen, Confidence::Certain).by(EndedBy::Unknown);
        opinion.seen(
            "capture-ended",
            given([("silent_s", Value::Seconds(silent.max(0.0)))]),
            Some(case.record.last.packet),
        )
    })
}

/// Bytes are missing that would decide.
pub(super) fn incomplete(case: &Case<'_>) -> Option<Opinion> {
    let evicted = case.ending.state == State::Evicted && case.decisive().is_none();
    if !(case.ending.hidden || evicted) {
        return None;
    }
    let mut opinion = Opinion::new(Cause::CaptureIncomplete, Confidence::Certain).by(EndedBy::Unknown);
    for side in Side::BOTH {
        let record = case.record.side(side);
        if record.may_hide_a_close() {
            let params = given([("side", side_value(side)), ("length", Value::Bytes(record.tcp.missing_bytes))]);
            opinion = opinion.seen("capture-gap", params, record.hidden.map(|(mark, _)| mark.packet));
        }
        if record.tcp.packets == 0 {
            opinion = opinion.seen("capture-one-way", given([("side", side_value(side.opposite()))]), None);
        }
    }
    Some(opinion.next("capture-complete"))
}

/// It ended with a closing handshake that could not be read: there was a Close, and its code is not known.
pub(super) fn sealed(case: &Case<'_>) -> Option<Opinion> {
    if !case.is_sealed() || case.decisive().is_some() || case.ending.state == State::Open {
        return None;
    }
    let opinion = Opinion::new(Cause::Unknown, Confidence::Possible).next("keylog");
    let shape = case.record.tls.as_ref().and_then(|tls| tls.shape);
    Some(match (case.ending.handshake, shape.and_then(|shape| shape.initiator)) {
        (ClosingHandshake::Complete, Some(first)) => {
            let side = case.record.side_of(first);
            opinion.by(ended_by(side)).seen("close-pair-encrypted", given([("side", side_value(side))]), None)
        }
        _ => opinion,
    })
}

/// No rule says why it ended, or it did not.
pub(in crate::diagnosis) fn unknown(case: &Case<'_>) -> Opinion {
    let opinion = Opinion::new(Cause::Unknown, Confidence::Possible);
    if case.ending.state == State::Open { opinion } else { opinion.next("capture-complete") }
}
