//! What each endpoint's own API reported (RFC 6455 §7.1.5): the first Close it received, else 1006.

use super::ApiView;
use super::case::Case;
use crate::record::{Side, State};
use crate::wire::websocket::CloseCode;

/// What `side` was told.
pub(super) fn view(case: &Case<'_>, side: Side) -> ApiView {
    let received = case.ending.frames.iter().find(|frame| frame.from != side && !frame.ignored);
    let open = matches!(case.ending.state, State::Open | State::Evicted) || (case.ending.hidden && received.is_none());
    if open {
        return ApiView { code: None, reason: None, clean: false, certain: false };
    }
    match received.filter(|frame| frame.valid) {
        Some(frame) => ApiView {
            code: Some(frame.code.unwrap_or(CloseCode::NO_STATUS)),
            reason: frame.reason.clone(),
            clean: case.ending.clean,
            certain: case.ending.clean,
        },
        None => ApiView { code: Some(CloseCode::ABNORMAL), reason: None, clean: false, certain: received.is_none() },
    }
}
