//! A rule of the protocol was broken, and that is why it ended.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value, violation};
use crate::diagnosis::{Confidence, Params, Said, given, given_with};
use crate::event::websocket::Breach;
use crate::record::{BreachSeen, Side};

use super::goodbye::close_evidence;

/// A side that leaves because of a breach does so at once.
const AT_ONCE_S: f64 = 1.0;

/// The first Close was one that must not be sent.
pub(super) fn illegal_close(case: &Case<'_>) -> Option<Opinion> {
    let first = case.first_close().filter(|frame| !frame.valid)?;
    let echoed = case.decisive().is_some_and(|frame| !frame.valid);
    let heeds = if echoed { first.from } else { first.from.opposite() };
    let breach = case.record.breaches.iter().find(|seen| case.record.side_of(seen.dir) == first.from)?;
    let mut opinion = Opinion::new(Cause::IllegalClose, Confidence::Certain).by(ended_by(heeds));
    close_evidence(case, first, &mut opinion);
    let params = given_with(violation(breach.breach), [("side", side_value(first.from))]);
    let fix = Said { id: "fix-sender", params: params.clone() };
    Some(
        opinion
            .seen("close-illegal", params, Some(first.mark.packet))
            .fix(first.from, fix)
            .fix(first.from, Said::bare("legal-codes")),
    )
}

/// A breach, and right after it the other side left without a word.
pub(super) fn broken_rule(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() {
        return None;
    }
    let seen = offence_against(case, side)?;
    let gap = mark.at.seconds_since(seen.mark.at);
    let cause = if seen.breach == Breach::TextUtf8 { Cause::InvalidUtf8 } else { Cause::ProtocolError };
    if gap >= AT_ONCE_S {
        return None;
    }
    let opinion = Opinion::new(cause, Confidence::Likely).by(ended_by(side));
    let offender = side.opposite();
    let params = breach_params(offender, seen, gap);
    let fix = Said { id: "fix-sender", params: params.clone() };
    Some(opinion.seen("violation-before", params, Some(seen.mark.packet)).fix(offender, fix))
}

/// The last breach of the side opposite to `side`, other than those that come of closing itself.
fn offence_against<'a>(case: &Case<'a>, side: Side) -> Option<&'a BreachSeen> {
    let of_closing = |breach: Breach| matches!(breach, Breach::DataAfterClose | Breach::SecondClose);
    let mut offences = case.record.breaches.iter().filter(|seen| case.record.side_of(seen.dir) != side);
    offences.rfind(|seen| !of_closing(seen.breach))
}

fn breach_params(offender: Side, seen: &BreachSeen, gap: f64) -> Params {
    given_with(violation(seen.breach), [("side", side_value(offender)), ("gap_s", Value::Seconds(gap.max(0.0)))])
}

/// The stream ended inside a frame or message of the side that ended it.
pub(super) fn truncated(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() {
        return None;
    }
    let record = case.record.side(side);
    if record.ended_in_frame.is_none() && record.ended_in_message.is_none() {
        return None;
    }
    let opinion = Opinion::new(Cause::TruncatedFrame, Confidence::Likely).by(ended_by(side));
    let side_param = ("side", side_value(side));
    let packet = Some(mark.packet);
    if let Some(partial) = record.ended_in_frame {
        let announced = ("announced", Value::Bytes(partial.declared));
        return Some(match partial.opcode {
            Some(_) => opinion.seen(
                "frame-truncated",
                given([side_param, announced, ("missing", Value::Bytes(partial.missing))]),
                packet,
            ),
            None => opinion.seen("header-truncated", given([side_param]), packet),
        });
    }
    let received = record.ended_in_message?;
    Some(opinion.seen("message-truncated", given([side_param, ("received", Value::Bytes(received))]), packet))
}
