//! A bare end by an endpoint: FIN or RST without a Close frame.

use crate::catalogue::Cause;
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::record::TransportEndKind;

/// The first act was a RST.
pub(super) fn reset(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() || case.ending.transport.kind != TransportEndKind::Rst {
        return None;
    }
    let opinion = Opinion::new(Cause::Aborted, Confidence::Possible).by(ended_by(side));
    Some(opinion.seen("rst-first", vec![("side", side_value(side))], Some(mark.packet)))
}

/// The first act was a FIN.
pub(super) fn fin(case: &Case<'_>) -> Option<Opinion> {
    let (side, mark) = case.transport_act()?;
    if !case.ended_bare() || case.ending.transport.kind != TransportEndKind::Fin {
        return None;
    }
    let opinion = Opinion::new(Cause::ClosedWithoutCloseFrame, Confidence::Possible).by(ended_by(side));
    Some(opinion.seen("fin-first", vec![("side", side_value(side))], Some(mark.packet)))
}
