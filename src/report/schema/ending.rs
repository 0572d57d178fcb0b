//! How it ended: Close frames, the end of the transport, what the endpoints' APIs made of it.

use serde::Serialize;

use super::Context;
use super::values::Text;
use crate::diagnosis::ApiView;
use crate::packet::PacketRef;
use crate::record::{CloseFrame, Side, TransportEnd};
use crate::time::Timestamp;

/// A Close frame.
#[derive(Serialize)]
pub struct CloseFrameView<'a> {
    /// `client` or `server`.
    pub from: &'static str,
    /// Its code; null where it holds none.
    pub code: Option<u16>,
    /// Its reason.
    pub reason: Option<&'a str>,
    /// When it ended.
    pub at: Text<Timestamp>,
    /// In which packet.
    pub packet: u64,
    /// The input that holds the packet, where it is not the connection's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// A second one of the same side, or one that nobody could receive any more.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub ignored: bool,
}

/// The first end of the transport.
#[derive(Serialize)]
pub struct TransportEndView<'a> {
    /// `fin`, `rst`, `timeout`, `rst-stream`, `goaway`, `end-stream`, `tls-alert` or `none`.
    pub kind: &'static str,
    /// `client` or `server`.
    pub from: Option<&'static str>,
    /// When.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Text<Timestamp>>,
    /// In which packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet: Option<u64>,
    /// The input that holds the packet, where it is not the connection's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
}

/// What an endpoint's API most likely reported.
#[derive(Serialize)]
pub struct ApiReportView<'a> {
    /// The code.
    pub code: Option<u16>,
    /// The reason.
    pub reason: Option<&'a str>,
    /// `wasClean`.
    pub clean: bool,
    /// Nothing speaks for another value.
    pub certain: bool,
}

impl<'a> CloseFrameView<'a> {
    pub(super) fn new(frame: &'a CloseFrame, home: PacketRef, context: Context<'a>) -> Self {
        Self {
            from: frame.from.id(),
            code: frame.code.map(|code| code.0),
            reason: frame.reason.as_deref(),
            at: Text(frame.mark.at),
            packet: frame.mark.packet.number(),
            file: context.places.other_file(frame.mark.packet, home),
            ignored: frame.ignored,
        }
    }
}

impl<'a> TransportEndView<'a> {
    pub(super) fn new(end: &TransportEnd, home: PacketRef, context: Context<'a>) -> Self {
        Self {
            kind: end.kind.id(),
            from: end.from.map(Side::id),
            at: end.mark.map(|mark| Text(mark.at)),
            packet: end.mark.map(|mark| mark.packet.number()),
            file: end.mark.and_then(|mark| context.places.other_file(mark.packet, home)),
        }
    }
}

impl<'a> ApiReportView<'a> {
    pub(super) fn new(view: &'a ApiView) -> Self {
        Self {
            code: view.code.map(|code| code.0),
            reason: view.reason.as_deref(),
            clean: view.clean,
            certain: view.certain,
        }
    }
}
