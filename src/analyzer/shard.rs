//! A share of the TCP connections, so that several machines can take a capture between them.
//!
//! Which share a connection belongs to follows from its two endpoints alone: the same for both directions, at every
//! observation point, on every machine, in every version. Hence no library's hash: foldhash gives other numbers on 32 bits.

use crate::packet::{Endpoint, FlowKey};

/// Share `number` of `of`, counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shard {
    // Invariant: 1 <= number <= of.
    number: u32,
    of: u32,
}

impl Shard {
    /// None if there is no such share.
    pub fn new(number: u32, of: u32) -> Option<Self> {
        (1..=of).contains(&number).then_some(Self { number, of })
    }

    /// The connection is in this share.
    pub fn contains(self, key: &FlowKey) -> bool {
        hash(key) % u64::from(self.of) == u64::from(self.number - 1)
    }
}

/// Of the endpoints in sorted order: each address as two big-endian words, IPv4 as ::ffff:a.b.c.d, then both ports as one.
fn hash(key: &FlowKey) -> u64 {
    let ports = u64::from(key.first.port) << 16 | u64::from(key.second.port);
    let addresses = words(&key.first).chain(words(&key.second));
    addresses.chain([ports]).fold(0, |hash, word| mixed(hash ^ word))
}

fn words(endpoint: &Endpoint) -> impl Iterator<Item = u64> {
    let (words, _) = endpoint.address.as_chunks();
    words.iter().map(|word| u64::from_be_bytes(*word))
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): every bit of the word reaches every bit of the hash. Ports and
/// addresses often differ in one bit only, and often are all even.
fn mixed(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::packet::PointId;

    fn server() -> Endpoint {
        Endpoint::v4([192, 0, 2, 80], 443)
    }

    fn shares_of(client: Endpoint, of: u32) -> Vec<u32> {
        let (key, _) = FlowKey::new(client, server(), PointId(0));
        (1..=of).filter(|number| Shard::new(*number, of).unwrap().contains(&key)).collect()
    }

    /// Other machines may run other versions: these numbers must never change.
    #[test]
    fn the_hash_is_for_ever() {
        let hash = |client| hash(&FlowKey::new(client, server(), PointId(0)).0);
        assert_eq!(hash(Endpoint::v4([10, 0, 0, 1], 40_000)), 0xe622_5ebe_e4a2_66ab);
        let v6 = "2001:db8::1".parse::<std::net::Ipv6Addr>().unwrap();
        assert_eq!(hash(Endpoint::v6(v6.octets(), 40_000)), 0xb8e1_01fd_69af_066d);
    }

    #[test]
    fn neither_direction_nor_point_matters() {
        let client = Endpoint::v4([10, 0, 0, 1], 40_000);
        let (there, _) = FlowKey::new(client, server(), PointId(0));
        let (back, _) = FlowKey::new(server(), client, PointId(1));
        assert_eq!(hash(&there), hash(&back));
    }

    /// As Linux gives them out to one program: every second port.
    #[test]
    fn each_connection_is_in_one_share_and_shares_are_alike() {
        for of in [1, 2, 3, 8, 1000] {
            let mut sizes = vec![0; of as usize];
            for port in (32_768..60_768).step_by(2) {
                let shares = shares_of(Endpoint::v4([10, 0, 0, 1], port), of);
                assert_eq!(shares.len(), 1);
                sizes[shares[0] as usize - 1] += 1;
            }
            let fair = 14_000 / of;
            let largest = *sizes.iter().max().unwrap();
            assert!(largest < fair + fair / 10 + 20, "{largest} of {fair} in one of {of}");
        }
    }

    #[test]
    fn shares_are_counted_from_1() {
        let exists = |number, of| Shard::new(number, of).is_some();
        assert!(exists(1, 1) && exists(3, 3));
        assert!(!exists(0, 3) && !exists(4, 3) && !exists(0, 0));
    }
}
