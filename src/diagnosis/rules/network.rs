//! The path between: it swallows packets, or something on it resets.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, side_value};
use crate::record::Side;
use crate::tcp::Reset;

/// One side repeats itself and is not acknowledged any more.
pub(super) fn blackhole(case: &Case<'_>) -> Option<Opinion> {
    let side = case.record.lost_side()?;
    if case.decisive().is_some() || !case.record.is_open() {
        return None;
    }
    let stuck = case.tcp(side).stuck?;
    let params = vec![
        ("side", side_value(side)),
        ("count", Value::Count(u64::from(stuck.count))),
        ("seconds", Value::Seconds(stuck.lasted().as_secs_f64())),
    ];
    let id = if stuck.probes { "probes-unanswered" } else { "retransmissions-unanswered" };
    let opinion = Opinion::new(Cause::NetworkBlackhole, Confidence::Certain).by(EndedBy::Network);
    Some(opinion.seen(id, params, Some(stuck.first.packet)).next("capture-both-ends"))
}

/// A RST that does not fit its sender.
pub(super) fn middlebox_reset(case: &Case<'_>) -> Option<Opinion> {
    if !case.ended_bare() {
        return None;
    }
    Side::BOTH.into_iter().find_map(|side| {
        let reset = case.rst(side)?;
        let (low, high) = case.tcp(side).ttl?;
        let foreign_ttl = reset.ttl < low || reset.ttl > high;
        let params = vec![
            ("side", side_value(side)),
            ("ttl", Value::Count(u64::from(reset.ttl))),
            ("usual", Value::Count(u64::from(low))),
        ];
        let opinion = Opinion::new(Cause::MiddleboxReset, confidence(reset)).by(EndedBy::Network);
        foreign_ttl.then(|| opinion.seen("reset-ttl", params, Some(reset.mark.packet)).next("capture-both-ends"))
    })
}

fn confidence(_reset: &Reset) -> Confidence {
    Confidence::Likely
}
