//! What a proxy does: writes its own answer into the tunnel.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, side_value};

/// An HTTP answer stands where a frame should: the hop that wrote it ended the connection.
pub(super) fn injected_answer(case: &Case<'_>) -> Option<Opinion> {
    let injected = case.record.injected?;
    if case.decisive().is_some() {
        return None;
    }
    let cause = match injected.status {
        408 | 504 => Cause::IdleTimeout,
        502 | 503 => Cause::UpstreamLost,
        _ => Cause::ClosedWithoutCloseFrame,
    };
    let side = case.record.side_of(injected.dir);
    let params = vec![("side", side_value(side)), ("status", Value::Text(injected.status.to_string()))];
    Some(Opinion::new(cause, Confidence::Certain).by(EndedBy::Proxy).seen("http-injected", params, Some(injected.mark.packet)))
}
