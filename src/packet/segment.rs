//! What `packet` gives to `tcp`: one TCP segment, its flow and its direction.

use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU64;

use super::Packet;
use super::bytes::Unusable;
use super::ip::Ip;
use crate::time::Timestamp;

/// Number of an observation point: the place where a set of captures was taken. 0 where only one is in use.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Debug)]
pub struct PointId(pub u16);

/// A packet as Wireshark would number it: the input file and its number in that file, from 1.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct PacketRef(NonZeroU64);

impl PacketRef {
    const NUMBER_BITS: u32 = 44;

    /// `file` counts inputs from 0, `number` counts its packets from 1.
    #[inline]
    pub fn new(file: u32, number: u64) -> Self {
        let number = number.clamp(1, (1 << Self::NUMBER_BITS) - 1);
        Self(NonZeroU64::new(u64::from(file & 0xF_FFFF) << Self::NUMBER_BITS | number).unwrap_or(NonZeroU64::MIN))
    }

    /// Which input, from 0.
    pub fn file(self) -> usize {
        usize::try_from(self.0.get() >> Self::NUMBER_BITS).unwrap_or(0)
    }

    /// Which packet of that input, from 1.
    pub fn number(self) -> u64 {
        self.0.get() & ((1 << Self::NUMBER_BITS) - 1)
    }

    /// How many packets of the same input it comes after `earlier`; None if it does not.
    pub fn distance(self, earlier: Self) -> Option<u64> {
        self.0.get().checked_sub(earlier.0.get()).filter(|_| self.file() == earlier.file())
    }

    /// So many packets later.
    pub fn later(self, packets: u64) -> Self {
        Self(self.0.saturating_add(packets))
    }
}

/// Direction of a segment within its flow, without saying yet who is client.
///
/// `Forward` runs from the endpoint that sorts first (address, then port).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Dir {
    /// From the first endpoint of the [`FlowKey`] to the second.
    Forward,
    /// From the second endpoint to the first.
    Reverse,
}

impl Dir {
    /// Both, in order.
    pub const BOTH: [Self; 2] = [Self::Forward, Self::Reverse];

    /// The other one.
    pub fn opposite(self) -> Self {
        match self {
            Self::Forward => Self::Reverse,
            Self::Reverse => Self::Forward,
        }
    }
}

/// A pair of values, one for each direction: `pair[dir]`.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ByDir<T>(pub [T; 2]);

impl<T> std::ops::Index<Dir> for ByDir<T> {
    type Output = T;
    #[inline]
    #[expect(
        clippy::indexing_slicing,
        reason = "two directions, two values; a match becomes a branch that mispredicts"
    )]
    fn index(&self, dir: Dir) -> &T {
        &self.0[dir as usize]
    }
}

impl<T> std::ops::IndexMut<Dir> for ByDir<T> {
    #[inline]
    #[expect(clippy::indexing_slicing, reason = "as above")]
    fn index_mut(&mut self, dir: Dir) -> &mut T {
        &mut self.0[dir as usize]
    }
}

/// One end of a flow. IPv4 is kept as an IPv4-mapped IPv6 address, so that keys have one size.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Endpoint {
    /// Address in network order; IPv4 as `::ffff:a.b.c.d`.
    pub address: [u8; 16],
    /// TCP port.
    pub port: u16,
}

/// What stands before the IPv4 address in an IPv4-mapped one (RFC 4291 §2.5.5.2).
const MAPPED: u128 = 0xFFFF << 32;

impl Endpoint {
    /// An IPv4 endpoint.
    #[inline]
    pub fn v4(address: [u8; 4], port: u16) -> Self {
        // As one number, not byte by byte: built for every packet.
        Self { address: (MAPPED | u128::from(u32::from_be_bytes(address))).to_be_bytes(), port }
    }

    /// The address if it is IPv4, as one number.
    #[inline]
    pub(super) fn v4_address(self) -> Option<u32> {
        u32::try_from(u128::from_be_bytes(self.address) ^ MAPPED).ok()
    }

    /// An IPv4 endpoint as one number, in the order of endpoints.
    #[inline]
    fn v4_number(self) -> Option<u64> {
        Some(u64::from(self.v4_address()?) << 16 | u64::from(self.port))
    }

