//! Names under which other tools know the same flow: Community ID, Wireshark's filter, the hash of the handshake's key.

use std::fmt;
use std::net::IpAddr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use crate::packet::{Endpoint, FlowKey, PacketRef};
use crate::record::Record;
use crate::report::encode::{Encode, Encoded, Hex};

/// Community ID v1 with seed 0, as Zeek, Suricata and Arkime print it: `1:` and the Base64 of a SHA-1.
pub(super) struct CommunityId<'a>(pub &'a FlowKey);

impl Encode for CommunityId<'_> {
    fn encode(self, json: &mut Encoded) {
        let mut text = *b"1:____________________________";
        let digest = digest(self.0);
        // 20 bytes are 28 characters: it fits by arithmetic.
        let encoded = text.get_mut(2..).and_then(|out| STANDARD.encode_slice(digest, out).ok());
        debug_assert_eq!(encoded, Some(28));
        json.push_plain(&text);
    }
}

/// Seed, addresses, protocol, padding, ports; the smaller endpoint first, which is how a flow key is sorted.
fn digest(key: &FlowKey) -> [u8; 20] {
    const SEED: [u8; 2] = [0, 0];
    const TCP_AND_PADDING: [u8; 2] = [6, 0];
    let mut hash = Sha1::new();
    hash.update(SEED);
    for endpoint in [key.first, key.second] {
        match endpoint.ip() {
            IpAddr::V4(address) => hash.update(address.octets()),
            IpAddr::V6(address) => hash.update(address.octets()),
        }
    }
    hash.update(TCP_AND_PADDING);
    hash.update(key.first.port.to_be_bytes());
    hash.update(key.second.port.to_be_bytes());
    hash.finalize().into()
}

/// A hash of Sec-WebSocket-Key: the same on both legs of a proxy, and nothing can be computed from it.
pub(super) struct KeyHash<'a>(pub &'a str);

impl Encode for KeyHash<'_> {
    fn encode(self, json: &mut Encoded) {
        const SALT: &[u8] = b"wsclose-sniff key_hash 1:";
        let digest = Sha1::new().chain_update(SALT).chain_update(self.0.trim()).finalize();
        let first = digest.iter().take(8).fold(0u64, |hash, byte| hash << 8 | u64::from(*byte));
        Hex(first).encode(json);
    }
}

/// A display filter to paste into Wireshark: the flow's addresses, and its packets where one file holds them all.
pub(in crate::report) struct Filter {
    first: Endpoint,
    second: Endpoint,
    packets: Option<(PacketRef, PacketRef)>,
}

impl Filter {
    /// `numbered`: packet numbers are those of a file.
    pub fn new(record: &Record, numbered: bool) -> Self {
        let (from, to) = (record.first.packet, record.last.packet);
        let packets = (numbered && from.file() == to.file() && from <= to).then_some((from, to));
        Self { first: record.key.first, second: record.key.second, packets }
    }

    /// Piece by piece: format strings take three times as long, in every finding.
    fn write(&self, mut push: impl FnMut(&[u8])) {
        let (first, second) = (self.first.text(), self.second.text());
        let field: &[u8] = if self.first.ip().is_ipv4() { b"ip.addr == " } else { b"ipv6.addr == " };
        push(field);
        push(first.address());
        push(b" && ");
        push(field);
        push(second.address());
        let mut number = |name: &[u8], number: u64| {
            push(name);
            push(itoa::Buffer::new().format(number).as_bytes());
        };
        number(b" && tcp.port == ", self.first.port.into());
        number(b" && tcp.port == ", self.second.port.into());
        if let Some((from, to)) = self.packets {
            number(b" && frame.number >= ", from.number());
            number(b" && frame.number <= ", to.number());
        }
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write(|piece| text.extend_from_slice(piece));
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Encode for Filter {
    fn encode(self, json: &mut Encoded) {
        json.push("\"");
        self.write(|piece| json.push_bytes(piece));
        json.push("\"");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::PointId;

    fn text(value: impl Encode) -> String {
        serde_json::from_slice(Encoded::of(value).as_bytes()).unwrap()
    }

    fn community_id(a: Endpoint, b: Endpoint) -> String {
        let (key, _) = FlowKey::new(a, b, PointId(0));
        text(CommunityId(&key))
    }

    #[test]
    fn community_ids_are_those_of_the_specification() {
        let v4 = community_id(Endpoint::v4([128, 232, 110, 120], 34855), Endpoint::v4([66, 35, 250, 204], 80));
        assert_eq!(v4, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
        let v4 = community_id(Endpoint::v4([66, 35, 250, 204], 80), Endpoint::v4([128, 232, 110, 120], 34855));
        assert_eq!(v4, "1:LQU9qZlK+B5F3KDmev6m5PMibrg=");
    }

    #[test]
    fn a_key_hash_is_stable_and_not_the_key() {
        let hash = |key| text(KeyHash(key));
        assert_eq!(hash("dGhlIHNhbXBsZSBub25jZQ=="), hash(" dGhlIHNhbXBsZSBub25jZQ=="));
        assert_ne!(hash("dGhlIHNhbXBsZSBub25jZQ=="), hash("x3JJHMbDL1EzLkh9GBhXDw=="));
        assert_eq!(hash("dGhlIHNhbXBsZSBub25jZQ==").len(), 16);
    }
}
