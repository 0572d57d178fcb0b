//! How well a connection was kept alive: pings, silences, and what idle limit that would satisfy.
//!
//! A limit may listen to both directions or to one only (nginx's `proxy_read_timeout` hears the server alone), so the
//! longer of the two silences is what counts.

use super::Keepalive;
use crate::catalogue::Cause;
use crate::record::{Ending, Record, Side};

/// Recommended where no limit is known: routers and mobile networks forget connections from about 30 s on.
const USUAL_S: f64 = 25.0;

/// The report of a connection that was open, with the cause of its end.
pub(super) fn of(record: &Record, ending: &Ending, cause: Cause) -> Option<Keepalive> {
    if !record.is_open() {
        return None;
    }
    let silence = |side: Side| longest_silence(record, ending, side);
    let longest_silence_s = (silence(Side::Client), silence(Side::Server));
    let periods = Side::BOTH.into_iter().filter_map(|side| record.side(side).pings.period_s());
    let longest = longest_silence_s.0.max(longest_silence_s.1);
    let limit_s = if cause == Cause::IdleTimeout { shared_silence(record, ending) } else { None };
    Some(Keepalive {
        ping_period_s: periods.reduce(f64::min),
        longest_silence_s,
        unanswered_pings: Side::BOTH.into_iter().map(|side| u64::from(record.side(side).pings.unanswered())).sum(),
        suffices_for_s: (longest > 0.0).then_some(longest),
        recommended_s: Some(limit_s.map_or(USUAL_S, |limit| (limit / 2.0).min(USUAL_S))),
    })
}

/// The longest time that `side` sent nothing, the last one included.
fn longest_silence(record: &Record, ending: &Ending, side: Side) -> f64 {
    let tcp = &record.side(side).tcp;
    let end = ending.closed.map_or(record.input_at.max(record.last.at), |act| act.at);
    let last = tcp.last_payload.map_or(record.first.at, |last| last.at);
    (tcp.longest_silence_ns as f64 / 1e9).max(end.seconds_since(last))
}

/// How long nobody had sent anything when it ended: the limit, where the end was for that.
fn shared_silence(record: &Record, ending: &Ending) -> Option<f64> {
    let act = ending.closed?;
    let last = Side::BOTH.into_iter().filter_map(|side| record.last_sent_before(side, &act)).max()?;
    Some(act.at.seconds_since(last)).filter(|silence| *silence > 0.0)
}
