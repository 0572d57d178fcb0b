//! Frames as nearly all are: TCP in IP without options or fragments, behind one link header and at most one tag.
//!
//! Reads them in one go, without a loop and for each version of IP apart, so that everything stays in registers: 5 ns
//! where the walk from header to header takes 50. What it does not understand it leaves to that, without a reason.

use etherparse::{EtherType, Ethernet2HeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6HeaderSlice, TcpHeaderSlice};

use super::bytes::Bytes;
use super::segment::{Endpoint, Flags, FlowKey, Segment};
use super::{LinkType, Packet, link};

/// What IP carries, if that is TCP.
struct Carried<'a> {
    /// With ports still to come.
    source: Endpoint,
    destination: Endpoint,
    ttl: u8,
    id: Option<u16>,
    captured: &'a [u8],
    /// At least what was captured.
    wire_len: u16,
}

/// Gives the segment to `take`. It is large: given away where it is made, it is written once, to where it belongs.
#[inline(always)]
pub(super) fn read<'a>(packet: &Packet<'a>, take: impl FnOnce(Segment<'a>)) -> Option<()> {
    let (mut ether_type, mut bytes) = if packet.link == LinkType::ETHERNET {
        let header = Ethernet2HeaderSlice::from_slice(packet.data).ok()?;
        (header.ether_type(), packet.data.get(header.slice().len()..)?)
    } else {
        link::plain(packet.link, Bytes::new(packet.data, packet.original_len)).ok().map(captured)?
    };
    if !matches!(ether_type, EtherType::IPV4 | EtherType::IPV6) {
        (ether_type, bytes) = untagged(ether_type, bytes)?;
    }
    match ether_type {
        EtherType::IPV4 => take(segment(packet, v4(bytes)?)?),
        EtherType::IPV6 => take(segment(packet, v6(bytes)?)?),
        _ => return None,
    }
    Some(())
}

/// What stands behind a VLAN tag.
#[inline(never)]
fn untagged(ether_type: EtherType, bytes: &[u8]) -> Option<(EtherType, &[u8])> {
    let tag = Some(bytes).filter(|_| link::is_vlan(ether_type))?;
    link::vlan(Bytes::new(tag, 0)).ok().map(captured)
}

fn captured((ether_type, bytes): (EtherType, Bytes<'_>)) -> (EtherType, &[u8]) {
    (ether_type, bytes.captured)
}

#[inline(always)]
fn v4(bytes: &[u8]) -> Option<Carried<'_>> {
    const VERSION_4_LEN_20: u8 = 0x45;
    let bytes = Some(bytes).filter(|bytes| bytes.first() == Some(&VERSION_4_LEN_20))?;
    let header = Ipv4HeaderSlice::from_slice(bytes).ok()?;
    if header.protocol() != IpNumber::TCP || header.is_fragmenting_payload() {
        return None;
    }
    let header_len = header.slice().len();
    Some(Carried {
        source: Endpoint::v4(header.source(), 0),
        destination: Endpoint::v4(header.destination(), 0),
        ttl: header.ttl(),
        id: Some(header.identification()),
        captured: bytes.get(header_len..bytes.len().min(header.total_len().into()))?,
        wire_len: header.payload_len().ok()?,
    })
}

#[inline(always)]
fn v6(bytes: &[u8]) -> Option<Carried<'_>> {
    let header = Ipv6HeaderSlice::from_slice(bytes).ok()?;
    if header.next_header() != IpNumber::TCP {
        return None;
    }
    let behind = bytes.get(header.slice().len()..)?;
    Some(Carried {
        source: Endpoint::v6(header.source(), 0),
        destination: Endpoint::v6(header.destination(), 0),
        ttl: header.hop_limit(),
        id: None,
        captured: behind.get(..header.payload_length().into()).unwrap_or(behind),
        wire_len: header.payload_length(),
    })
}

#[inline(always)]
fn segment<'a>(packet: &Packet<'a>, ip: Carried<'a>) -> Option<Segment<'a>> {
    let header = TcpHeaderSlice::from_slice(ip.captured).ok()?;
    let header_len = header.slice().len();
    let source = Endpoint { port: header.source_port(), ..ip.source };
    let destination = Endpoint { port: header.destination_port(), ..ip.destination };
    let (key, dir) = FlowKey::new(source, destination, packet.point);
    Some(Segment {
        key,
        dir,
        at: packet.at,
        packet: packet.reference,
        interface: packet.interface,
        seq: header.sequence_number(),
        ack: header.acknowledgment_number(),
        flags: Flags(header.slice().get(13).copied()?),
        window: header.window_size(),
        options_len: u8::try_from(header.options().len()).ok()?,
        payload: ip.captured.get(header_len..)?,
        payload_len: u32::from(ip.wire_len).checked_sub(u32::try_from(header_len).ok()?)?,
        ttl: ip.ttl,
        ip_id: ip.id,
    })
}
