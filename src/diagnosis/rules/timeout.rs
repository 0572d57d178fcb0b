//! Time ran out: idle limits, lifetimes, keep-alives without an answer, a closing handshake not completed.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::diagnosis::timer::{self, Timer};
use crate::diagnosis::{Confidence, Params, Said, given, product};
use crate::record::Side;

use super::goodbye::close_evidence;

/// A missing echo is told from a slow one by this much: the shortest close timeouts in use are 1 s.
const ECHO_AWAITED_S: f64 = 0.9;
/// A ping that was sent this shortly before the end was not waited for.
const PONG_AWAITED_S: f64 = 0.5;
/// Data within this time of the end: the connection was not idle.
const BUSY_WITHIN_S: f64 = 1.0;
/// Codes that implementations send when a keep-alive fails; others are the application's own decision.
const KEEPALIVE_CODES: &[u16] = &[1000, 1001, 1002, 1005, 1006, 1011];

/// The side that left had unanswered pings.
pub(super) fn keepalive(case: &Case<'_>) -> Option<Opinion> {
    let act = case.ending.closed?;
    let side = case.ending.closed_from?;
    let pings = &case.record.side(side).pings;
    let since = pings.unanswered_since().filter(|_| case.record.is_open())?;
    let waited = act.at.seconds_since(since.at);
    let peer_idle = case.idle(side.opposite(), &act)?;
    let code_fits = case.ending.code.is_none_or(|code| KEEPALIVE_CODES.contains(&code.0));
    if waited < PONG_AWAITED_S || peer_idle < waited - 0.05 || !code_fits {
        return None;
    }
    let mut opinion = Opinion::new(Cause::KeepaliveTimeout, Confidence::Likely).by(ended_by(side));
    let params = given([
        ("side", side_value(side)),
        ("count", Value::Count(pings.unanswered().into())),
        ("wait_s", Value::Seconds(waited)),
    ]);
    opinion = opinion.seen("ping-unanswered", params, Some(since.packet));
    if let Some(frame) = case.decisive() {
        close_evidence(case, frame, &mut opinion);
    }
    let dead_path = case.record.side(side).unacknowledged > 0;
    opinion = opinion.seen(
        if dead_path { "ping-not-acknowledged" } else { "ping-acknowledged" },
        given([]),
        Some(since.packet),
    );
    opinion =
        if dead_path { opinion } else { opinion.fix(side.opposite(), Said::bare("unblock-loop")).next("event-loop") };
    Some(opinion.fix(side, Said { id: "longer-ping-timeout", params: given([("timeout_s", Value::Seconds(waited))]) }))
}

/// One side's Close was not answered, and it left after waiting.
pub(super) fn close_handshake(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive().filter(|frame| frame.valid)?;
    let other = frame.from.opposite();
    let cannot_tell = case.record.side(other).may_hide_a_close() || case.tcp(other).packets == 0;
    if case.close_of(other).is_some() || cannot_tell {
        return None;
    }
    let (side, mark) = case.transport_act()?;
    let waited = mark.at.seconds_since(frame.mark.at);
    if side != frame.from || waited < ECHO_AWAITED_S {
        return None;
    }
    let mut opinion = Opinion::new(Cause::CloseHandshakeTimeout, Confidence::Likely).by(ended_by(frame.from));
    close_evidence(case, frame, &mut opinion);
    let params = given([("side", side_value(other)), ("wait_s", Value::Seconds(waited))]);
    Some(opinion.seen("close-unanswered", params, Some(mark.packet)).fix(other, Said::bare("echo-close")))
}

