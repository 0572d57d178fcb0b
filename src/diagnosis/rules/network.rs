//! The path between: it swallows packets, or something on it resets.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::case::{Case, Opinion, side_value};
use crate::diagnosis::{Confidence, Params, Said, given};
use crate::record::{Side, TransportEndKind};
use crate::tcp::{Reset, Stuck};

/// Repetitions that a kernel gave up on make a dead path even where it gave up early.
const GAVE_UP_REPETITIONS: u32 = 2;
/// A RST without ACK answers a segment (RFC 9293 §3.5.3); after this long there is none that it could answer.
const UNPROVOKED_S: f64 = 1.0;

/// One side repeats itself and is not acknowledged any more.
pub(super) fn blackhole(case: &Case<'_>) -> Option<Opinion> {
    if case.decisive().is_some() || !case.record.is_open() {
        return None;
    }
    let (side, stuck) = case
        .record
        .lost_side()
        .and_then(|side| Some((side, case.tcp(side).stuck.as_deref().copied()?)))
        .or_else(|| gave_up(case))?;
    let mut opinion = Opinion::new(Cause::NetworkBlackhole, Confidence::Certain).by(EndedBy::Network);
    opinion = opinion.seen(repeated_id(&stuck), repeated_params(side, &stuck), Some(stuck.first.packet));
    let peer = side.opposite();
    if let Some(last) = case.tcp(peer).last_seen_at {
        let silent = case.record.last.at.seconds_since(last).max(0.0);
        opinion =
            opinion.seen("last-seen", given([("side", side_value(peer)), ("silent_s", Value::Seconds(silent))]), None);
    }
    let address = |side| Value::Endpoint(case.record.endpoint(side));
    let ends = given([("client", address(Side::Client)), ("server", address(Side::Server))]);
    opinion =
        opinion.fix_between(Said { id: "check-path", params: ends }).fix(Side::Server, Said::bare("tcp-user-timeout"));
    Some(opinion.next("capture-both-ends").why_not("acknowledged"))
}

/// A side that reset the connection after its own repetitions stayed unanswered.
fn gave_up(case: &Case<'_>) -> Option<(Side, Stuck)> {
    let (side, mark) = case.transport_act()?;
    let stuck = case.tcp(side).stuck.as_deref()?;
    let silent_since = case.tcp(side.opposite()).last_seen_at.is_none_or(|last| last <= stuck.first.at);
    let gave_up = case.ending.transport.kind == TransportEndKind::Rst && stuck.count >= GAVE_UP_REPETITIONS;
    (gave_up && silent_since && mark.at >= stuck.last_at).then_some((side, *stuck))
}

fn repeated_id(stuck: &Stuck) -> &'static str {
    if stuck.probes { "tcp-keepalive-unanswered" } else { "retransmitted" }
}

fn repeated_params(side: Side, stuck: &Stuck) -> Params {
    let count = Value::Count(u64::from(stuck.count));
    given([("side", side_value(side)), ("count", count), ("span_s", Value::Seconds(stuck.lasted().as_secs_f64()))])
}

/// A RST that does not fit its sender.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Opinion> {
    if !case.ended_bare() || case.ending.transport.kind != TransportEndKind::Rst {
        return None;
    }
    Side::BOTH.into_iter().find_map(|side| {
        let reset = case.rst(side)?;
        let (confidence, id, params) = foreign(case, side, reset)?;
        let opinion = Opinion::new(Cause::MiddleboxReset, confidence).by(EndedBy::Network);
        Some(opinion.seen(id, params, Some(reset.mark.packet)).next("capture-both-ends").why_not("ttl-fits"))
    })
}

fn foreign(case: &Case<'_>, side: Side, reset: &Reset) -> Option<(Confidence, &'static str, Params)> {
    let side_param = ("side", side_value(side));
    let (low, high) = case.tcp(side).ttl?;
    if !(low..=high).contains(&reset.ttl) {
        let ttl = |ttl: u8| Value::Count(u64::from(ttl));
        return Some((
            Confidence::Certain,
            "rst-ttl",
            given([side_param, ("ttl", ttl(reset.ttl)), ("usual", ttl(low))]),
        ));
    }
    if case.tcp(side).sent_after_reset {
        return Some((Confidence::Likely, "rst-not-noticed", given([side_param])));
    }
    let provoked = case.tcp(side.opposite()).last_before_peer_reset;
    let unprovoked = provoked.is_none_or(|at| reset.mark.at.seconds_since(at) > UNPROVOKED_S);
    (!reset.ack && unprovoked).then_some((Confidence::Possible, "rst-window", given([side_param])))
}
