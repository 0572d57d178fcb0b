//! The quick way and the thorough one say the same.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{Agreement, WebSocket};
use crate::event::{Common, Event, Events, Mark};
use crate::packet::{Dir, PacketRef};
use crate::tcp::Content;
use crate::time::Timestamp;

/// First byte, masking key, payload. Most are as they should be.
fn frame() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![6 => prop::sample::select(vec![0x81, 0x82, 0x89, 0x8a]), 2 => Just(0xc1), 2 => Just(0x88), 1 => 0_u8..];
    let payload = prop_oneof![4 => "[a-z ]{0,60}", 1 => "\\PC{0,60}"];
    let close =
        (1000_u16..1016, "[a-zé]{0,9}").prop_map(|(code, reason)| [&code.to_be_bytes(), reason.as_bytes()].concat());
    let bytes = prop_oneof![4 => payload.prop_map(String::into_bytes), 1 => vec(0_u8.., 0..60), 1 => close];
    (first, prop::option::weighted(0.8, prop::array::uniform4(0_u8..)), bytes).prop_map(|(first, key, payload)| {
        let len = u8::try_from(payload.len() % 126).unwrap();
        let mut frame = vec![first, len | if key.is_some() { 0x80 } else { 0 }];
        frame.extend(key.into_iter().flatten());
        let mask = key.unwrap_or_default().into_iter().cycle();
        frame.extend(payload.into_iter().take(len.into()).zip(mask).map(|(byte, key)| byte ^ key));
        frame
    })
}

fn events(pieces: &[&[u8]], agreement: Agreement) -> Vec<Event> {
    let mark = Mark { at: Timestamp(0), packet: PacketRef::new(0, 1), seq: 0, acked: None };
    let (mut said, mut common) = (Vec::new(), Common::default());
    let mut events = Events::new(&mut said, &mut common, mark);
    let mut websocket = WebSocket::after_handshake(agreement, &mut events.as_dyn());
    for piece in pieces {
        websocket.push(Dir::Forward, &Content::Data((*piece).into()), &mut events);
    }
    websocket.finish(&mut events.as_dyn());
    said
}

proptest! {
    #[test]
    fn whole_frames_say_what_they_say_byte_by_byte(frames in vec(frame(), 0..8), deflate: Option<bool>) {
        let agreement = Agreement { client: Some(Dir::Forward), deflate };
        let stream = frames.concat();
        let frames: Vec<&[u8]> = frames.iter().map(Vec::as_slice).collect();
        let bytes: Vec<&[u8]> = stream.chunks(1).collect();
        prop_assert_eq!(events(&[&stream], agreement), events(&bytes, agreement));
        prop_assert_eq!(events(&frames, agreement), events(&bytes, agreement));
    }
}