/// A bare end after a silence that is a timer.
pub(super) fn idle(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act().filter(|_| case.ended_bare())?;
    let silence = case.silence(&mark)?;
    let timer = timer::look_up(silence)?;
    let named = product::named(case.record);
    let sure = timer.well_known || named.as_ref().is_some_and(|product| product.proxy && product.idle_fix.is_some());
    let mut opinion = Opinion::new(Cause::IdleTimeout, if sure { Confidence::Likely } else { Confidence::Possible });
    opinion = opinion.by(ended_by(side)).seen("fin-first", first_params(side, silence), Some(mark.packet));
    opinion = opinion.seen("idle-timer", timer_params("idle_s", silence, &timer), Some(mark.packet));
    if let Some(product) = named.filter(|product| product.idle_fix.is_some()) {
        let packet = case.record.handshake.answered_mark.map(|mark| mark.packet);
        let params = given([("header", product.header.into()), ("value", product.value.as_str().into())]);
        opinion = opinion.seen("product-header", params, packet);
        opinion = if product.proxy && side == Side::Server { opinion.by(EndedBy::Proxy) } else { opinion };
        if let Some(id) = product.idle_fix {
            opinion = opinion.fix_between(Said { id, params: given([("timer_s", Value::Seconds(timer.seconds))]) });
        }
    } else {
        opinion = opinion.fix_between(Said {
            id: "idle-limit-unknown",
            params: given([("timer_s", Value::Seconds(timer.seconds))]),
        });
    }
    Some(
        with_pings(case, &timer, opinion)
            .next("capture-longer")
            .why_not_with("no-constant-silence", given([("idle_s", Value::Seconds(silence))])),
    )
}

/// How often to ping so that the limit is never reached.
fn with_pings(case: &Case<'_>, timer: &Timer, opinion: Opinion) -> Opinion {
    let recommended = ("recommended_s", Value::Seconds((timer.seconds / 2.0).min(30.0)));
    let pinging = Side::BOTH.into_iter().find(|side| case.record.side(*side).pings.sent() > 0);
    let Some(side) = pinging else {
        let opinion = opinion.seen("ping-none", given([]), None);
        return opinion
            .fix(Side::Client, Said { id: "ping-client", params: given([recommended.clone()]) })
            .fix(Side::Server, Said { id: "ping-server", params: given([recommended]) });
    };
    match case.record.side(side).pings.period_s() {
        Some(period) if period >= timer.seconds => {
            let params = given([
                ("side", side_value(side)),
                ("period_s", Value::Seconds(period)),
                ("limit_s", Value::Seconds(timer.seconds)),
            ]);
            let fix = Said { id: "ping-below", params: given([recommended, ("period_s", Value::Seconds(period))]) };
            opinion.seen("ping-too-slow", params, None).fix(side, fix)
        }
        _ => opinion.fix(
            side,
            Said { id: if side == Side::Client { "ping-client" } else { "ping-server" }, params: given([recommended]) },
        ),
    }
}

/// A bare end at a round age, while data flowed.
pub(super) fn lifetime(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act().filter(|_| case.ended_bare())?;
    let age = case.age(&mark);
    let timer = timer::look_up(age).filter(|timer| timer.well_known)?;
    let silence = case.silence(&mark)?;
    if silence > BUSY_WITHIN_S.max(timer.seconds / 10.0) {
        return None;
    }
    let opinion = Opinion::new(Cause::LifetimeLimit, Confidence::Possible).by(ended_by(side));
    let opinion = opinion.seen("age-timer", timer_params("age_s", age, &timer), Some(mark.packet));
    let opinion = opinion.seen("busy-until-end", given([("idle_s", Value::Seconds(silence))]), Some(mark.packet));
    let limit = || given([("timer_s", Value::Seconds(timer.seconds))]);
    let opinion = opinion.fix(Side::Client, Said { id: "lifetime-client", params: limit() });
    Some(opinion.fix_between(Said { id: "lifetime-unknown", params: limit() }).next("capture-longer"))
}

fn first_params(side: Side, idle: f64) -> Params {
    given([("side", side_value(side)), ("idle_s", Value::Seconds(idle))])
}

fn timer_params(name: &'static str, elapsed: f64, timer: &Timer) -> Params {
    given([
        (name, Value::Seconds(elapsed)),
        ("timer_s", Value::Seconds(timer.seconds)),
        ("off_s", Value::Seconds(timer.off.abs())),
    ])
}
