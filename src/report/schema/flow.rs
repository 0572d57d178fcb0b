//! Names under which other tools know the same flow: Community ID, Wireshark's filter, the hash of the handshake's key.

use std::fmt;
use std::net::IpAddr;

use sha1::{Digest, Sha1};

use crate::digits::decimal;
use crate::event::key::Key;
use crate::packet::{Dir, EndpointText, FlowKey, PacketRef};
use crate::record::{Record, Side};
use crate::report::encode::{Encode, Encoded, Hex};
use crate::wire::base64;

/// Community ID v1 with seed 0, as Zeek, Suricata and Arkime print it: `1:` and the Base64 of a SHA-1.
pub(super) struct CommunityId<'a>(pub &'a FlowKey);

impl Encode for CommunityId<'_> {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        json.push("1:");
        json.push_bytes(&base64::encode::<20, 28>(&digest(self.0)));
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
    let [first, second] = [key.first.port, key.second.port].map(u16::to_be_bytes);
    hash.update([TCP_AND_PADDING, first, second].as_flattened());
    hash.finalize().into()
}

/// A hash of Sec-WebSocket-Key: the same on both legs of a proxy, and nothing can be computed from it.
pub(super) struct KeyHash<'a>(pub &'a Key);

impl Encode for KeyHash<'_> {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        const SALT: &[u8] = b"wsclose-sniff key_hash 1:";
        let digest = self.0.with_text(|key| Sha1::new().chain_update(SALT).chain_update(key).finalize());
        let first = digest.iter().take(8).fold(0u64, |hash, byte| hash << 8 | u64::from(*byte));
        Hex(first).encode(json);
    }
}

/// A display filter to paste into Wireshark: the flow's addresses, and its packets where one file holds them all.
pub(in crate::report) struct Filter<'a> {
    /// The ends, in the order of the flow's key.
    ends: [&'a EndpointText; 2],
    packets: Option<(PacketRef, PacketRef)>,
}

impl<'a> Filter<'a> {
    /// `numbered`: packet numbers are those of a file.
    pub fn new(record: &Record, client: &'a EndpointText, server: &'a EndpointText, numbered: bool) -> Self {
        let (from, to) = (record.first.packet, record.last.packet);
        let packets = (numbered && from.file() == to.file() && from <= to).then_some((from, to));
        let ends = if record.dir(Side::Client) == Dir::Forward { [client, server] } else { [server, client] };
        Self { ends, packets }
    }

    /// Piece by piece: format strings take three times as long, in every finding.
    fn write(&self, mut push: impl FnMut(&[u8])) {
        let [first, second] = self.ends;
        let field: &[u8] = if first.is_v6() { b"ipv6.addr == " } else { b"ip.addr == " };
        push(field);
        push(first.address());
        push(b" && ");
        push(field);
        push(second.address());
        push(b" && tcp.port == ");
        push(first.port());
        push(b" && tcp.port == ");
        push(second.port());
        if let Some((from, to)) = self.packets {
            push(b" && frame.number >= ");
            decimal(from.number(), &mut |digits, len| push(digits.get(..len).unwrap_or_default()));
            push(b" && frame.number <= ");
            decimal(to.number(), &mut |digits, len| push(digits.get(..len).unwrap_or_default()));
        }
    }
}

impl fmt::Display for Filter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::new();
        self.write(|piece| text.extend_from_slice(piece));
        f.write_str(std::str::from_utf8(&text).unwrap_or_default())
    }
}

impl Encode for Filter<'_> {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        self.write(|piece| json.push_bytes(piece));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::{Endpoint, PointId};

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
        let hash = |key| text(KeyHash(&Key::new(key)));
        assert_eq!(hash("dGhlIHNhbXBsZSBub25jZQ=="), hash(" dGhlIHNhbXBsZSBub25jZQ=="));
        assert_ne!(hash("dGhlIHNhbXBsZSBub25jZQ=="), hash("x3JJHMbDL1EzLkh9GBhXDw=="));
        assert_eq!(hash("dGhlIHNhbXBsZSBub25jZQ==").len(), 16);
    }
}
