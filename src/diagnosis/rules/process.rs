//! A bare end by an endpoint: FIN or RST without a Close frame.
//!
//! A killed process, a crash and a socket destroyed on purpose look alike on the wire: what is claimed is what was seen.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::diagnosis::{Confidence, Params, Said, given, timer};
use crate::event::Mark;
use crate::record::{Side, TransportEndKind};

/// The first act was a RST.
pub(super) fn reset(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() || case.ending.transport.kind != TransportEndKind::Rst {
        return None;
    }
    let mut opinion = Opinion::new(Cause::Aborted, confidence(case, &mark)).by(ended_by(side));
    opinion = opinion.seen("rst-first", first_params(case, side, &mark), Some(mark.packet));
    if let Some(reset) = case.rst(side) {
        let params = given([("side", side_value(side))]);
        let id = if reset.ack { "rst-active" } else { "rst-reply" };
        opinion = opinion.seen(id, params, Some(reset.mark.packet));
        if reset.ack && reset.unread > 0 {
            opinion = opinion.fix(side, Said::bare("read-before-close"));
            let params = given([("side", side_value(side)), ("length", Value::Bytes(u64::from(reset.unread)))]);
            opinion = opinion.seen("rst-unread", params, Some(reset.mark.packet));
        }
    }
    opinion = with_window(case, side.opposite(), with_window(case, side, opinion));
    let opinion =
        opinion.or(Cause::ProcessEnded, "by-itself", given([])).or(Cause::MiddleboxReset, "ttl-fits", given([]));
    Some(opinion.next_at("process", case))
}

/// The first act was a FIN.
pub(super) fn fin(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() || case.ending.transport.kind != TransportEndKind::Fin {
        return None;
    }
    let mut opinion = Opinion::new(Cause::ClosedWithoutCloseFrame, confidence(case, &mark)).by(ended_by(side));
    opinion = opinion.seen("fin-first", first_params(case, side, &mark), Some(mark.packet)).seen(
        case.no_close_id(),
        given([]),
        None,
    );
    if let Some(reply) = case.rst(side).filter(|reset| !reset.ack) {
        opinion = opinion.seen("rst-reply", given([("side", side_value(side))]), Some(reply.mark.packet));
    }
    if case.tcp(side.opposite()).sent_after_peer_end > 0 {
        let span = case.tcp(side.opposite()).last_payload.map_or(0.0, |last| last.at.seconds_since(mark.at));
        let params = given([("side", side_value(side)), ("span_s", Value::Seconds(span.max(0.0)))]);
        opinion = opinion.seen("half-closed", params, Some(mark.packet));
    }
    if side == Side::Server {
        opinion = opinion.fix(Side::Server, Said::bare("sigterm-close")).fix(Side::Client, Said::bare("backoff"));
    }
    let idle = case.silence(&mark).unwrap_or(0.0);
    opinion = opinion.or(Cause::ProcessEnded, "by-itself", given([]));
    if idle >= 2.0 {
        opinion = opinion.or(Cause::IdleTimeout, "no-constant-silence", given([("idle_s", Value::Seconds(idle))]));
    }
    if side == Side::Server {
        opinion = opinion.or(Cause::UpstreamLost, "no-other-leg", given([]));
    }
    Some(opinion.next_at("process", case))
}

/// A silence that might yet be a timer leaves room for doubt.
fn confidence(case: &Case<'_>, mark: &Mark) -> Confidence {
    let timed = case.silence(mark).and_then(timer::look_up).is_some();
    if timed { Confidence::Possible } else { Confidence::Likely }
}

fn first_params(case: &Case<'_>, side: Side, mark: &Mark) -> Params {
    given([("side", side_value(side)), ("idle_s", Value::Seconds(case.silence(mark).unwrap_or(0.0)))])
}

fn with_window(case: &Case<'_>, side: Side, opinion: Opinion) -> Opinion {
    match case.tcp(side).zero_window_since {
        Some(_) => opinion.seen("zero-window-at-end", given([("side", side_value(side))]), None),
        None => opinion,
    }
}
