//! Time ran out: idle limits, keep-alives without an answer, a closing handshake that was not completed.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};

/// Idle limits are set in whole seconds and kept within this much.
const ROUND_WITHIN_S: f64 = 0.06;
/// Shortest silence that is taken for a limit without other evidence.
const IDLE_AT_LEAST_S: f64 = 2.0;
/// A missing echo is told from a slow one by this much.
const ECHO_AWAITED_S: f64 = 0.9;

/// The side that left had unanswered pings.
pub(super) fn keepalive(case: &Case<'_>) -> Option<Opinion> {
    let act = case.ending.closed?;
    let side = case.ending.closed_from?;
    let pings = &case.record.side(side).pings;
    let since = pings.unanswered_since?;
    let waited = act.at.seconds_since(since.at);
    let peer_idle = case.idle(side.opposite(), &act)?;
    if waited < 0.5 || peer_idle < waited - 0.05 {
        return None;
    }
    let params = vec![("side", side_value(side)), ("count", Value::Count(pings.unanswered)), ("seconds", Value::Seconds(waited))];
    let opinion = Opinion::new(Cause::KeepaliveTimeout, Confidence::Likely).by(ended_by(side));
    Some(opinion.seen("pings-unanswered", params, Some(since.packet)))
}

/// One side's Close was not answered, and it left after waiting.
pub(super) fn close_handshake(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive().filter(|frame| frame.valid)?;
    if case.close_of(frame.from.opposite()).is_some() || case.ending.hidden {
        return None;
    }
    let (side, mark) = case.transport_act()?;
    let waited = mark.at.seconds_since(frame.mark.at);
    let params = vec![("side", side_value(frame.from)), ("seconds", Value::Seconds(waited))];
    let opinion = Opinion::new(Cause::CloseHandshakeTimeout, Confidence::Likely).by(ended_by(frame.from));
    (side == frame.from && waited >= ECHO_AWAITED_S).then(|| opinion.seen("close-unanswered", params, Some(frame.mark.packet)))
}

/// A bare end after a round time of silence.
pub(super) fn idle(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    let silence = case.silence(&mark)?;
    let round = (silence - silence.round()).abs() <= ROUND_WITHIN_S && silence >= IDLE_AT_LEAST_S;
    if !case.ended_bare() || !round {
        return None;
    }
    let params = vec![("side", side_value(side)), ("seconds", Value::Seconds(silence))];
    Some(Opinion::new(Cause::IdleTimeout, Confidence::Likely).seen("silence-before-end", params, Some(mark.packet)))
}
