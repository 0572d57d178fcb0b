//! The rules of RFC 6455 §5 that a frame header alone may break.

use super::Reader;
use crate::event::Events;
use crate::event::websocket::{Breach, WebSocketEvent};
use crate::wire::websocket::{CONTROL_PAYLOAD_MAX, FrameHeader, Opcode};

impl Reader {
    /// Says which rules a header breaks.
    pub(super) fn check_header(&mut self, header: &FrameHeader, events: &mut Events<'_>) {
        let opcode = header.opcode;
        let masked = header.masking_key.is_some();
        let mut breach = |breach| events.websocket(self.dir, WebSocketEvent::Breach(breach));
        if self.agreement.client.is_some_and(|client| (client == self.dir) != masked) {
            breach(if masked { Breach::MaskedServerFrame } else { Breach::UnmaskedClientFrame });
        }
        if header.rsv != 0 {
            let deflate = self.agreement.deflate != Some(false) && header.rsv == 0x4;
            match (deflate, opcode.is_control(), opcode) {
                (true, true, _) => breach(Breach::CompressedControl),
                (true, false, Opcode::CONTINUATION) => breach(Breach::CompressedContinuation),
                (true, false, _) => {}
                (false, _, _) => breach(Breach::ReservedBits(header.rsv)),
            }
        }
        if !opcode.is_assigned() {
            breach(Breach::ReservedOpcode(opcode.0));
        }
        if opcode.is_control() {
            if !header.fin {
                breach(Breach::FragmentedControl);
            }
            if header.payload_len > CONTROL_PAYLOAD_MAX {
                breach(Breach::OversizedControl(header.payload_len));
            }
        } else if opcode == Opcode::CONTINUATION && self.message.is_none() {
            breach(Breach::UnexpectedContinuation);
        } else if opcode != Opcode::CONTINUATION && self.message.is_some() {
            breach(Breach::InterleavedMessage);
        }
        if header.length_not_minimal {
            breach(Breach::NonMinimalLength);
        }
        if header.payload_len >> 63 != 0 {
            breach(Breach::LengthTopBit);
        }
        if self.closed && opcode == Opcode::CLOSE {
            breach(Breach::SecondClose);
        } else if self.closed && !opcode.is_control() {
            breach(Breach::DataAfterClose);
        }
    }

    /// A header that no frame at a boundary found by its looks would have: the boundary was none, or is lost again.
    pub(super) fn contradicts(&self, header: &FrameHeader) -> bool {
        let opcode = header.opcode;
        let masked = self.agreement.client.is_some_and(|client| (client == self.dir) != header.masking_key.is_some());
        let reserved =
            header.rsv & 0x3 != 0 || header.rsv != 0 && (self.agreement.deflate == Some(false) || opcode.is_control());
        let control = opcode.is_control() && (!header.fin || header.payload_len > CONTROL_PAYLOAD_MAX);
        masked
            || reserved
            || control
            || !opcode.is_assigned()
            || header.length_not_minimal
            || header.payload_len >> 63 != 0
    }
}
