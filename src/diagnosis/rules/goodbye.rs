//! A valid Close frame was sent: its code says what it was meant to say.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::diagnosis::{Confidence, Params};
use crate::record::{CloseFrame, Side};
use crate::wire::websocket::CloseCode;

/// The cause that the first valid Close names.
pub(super) fn close_frame(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive()?;
    let opinion = Opinion::new(cause_of(frame), Confidence::Certain).by(ended_by(case.ending.by.unwrap_or(frame.from)));
    let opinion = opinion.seen("close-frame", close_params(frame), Some(frame.mark.packet));
    Some(match case.close_of(frame.from.opposite()) {
        Some(answer) => opinion.seen("close-answered", close_params(answer), Some(answer.mark.packet)),
        None => opinion,
    })
}

/// Who sent it, its code and reason.
pub(super) fn close_params(frame: &CloseFrame) -> Params {
    let code = frame.code.map_or(Value::Label("none"), |code| Value::Text(code.0.to_string()));
    vec![("side", side_value(frame.from)), ("code", code), ("reason", Value::Text(frame.reason.clone().unwrap_or_default()))]
}

fn cause_of(frame: &CloseFrame) -> Cause {
    match frame.code.map_or(CloseCode::NO_STATUS.0, |code| code.0) {
        1000 => Cause::Normal,
        1001 if frame.from == Side::Client => Cause::PageLeft,
        1001 => Cause::ServerShutdown,
        1002 => Cause::ProtocolError,
        1003 => Cause::UnsupportedData,
        1005 => Cause::NoStatus,
        1007 => Cause::InvalidUtf8,
        1008 => Cause::PolicyViolation,
        1009 => Cause::MessageTooBig,
        1010 => Cause::MissingExtension,
        1011 => Cause::InternalError,
        1012 => Cause::ServiceRestart,
        1013 => Cause::Overloaded,
        1014 => Cause::BadGateway,
        3000 => Cause::Unauthorized,
        3003 => Cause::Forbidden,
        3008 => Cause::Timeout,
        3000..=4999 => Cause::Application,
        _ => Cause::IllegalClose,
    }
}
