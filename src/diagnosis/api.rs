//! What each endpoint's own API reported (RFC 6455 §7.1.5): the first Close it received, else 1006.

use super::ApiView;
use super::case::Case;
use crate::record::{CloseFrame, Side, State};
use crate::wire::websocket::CloseCode;

/// Codes that say "your fault": whoever sends one first has failed the connection (RFC 6455 §7.1.7), and its own API
/// says 1006 whatever is echoed (measured with ws, websockets, uvicorn and Chromium; some report their own code).
const FAILING: &[u16] = &[1002, 1007, 1009];

/// What `side` was told.
pub(super) fn view(case: &Case<'_>, side: Side) -> ApiView {
    let received =
        case.ending.frames.iter().find(|frame| frame.from != side && !frame.ignored && arrived(case, side, frame));
    let open = matches!(case.ending.state, State::Open | State::Evicted) || (case.ending.hidden && received.is_none());
    let sealed = case.is_sealed() && received.is_none() && case.ending.code.is_none();
    if open || sealed {
        return ApiView { code: None, reason: None, clean: false, certain: false };
    }
    let failed_it = case
        .first_close()
        .is_some_and(|frame| frame.from == side && frame.code.is_some_and(|code| FAILING.contains(&code.0)));
    match received.filter(|frame| !failed_it && heeded(case, side, frame)) {
        Some(frame) => ApiView {
            code: Some(frame.code.unwrap_or(CloseCode::NO_STATUS)),
            reason: frame.reason.clone(),
            clean: case.ending.clean,
            certain: case.ending.clean && frame.valid,
        },
        None => ApiView { code: Some(CloseCode::ABNORMAL), reason: None, clean: false, certain: received.is_none() },
    }
}

/// The Close found somebody to read it: `side` had not reset the connection, nor closed its socket so that the kernel
/// answered the Close with a RST. A FIN alone is no proof, it only ends the other direction.
fn arrived(case: &Case<'_>, side: Side, frame: &CloseFrame) -> bool {
    !case.rst(side).is_some_and(|reset| reset.mark.precedes(&frame.mark) || !reset.ack)
}

/// A Close that must not be sent is taken at its word only by an endpoint that echoes it.
fn heeded(case: &Case<'_>, side: Side, frame: &CloseFrame) -> bool {
    frame.valid || case.ending.frames.iter().any(|own| own.from == side && own.code == frame.code)
}
