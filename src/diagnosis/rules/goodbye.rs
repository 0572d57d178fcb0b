//! A valid Close frame was sent: its code says what it was meant to say, and its reason sometimes more.

use crate::catalogue::{Cause, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value, violation};
use crate::diagnosis::{Confidence, Params, Said, given, given_with, reasons};
use crate::event::websocket::Breach;
use crate::record::{CloseFrame, Side};
use crate::wire::websocket::CloseCode;

/// The reason is a text that an implementation always writes in one situation.
pub(super) fn known_reason(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive().filter(|frame| frame.valid)?;
    let known = reasons::look_up(frame.code?, frame.reason.as_deref()?)?;
    let mut opinion = Opinion::new(known.cause, Confidence::Certain).by(ended_by(frame.from));
    close_evidence(case, frame, &mut opinion);
    let product = given([("product", known.product.into())]);
    Some(opinion.seen("close-reason-known", product, Some(frame.mark.packet)))
}

/// The cause that the first valid Close names.
pub(super) fn close_frame(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive()?;
    let cause = cause_of(frame);
    let by = ended_by(case.ending.by.unwrap_or(frame.from));
    let mut opinion = Opinion::new(cause, Confidence::Certain).by(by);
    close_evidence(case, frame, &mut opinion);
    Some(match cause {
        Cause::ProtocolError | Cause::InvalidUtf8 => with_breach(case, frame, opinion),
        Cause::MessageTooBig => with_message(case, frame, opinion),
        Cause::MissingExtension => with_extensions(case, opinion),
        Cause::PageLeft | Cause::Normal | Cause::NoStatus => opinion,
        _ => opinion.next_at("server-log", case),
    })
}

/// Adds the Close, and how the other side took it.
pub(super) fn close_evidence(case: &Case<'_>, frame: &CloseFrame, opinion: &mut Opinion) {
    let (id, params) = close_said(frame);
    opinion.see(id, params, Some(frame.mark.packet));
    let other = frame.from.opposite();
    let Some(answer) = case.ending.frames.iter().find(|answer| answer.from == other && !answer.ignored) else {
        return;
    };
    let packet = Some(answer.mark.packet);
    let side = ("side", side_value(other));
    if answer.code == frame.code {
        let wait = Value::Seconds(answer.mark.at.seconds_since(frame.mark.at).max(0.0));
        opinion.see("close-echoed", given([side, ("wait_s", wait)]), packet);
    } else {
        opinion.see("close-answered-otherwise", given([side, ("code", code_value(answer))]), packet);
    }
}

/// `evidence` id and parameters that state a Close frame.
pub(super) fn close_said(frame: &CloseFrame) -> (&'static str, Params) {
    let side = ("side", side_value(frame.from));
    match (&frame.code, &frame.reason) {
        (None, _) => ("close-frame-empty", given([side])),
        (Some(_), Some(reason)) => {
            ("close-frame-reason", given([side, ("code", code_value(frame)), ("reason", reason.as_str().into())]))
        }
        (Some(_), None) => ("close-frame", given([side, ("code", code_value(frame))])),
    }
}

pub(super) fn code_value(frame: &CloseFrame) -> Value {
    Value::Code(frame.code.unwrap_or(CloseCode::NO_STATUS).0)
}

/// What the sender of a 1002 or 1007 complains about: the last breach of the other side before it.
fn with_breach(case: &Case<'_>, frame: &CloseFrame, opinion: Opinion) -> Opinion {
    let other = frame.from.opposite();
    let blamed = case
        .record
        .breaches
        .iter()
        .rfind(|seen| case.record.side_of(seen.dir) == other && seen.mark.at <= frame.mark.at);
    let Some(seen) = blamed else { return opinion };
    let gap = Value::Seconds(frame.mark.at.seconds_since(seen.mark.at).max(0.0));
    let params = given_with(violation(seen.breach), [("side", side_value(other)), ("gap_s", gap)]);
    let fix = Said { id: "fix-sender", params: params.clone() };
    let opinion = opinion.seen("violation-before", params, Some(seen.mark.packet)).fix(other, fix);
    if seen.breach == Breach::TextUtf8 { opinion.fix(other, Said::bare("utf8")) } else { opinion }
}

/// How large the message was that was too big.
fn with_message(case: &Case<'_>, frame: &CloseFrame, opinion: Opinion) -> Opinion {
    let other = frame.from.opposite();
    let record = case.record.side(other);
    let declared = record.ended_in_frame.map(|partial| partial.declared);
    let length = declared.unwrap_or(0).max(record.largest_message);
    // Compressed messages are judged by their inflated size, which the wire does not show.
    if length == 0 || case.deflates() {
        return opinion;
    }
    let size = || ("length", Value::Bytes(length));
    let packet = record.last_frame.map(|seen| seen.mark.packet);
    let opinion = opinion.seen("message-size", given([("side", side_value(other)), size()]), packet);
    opinion.fix(frame.from, Said { id: "raise-limit", params: given([size()]) })
}

/// What was offered and what was agreed on.
fn with_extensions(case: &Case<'_>, mut opinion: Opinion) -> Opinion {
    let handshake = &case.record.handshake;
    let offered = handshake.asked.as_ref().and_then(|asked| asked.extensions.as_deref());
    let accepted = handshake.answered.as_ref().and_then(|answered| answered.extensions.as_deref());
    let packet = handshake.answered_mark.map(|mark| mark.packet);
    if let Some(offered) = offered {
        let asked = handshake.asked_mark.map(|mark| mark.packet);
        let name = offered.split([';', ',']).next().unwrap_or_default().trim();
        opinion = opinion.seen("extension-offered", given([("extensions", offered.into())]), asked);
        let fix = |id| Said { id, params: given([("extension", name.into())]) };
        opinion = opinion.fix(Side::Server, fix("enable-extension")).fix(Side::Client, fix("optional-extension"));
        opinion = opinion.fix_between(Said::bare("pass-extensions"));
    }
    match accepted {
        Some(accepted) => opinion.seen("extension-agreed", given([("extensions", accepted.into())]), packet),
        None => opinion.seen("extension-none", given([]), packet),
    }
}

/// 1009 for a length with the top bit set is no limit of size: the length itself breaks the rules (RFC 6455 §5.2).
pub(super) fn absurd_length(case: &Case<'_>) -> Option<Opinion> {
    let frame = case.decisive().filter(|frame| frame.code == Some(CloseCode(1009)))?;
    let seen = case.record.breaches.iter().find(|seen| seen.breach == Breach::LengthTopBit)?;
    let mut opinion = Opinion::new(Cause::ProtocolError, Confidence::Likely).by(ended_by(frame.from));
    close_evidence(case, frame, &mut opinion);
    Some(with_breach(case, frame, opinion)).filter(|_| case.record.side_of(seen.dir) != frame.from)
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
        3001..=4999 => Cause::Application,
        _ => Cause::IllegalClose,
    }
}
