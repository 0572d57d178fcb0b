//! What the capture itself leaves open.

use crate::catalogue::{Cause, EndedBy};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, side_value};
use crate::record::{Side, State};

/// It had not ended when the input did.
pub(super) fn still_open(case: &Case<'_>) -> Option<Opinion> {
    let open = case.ending.state == State::Open && !case.ending.hidden;
    open.then(|| {
        let opinion = Opinion::new(Cause::StillOpen, Confidence::Certain).by(EndedBy::Unknown);
        opinion.seen("still-open", vec![], Some(case.record.last.packet))
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
            let bytes = record.tcp.missing_bytes;
            let packet = record.hidden.map(|(mark, _)| mark.packet);
            opinion = opinion.seen("bytes-missing", vec![("side", side_value(side)), ("bytes", bytes.into())], packet);
        }
    }
    Some(opinion.next("capture-whole"))
}

/// It ended, and no rule says why.
pub(super) fn unknown(case: &Case<'_>) -> Option<Opinion> {
    (case.ending.state != State::Open).then(|| Opinion::new(Cause::Unknown, Confidence::Possible))
}
