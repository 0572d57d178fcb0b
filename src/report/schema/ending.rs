//! How it ended: Close frames, the end of the transport, what the endpoints' APIs made of it.

use super::connection::number;
use super::{Context, Texts};
use crate::diagnosis::ApiView;
use crate::packet::PacketRef;
use crate::record::{CloseFrame, Side, TransportEnd};
use crate::report::encode::{Encode, Encoded, Word, object};

/// A Close frame.
pub(super) struct CloseFrameView<'a> {
    pub frame: &'a CloseFrame,
    /// The connection's first packet.
    pub home: PacketRef,
    pub context: Context<'a>,
}

impl Encode for CloseFrameView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { frame, home, context } = self;
        object!(json, {
            // `client` or `server`.
            from: Word(frame.from.id()),
            // Its code; null where it holds none.
            code: frame.code.map(|code| code.0),
            // Its reason.
            reason: frame.reason.as_deref(),
            // When it ended.
            at: frame.mark.at,
            // In which packet.
            packet: frame.mark.packet.number(),
            // The input that holds the packet, where it is not the connection's `file`.
            file?: context.places.other_file_json(frame.mark.packet, home),
            // A second one of the same side, or one that nobody could receive any more.
            ignored?: frame.ignored.then_some(true),
        });
    }
}

/// The first end of the transport.
pub(super) struct TransportEndView<'a> {
    pub end: &'a TransportEnd,
    /// The connection's first packet.
    pub home: PacketRef,
    pub context: Context<'a>,
}

impl Encode for TransportEndView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { end, home, context } = self;
        object!(json, {
            // `fin`, `rst`, `timeout`, `rst-stream`, `goaway`, `end-stream`, `tls-alert` or `none`.
            kind: Word(end.kind.id()),
            // `client` or `server`.
            from: end.from.map(Side::id).map(Word),
            // When.
            at?: end.mark.map(|mark| mark.at),
            // In which packet.
            packet?: end.mark.map(|mark| mark.packet.number()),
            // The input that holds the packet, where it is not the connection's `file`.
            file?: end.mark.and_then(|mark| context.places.other_file_json(mark.packet, home)),
        });
    }
}

/// What an endpoint's API most likely reported.
pub(super) struct ApiJson<'a>(pub &'a ApiView, pub &'a Texts<'a>);

impl Encode for ApiJson<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self(view, texts) = self;
        if view.reason.is_some() {
            return view.encode(json);
        }
        let number = number(view.code) << 1 | u16::from(view.certain);
        texts.recent.apis.made(number, (view.code, view.clean, view.certain), || view).encode(json);
    }
}

impl Encode for &ApiView {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // The code.
            code: self.code.map(|code| code.0),
            // The reason.
            reason: self.reason.as_deref(),
            // `wasClean`.
            clean: self.clean,
            // Nothing speaks for another value.
            certain: self.certain,
        });
    }
}
