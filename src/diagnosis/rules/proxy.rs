//! What a proxy does: writes its own answer into the tunnel.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::case::{Case, Opinion};
use crate::diagnosis::{Confidence, given};

/// An HTTP answer stands where a frame should: the hop that wrote it ended the connection.
pub(super) fn injected_answer(case: &Case<'_>) -> Option<Opinion> {
    let injected = case.record.injected?;
    if case.decisive().is_some() {
        return None;
    }
    let status = ("status", Value::Code(injected.status));
    let packet = Some(injected.mark.packet);
    let opinion = |cause| Opinion::new(cause, Confidence::Certain).by(EndedBy::Proxy);
    Some(match injected.status {
        408 | 504 => {
            let idle = case
                .record
                .sides
                .0
                .iter()
                .filter_map(|side| side.last_frame)
                .map(|frame| injected.mark.at.seconds_since(frame.mark.at));
            let idle = idle.reduce(f64::min).unwrap_or(0.0).max(0.0);
            opinion(Cause::IdleTimeout).seen(
                "http-in-tunnel-timeout",
                given([status, ("idle_s", Value::Seconds(idle))]),
                packet,
            )
        }
        502 | 503 => opinion(Cause::UpstreamLost).seen("http-in-tunnel", given([status]), packet),
        _ => opinion(Cause::ClosedWithoutCloseFrame).seen("http-in-tunnel", given([status]), packet),
    })
}
