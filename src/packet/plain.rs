//! Frames as nearly all are: TCP in IP without options or fragments, behind one link header and at most one tag.
//!
//! Reads them in one go, without a loop and for each version of IP apart, so that everything stays in registers: 5 ns
//! where the walk from header to header takes 50. What it does not understand it leaves to that, without a reason.

use etherparse::{EtherType, Ethernet2HeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6HeaderSlice};

use super::bytes::Bytes;
use super::segment::{Endpoint, Segment};
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
    let header = ip.captured.first_chunk()?;
    let header_len = header[12] >> 4 << 2;
    Some(Segment {
        options_len: header_len.checked_sub(20)?,
        payload: ip.captured.get(header_len.into()..)?,
        payload_len: u32::from(ip.wire_len.checked_sub(header_len.into())?),
        ttl: ip.ttl,
        ip_id: ip.id,
        ..Segment::of_header(packet, ip.source, ip.destination, header)
    })
}