    #[inline]
    fn of_v4(number: u64) -> Self {
        let [low, high, ..] = number.to_le_bytes();
        Self { address: (MAPPED | u128::from(number >> 16)).to_be_bytes(), port: u16::from_le_bytes([low, high]) }
    }

    /// An IPv6 endpoint.
    #[inline]
    pub fn v6(address: [u8; 16], port: u16) -> Self {
        Self { address, port }
    }

    /// The address for people: an IPv4-mapped one is IPv4 again.
    pub fn ip(self) -> IpAddr {
        let address = Ipv6Addr::from(self.address);
        address.to_ipv4_mapped().map_or(IpAddr::V6(address), IpAddr::V4)
    }
}

/// The two ends of a TCP connection at one observation point, in sorted order: the same key for both directions.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct FlowKey {
    /// Endpoint that sorts first; [`Dir::Forward`] starts here.
    pub first: Endpoint,
    /// Endpoint that sorts second.
    pub second: Endpoint,
    /// Where it was seen. The same connection seen at two points is two flows.
    pub point: PointId,
}

impl FlowKey {
    /// The key of a segment from `source` to `destination`, and the direction it travels.
    #[inline(always)]
    pub fn new(source: Endpoint, destination: Endpoint, point: PointId) -> (Self, Dir) {
        // The derived order, but of whole numbers: no loop over bytes, no branch that half the packets mispredict.
        if let Some((a, b)) = source.v4_number().zip(destination.v4_number()) {
            let dir = if a <= b { Dir::Forward } else { Dir::Reverse };
            return (Self { first: Endpoint::of_v4(a.min(b)), second: Endpoint::of_v4(a.max(b)), point }, dir);
        }
        let number = |endpoint: Endpoint| (u128::from_be_bytes(endpoint.address), endpoint.port);
        let (first, second, dir) = if number(source) <= number(destination) {
            (source, destination, Dir::Forward)
        } else {
            (destination, source, Dir::Reverse)
        };
        (Self { first, second, point }, dir)
    }

    /// The endpoint that sends in direction `dir`.
    pub fn source(&self, dir: Dir) -> Endpoint {
        match dir {
            Dir::Forward => self.first,
            Dir::Reverse => self.second,
        }
    }
}

/// TCP header flags as sent (RFC 9293 §3.1).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Flags(pub u8);

impl Flags {
    /// No more data from sender.
    pub const FIN: u8 = 0x01;
    /// Synchronize sequence numbers.
    pub const SYN: u8 = 0x02;
    /// Reset the connection.
    pub const RST: u8 = 0x04;
    /// Push.
    pub const PSH: u8 = 0x08;
    /// The acknowledgment field is significant.
    pub const ACK: u8 = 0x10;

    /// FIN is set.
    #[inline]
    pub fn fin(self) -> bool {
        self.0 & Self::FIN != 0
    }
    /// SYN is set.
    #[inline]
    pub fn syn(self) -> bool {
        self.0 & Self::SYN != 0
    }
    /// RST is set.
    #[inline]
    pub fn rst(self) -> bool {
        self.0 & Self::RST != 0
    }
    /// ACK is set.
    #[inline]
    pub fn ack(self) -> bool {
        self.0 & Self::ACK != 0
    }
}

/// One TCP segment as captured. Borrows the packet (or a defragmented copy of it).
#[derive(Clone, Copy, Debug)]
pub struct Segment<'a> {
    /// The flow it belongs to.
    pub key: FlowKey,
    /// Which way it travels.
    pub dir: Dir,
    /// When it was captured.
    pub at: Timestamp,
    /// The packet it came in.
    pub packet: PacketRef,
    /// Capturing interface, counted within the file.
    pub interface: u32,
    /// Its TCP header, without options.
    pub header: &'a [u8; TCP_HEADER_LEN],
    /// Length of the TCP options, as far as they were captured, in bytes.
    pub options_len: u8,
    /// Payload as far as it was captured.
    pub payload: &'a [u8],
    /// Payload length on the wire, in bytes: more than `payload` holds where the snaplen cut it.
    pub payload_len: u32,
    /// IPv4 TTL or IPv6 hop limit.
    pub ttl: u8,
    /// IPv4 identification; None for IPv6.
    pub ip_id: Option<u16>,
}

/// Bytes of a TCP header without options (RFC 9293 §3.1).
pub const TCP_HEADER_LEN: usize = 20;

