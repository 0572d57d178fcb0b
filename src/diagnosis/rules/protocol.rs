//! A rule of the protocol was broken, and that is why it ended.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::event::websocket::Breach;
use crate::record::{BreachSeen, Side};

use super::goodbye::close_params;

/// The first Close was one that must not be sent.
pub(super) fn illegal_close(case: &Case<'_>) -> Option<Opinion> {
    let first = case.first_close().filter(|frame| !frame.valid)?;
    let echoed = case.decisive().is_some_and(|frame| !frame.valid);
    let heeds = if echoed { first.from } else { first.from.opposite() };
    let opinion = Opinion::new(Cause::IllegalClose, Confidence::Certain).by(ended_by(heeds));
    Some(opinion.seen("illegal-close", close_params(first), Some(first.mark.packet)))
}

/// A breach, and right after it the other side left.
pub(super) fn broken_rule(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() {
        return None;
    }
    let seen = offence_against(case, side)?;
    let soon = mark.at.seconds_since(seen.mark.at) < 1.0;
    let cause = if seen.breach == Breach::TextUtf8 { Cause::InvalidUtf8 } else { Cause::ProtocolError };
    let opinion = Opinion::new(cause, Confidence::Likely).by(ended_by(side));
    soon.then(|| opinion.seen("breach-before-end", breach_params(case, seen), Some(seen.mark.packet)))
}

/// The last breach of the side opposite to `side`, other than those that everybody tolerates.
fn offence_against<'a>(case: &Case<'a>, side: Side) -> Option<&'a BreachSeen> {
    let tolerated = |breach: Breach| matches!(breach, Breach::DataAfterClose | Breach::SecondClose);
    let offences = case.record.breaches.iter().filter(|seen| case.record.side_of(seen.dir) != side);
    offences.filter(|seen| !tolerated(seen.breach)).next_back()
}

fn breach_params(case: &Case<'_>, seen: &BreachSeen) -> Vec<(&'static str, Value)> {
    let side = case.record.side_of(seen.dir);
    vec![("side", side_value(side)), ("violation", Value::Text(seen.breach.id().to_owned()))]
}

/// The stream ended inside a frame or message of the side that ended it.
pub(super) fn truncated(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() {
        return None;
    }
    let record = case.record.side(side);
    let opinion = Opinion::new(Cause::TruncatedFrame, Confidence::Likely).by(ended_by(side));
    if let Some(partial) = record.ended_in_frame {
        let params = vec![("side", side_value(side)), ("declared", Value::Bytes(partial.declared)), ("missing", Value::Bytes(partial.missing))];
        return Some(opinion.seen("ended-in-frame", params, Some(mark.packet)));
    }
    let received = record.ended_in_message?;
    let params = vec![("side", side_value(side)), ("received", Value::Bytes(received))];
    Some(opinion.seen("ended-in-message", params, Some(mark.packet)))
}
