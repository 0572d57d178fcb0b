//! Link-layer headers: what a captured frame begins with.
//!
//! Given the link type of the capture (or of a tunnel that carries frames), steps over one header and says what
//! follows. MAC addresses and VLAN numbers are not kept: the same connection may be seen with and without a tag.

use etherparse::{EtherType, Ethernet2HeaderSlice};
use nom::bytes::complete::{tag, take};
use nom::combinator::opt;
use nom::number::complete::{be_u8, be_u16, be_u32, le_u32};
use nom::sequence::{preceded, terminated};
use nom::{IResult, Parser};

use super::bytes::{Bytes, Unusable};
use super::{LinkType, Next, tunnel};

/// What follows a header, and the bytes from there.
pub(super) type Opened<'a> = Result<(Next, Bytes<'a>), Unusable>;

/// The same, where an EtherType says it.
pub(super) type Typed<'a> = Result<(EtherType, Bytes<'a>), Unusable>;

/// Steps over one link-layer header.
pub(super) fn open(link: LinkType, bytes: Bytes<'_>) -> Opened<'_> {
    match link {
        LinkType::NULL | LinkType::LOOP => loopback(bytes).map(next),
        LinkType::PPP | LinkType::PPP_HDLC => ppp(bytes).map(next),
        LinkType::CISCO_HDLC => bytes.read(preceded(be_u16, ether_type)).map(next),
        LinkType::PPPOE => pppoe(bytes),
        LinkType::PKTAP => pktap(bytes),
        _ => plain(link, bytes).map(next),
    }
}

/// The headers that nearly all captures have.
pub(super) fn plain(link: LinkType, bytes: Bytes<'_>) -> Typed<'_> {
    match link {
        LinkType::ETHERNET => {
            let header = Ethernet2HeaderSlice::from_slice(bytes.captured).map_err(|_| bytes.too_short())?;
            Ok((header.ether_type(), bytes.skip(header.slice().len())?))
        }
        // BSD and old Linux number raw IP 12 and 14 in files as well.
        LinkType::RAW | LinkType::IPV4 | LinkType::IPV6 | LinkType(12 | 14) => raw(bytes),
        LinkType::LINUX_SLL => bytes.read(preceded(take(14_usize), ether_type)),
        LinkType::LINUX_SLL2 => bytes.read(terminated(ether_type, take(18_usize))),
        _ => Err(Unusable::NotTcp),
    }
}

#[inline]
pub(super) fn ether_type(i: &[u8]) -> IResult<&[u8], EtherType> {
    be_u16.map(EtherType).parse(i)
}

pub(super) fn next((ether_type, rest): (EtherType, Bytes<'_>)) -> (Next, Bytes<'_>) {
    (Next::Type(ether_type), rest)
}

/// An IP packet of the version its first bits say.
#[inline]
pub(super) fn raw(bytes: Bytes<'_>) -> Typed<'_> {
    match bytes.captured.first().map(|first| first >> 4) {
        Some(4) => Ok((EtherType::IPV4, bytes)),
        Some(6) => Ok((EtherType::IPV6, bytes)),
        Some(_) => Err(Unusable::NotTcp),
        None => Err(bytes.too_short()),
    }
}

/// 802.1Q and 802.1ad, and the numbers in use before 802.1ad had one.
#[inline]
pub(super) fn is_vlan(ether_type: EtherType) -> bool {
    matches!(ether_type, EtherType(0x8100 | 0x88A8 | 0x9100 | 0x9200))
}

/// A VLAN tag: its number, which is not kept, and what it was put before.
#[inline]
pub(super) fn vlan(bytes: Bytes<'_>) -> Typed<'_> {
    bytes.read(preceded(be_u16, ether_type))
}

/// A BSD address family, in the byte order of the machine that captured (LOOP: in network order).
fn loopback(bytes: Bytes<'_>) -> Typed<'_> {
    let (family, rest) = bytes.read(be_u32)?;
    let family = if family > 0xFFFF { family.swap_bytes() } else { family };
    match family {
        // AF_INET everywhere; AF_INET6 on Linux, Windows, NetBSD and OpenBSD, FreeBSD, macOS.
        2 | 10 | 23 | 24 | 28 | 30 => raw(rest),
        _ => Err(Unusable::NotTcp),
    }
}

/// PPP (RFC 1661 §2), with or without address and control (RFC 1662 §3.1), the protocol in one byte or two (§6.5).
fn ppp(bytes: Bytes<'_>) -> Typed<'_> {
    let (_, bytes) = bytes.read(opt(tag(&b"\xff\x03"[..])))?;
    let (first, rest) = bytes.read(be_u8)?;
    let (protocol, rest) = if first & 1 == 1 { (first.into(), rest) } else { bytes.read(be_u16)? };
    match protocol {
        0x0021 => Ok((EtherType::IPV4, rest)),
        0x0057 => Ok((EtherType::IPV6, rest)),
        0x0281 => Ok((tunnel::MPLS, rest)),
        // No PPP at all: Cisco HDLC's address, then a control byte.
        0x0F | 0x8F => rest.read(preceded(be_u8, ether_type)),
        _ => Err(Unusable::NotTcp),
    }
}

/// A PPPoE session (RFC 2516 §4): version and type 1, code 0.
pub(super) fn pppoe(bytes: Bytes<'_>) -> Opened<'_> {
    let ((version_type, code, _session, len), rest) = bytes.read((be_u8, be_u8, be_u16, be_u16))?;
    if (version_type, code) != (0x11, 0) {
        return Err(Unusable::NotTcp);
    }
    Ok((Next::Link(LinkType::PPP), rest.limit(len.into())))
}

/// LLC with SNAP (IEEE 802.2, RFC 1042), where an Ethernet type below 0x600 is the length of the frame.
pub(super) fn llc(len: u16, bytes: Bytes<'_>) -> Typed<'_> {
    match bytes.limit(len.into()).read(take(6_usize)) {
        Ok((sap, rest)) if sap.starts_with(b"\xaa\xaa\x03") => rest.read(ether_type),
        _ => Err(Unusable::NotTcp),
    }
}

/// macOS: length of this header, type of record (1 is a packet), link type inside.
fn pktap(bytes: Bytes<'_>) -> Opened<'_> {
    let ((header_len, record, link), _) = bytes.read((le_u32, le_u32, le_u32))?;
    let header_len = usize::try_from(header_len).map_err(|_| Unusable::Malformed)?;
    match (record, u16::try_from(link)) {
        (1, Ok(link)) if header_len >= 12 => Ok((Next::Link(LinkType(link)), bytes.skip(header_len)?)),
        _ => Err(Unusable::NotTcp),
    }
}