impl<'a> Segment<'a> {
    /// Sequence number of the first payload byte (of the SYN where SYN is set).
    #[inline]
    pub fn seq(&self) -> u32 {
        let [_, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Acknowledgment number; meaningful with [`Flags::ACK`].
    #[inline]
    pub fn ack(&self) -> u32 {
        let [_, _, _, _, _, _, _, _, a, b, c, d, ..] = *self.header;
        u32::from_be_bytes([a, b, c, d])
    }

    /// Header flags.
    #[inline]
    pub fn flags(&self) -> Flags {
        Flags(self.header[13])
    }

    /// Window field as sent, unscaled.
    #[inline]
    pub fn window(&self) -> u16 {
        u16::from_be_bytes([self.header[14], self.header[15]])
    }

    /// A connection may begin or end with it.
    #[inline]
    pub fn begins_or_ends(&self) -> bool {
        self.flags().0 & (Flags::SYN | Flags::FIN | Flags::RST) != 0
    }

    /// It brings nothing and ends nothing: an acknowledgment alone.
    #[inline]
    pub fn is_bare(&self) -> bool {
        self.payload.is_empty() && self.flags().0 & (Flags::FIN | Flags::RST) == 0
    }

    /// The end of the payload was on the wire, but not captured.
    #[inline]
    pub fn is_cut(&self) -> bool {
        usize::try_from(self.payload_len).is_ok_and(|len| len > self.payload.len())
    }

    /// The segment of that header, without what is not in the header: options, payload, and what IP says.
    #[inline(always)]
    pub(super) fn of_header(
        packet: &Packet<'_>,
        source: Endpoint,
        destination: Endpoint,
        header: &'a [u8; TCP_HEADER_LEN],
    ) -> Self {
        let [a, b, c, d, ..] = *header;
        let source = Endpoint { port: u16::from_be_bytes([a, b]), ..source };
        let destination = Endpoint { port: u16::from_be_bytes([c, d]), ..destination };
        let (key, dir) = FlowKey::new(source, destination, packet.point);
        Self {
            key,
            dir,
            at: packet.at,
            packet: packet.reference,
            interface: packet.interface,
            header,
            options_len: 0,
            payload: &[],
            payload_len: 0,
            ttl: 0,
            ip_id: None,
        }
    }

    /// Reads the TCP header. Where the capture ends within the options, the fixed part still counts.
    pub(super) fn parse(packet: &Packet<'_>, ip: &Ip<'a>) -> Result<Self, Unusable> {
        let captured = ip.payload.captured;
        let header: &[u8; TCP_HEADER_LEN] = captured.first_chunk().ok_or_else(|| ip.payload.too_short())?;
        let header_len = usize::from(header[12] >> 4) * 4;
        let options_len = header_len.checked_sub(TCP_HEADER_LEN).ok_or(Unusable::Malformed)?;
        // A data offset beyond the segment is no TCP.
        let payload_len = ip.payload.wire_len().checked_sub(header_len).ok_or(Unusable::Malformed)?;
        let (source, destination) = ip.endpoints(0, 0);
        Ok(Self {
            options_len: u8::try_from(options_len.min(captured.len() - TCP_HEADER_LEN)).unwrap_or(u8::MAX),
            payload: captured.get(header_len..).unwrap_or_default(),
            payload_len: u32::try_from(payload_len).unwrap_or(u32::MAX),
            ttl: ip.ttl,
            ip_id: ip.id,
            ..Self::of_header(packet, source, destination, header)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_directions_share_one_key() {
        let (client, server) = (Endpoint::v4([10, 0, 0, 9], 50000), Endpoint::v4([10, 0, 0, 1], 80));
        let (key, dir) = FlowKey::new(client, server, PointId(0));
        let (reversed, back) = FlowKey::new(server, client, PointId(0));
        assert_eq!(key, reversed);
        assert_eq!(dir, back.opposite());
        assert_eq!(key.source(dir), client);
        assert_eq!(client.to_string(), "10.0.0.9:50000");
    }

    #[test]
    fn a_packet_reference_survives_the_round_trip() {
        let packet = PacketRef::new(499, 123_456_789_012);
        assert_eq!((packet.file(), packet.number()), (499, 123_456_789_012));
    }
}
