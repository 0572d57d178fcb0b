//! Tags and tunnels: packets inside packets.
//!
//! Given what an EtherType, an IP protocol or a UDP port promises, steps over one header and says what follows.
//! A port promises little: what stands behind it must look like the tunnel's header, or it is ordinary UDP.
//! Knows no depth (the walk that calls it counts) and keeps no tunnel numbers: a flow is its inner addresses.

use etherparse::{EtherType, IpNumber};
use nom::number::complete::{be_u8, be_u16, be_u24, be_u32};
use nom::sequence::preceded;

use super::bytes::{Bytes, Unusable};
use super::link::{self, Opened, Typed, ether_type, next};
use super::{LinkType, Next};

pub(super) const MPLS: EtherType = EtherType(0x8847);
const MPLS_MULTICAST: EtherType = EtherType(0x8848);
const PPPOE_SESSION: EtherType = EtherType(0x8864);
const ETHERNET_BRIDGING: EtherType = EtherType(0x6558);
const PBB: EtherType = EtherType(0x88E7);
const VN_TAG: EtherType = EtherType(0x8926);
const ERSPAN: EtherType = EtherType(0x88BE);
const ERSPAN_III: EtherType = EtherType(0x22EB);
const WCCP: EtherType = EtherType(0x883E);
const PPTP: EtherType = EtherType(0x880B);

/// What an EtherType other than IP announces.
pub(super) fn open(announced: EtherType, bytes: Bytes<'_>) -> Opened<'_> {
    match announced {
        // IEEE 802.3 §3.2.6: below 1536 it is a length.
        EtherType(len @ ..0x0600) => link::llc(len, bytes).map(next),
        vlan if link::is_vlan(vlan) => link::vlan(bytes).map(next),
        VN_TAG => bytes.read(preceded(be_u32, ether_type)).map(next),
        PPPOE_SESSION => link::pppoe(bytes),
        MPLS | MPLS_MULTICAST => mpls(bytes),
        ETHERNET_BRIDGING => Ok((ETHERNET, bytes)),
        // 802.1ah: flags and service number, then the customer's frame.
        PBB => Ok((ETHERNET, bytes.skip(4)?)),
        ERSPAN | ERSPAN_III => erspan(bytes),
        WCCP => wccp(bytes).map(next),
        PPTP => Ok((Next::Link(LinkType::PPP), bytes)),
        _ => Err(Unusable::NotTcp),
    }
}

/// What an IP protocol other than TCP announces.
pub(super) fn in_ip(protocol: IpNumber, bytes: Bytes<'_>) -> Opened<'_> {
    match protocol {
        IpNumber::UDP => udp(bytes),
        IpNumber::GRE => gre(bytes),
        IpNumber::IPV4 | IpNumber::IPV6 => link::raw(bytes).map(next),
        IpNumber::MPLS_IN_IP => mpls(bytes),
        // RFC 3378: version 3 in a header of 16 bits.
        IpNumber::ETHER_IP => Ok((ETHERNET, bytes.skip(2)?)),
        _ => Err(Unusable::NotTcp),
    }
}

const ETHERNET: Next = Next::Link(LinkType::ETHERNET);

/// GRE (RFC 2784, RFC 2890), with RFC 1701's routing never seen in use; version 1 is PPTP's (RFC 2637 §4.1).
fn gre(bytes: Bytes<'_>) -> Opened<'_> {
    const CHECKSUM: u16 = 0x8000;
    const ROUTING: u16 = 0x4000;
    const KEY: u16 = 0x2000;
    const SEQUENCE: u16 = 0x1000;
    const ACKNOWLEDGMENT: u16 = 0x0080;

    let ((flags, protocol), rest) = bytes.read((be_u16, be_u16))?;
    let protocol = EtherType(protocol);
    let optional = match flags & 7 {
        0 if flags & ROUTING != 0 => return Err(Unusable::NotTcp),
        0 => CHECKSUM | KEY | SEQUENCE,
        1 => KEY | SEQUENCE | ACKNOWLEDGMENT,
        _ => return Err(Unusable::NotTcp),
    };
    let mut header_words = 0;
    for flag in [CHECKSUM, KEY, SEQUENCE, ACKNOWLEDGMENT] {
        header_words += usize::from(flags & optional & flag != 0);
    }
    let rest = rest.skip(header_words * 4)?;
    // ERSPAN type I has no header of its own, and tells itself from type II by GRE's missing sequence number.
    if protocol == ERSPAN && flags & SEQUENCE == 0 { Ok((ETHERNET, rest)) } else { Ok((Next::Type(protocol), rest)) }
}

/// ERSPAN II and III (draft-foschiano-erspan §4): the version stands in the first four bits.
fn erspan(bytes: Bytes<'_>) -> Opened<'_> {
    const II_LEN: usize = 8;
    const III_LEN: usize = 12;
    const SUBHEADER_LEN: usize = 8;

    let ((version, _), _) = bytes.read((be_u8, be_u8))?;
    if version >> 4 == 1 {
        return Ok((ETHERNET, bytes.skip(II_LEN)?));
    }
    let ((_, flags), _) = bytes.read(((be_u32, be_u32, be_u16), be_u16))?;
    let rest = bytes.skip(III_LEN + if flags & 1 == 1 { SUBHEADER_LEN } else { 0 })?;
    match (version >> 4, flags >> 10 & 0x1F) {
        (2, 0) => Ok((ETHERNET, rest)),
        (2, 2) => link::raw(rest).map(next),
        _ => Err(Unusable::NotTcp),
    }
}

/// WCCP: version 1 has no header, version 2 one of 4 bytes whose first bits are not those of IP.
fn wccp(bytes: Bytes<'_>) -> Typed<'_> {
    link::raw(bytes).or_else(|_| link::raw(bytes.skip(4)?))
}

/// An MPLS label stack (RFC 3032 §2.1). Nothing says what follows the last label: it must be recognised.
pub(super) fn mpls(bytes: Bytes<'_>) -> Opened<'_> {
    let (mut entry, mut rest) = bytes.read(be_u32)?;
    while entry & 0x100 == 0 {
        (entry, rest) = rest.read(be_u32)?;
    }
    // RFC 4385 §3: a pseudowire may begin with a control word whose first four bits are 0.
    let behind_control_word = rest.skip(4)?;
    match ip_len(rest) {
        // A MAC address may begin like IP, but hardly with the right length. Other lengths: padding, offload, or
        // shortened by a mirror port.
        Some(len) if len == rest.wire_len() => link::raw(rest).map(next),
        _ if is_ethernet(rest) => Ok((ETHERNET, rest)),
        _ if is_ethernet(behind_control_word) => Ok((ETHERNET, behind_control_word)),
        _ => link::raw(rest).map(next),
    }
}

/// Tunnels over UDP, by the port they go to.
fn udp(bytes: Bytes<'_>) -> Opened<'_> {
    let ((_source_port, port, _len, _checksum), payload) = bytes.read((be_u16, be_u16, be_u16, be_u16))?;
    let opened = match port {
        // 8472 is what Linux (flannel, Cilium) took before VXLAN had a number.
        4789 | 8472 => vxlan(payload),
        4790 => vxlan_gpe(payload),
        6081 => geneve(payload),
        6635 => mpls(payload),
        2152 => gtp(payload),
        37008 => tzsp(payload),
        _ => Err(Unusable::NotTcp),
    };
    match opened {
        Ok((Next::Link(LinkType::ETHERNET), inner)) if is_ethernet(inner) => opened,
        Ok((Next::Type(EtherType::IPV4 | EtherType::IPV6), inner)) if ip_len(inner).is_some() => opened,
        Err(Unusable::Cut) => Err(Unusable::Cut),
        _ => Err(Unusable::NotTcp),
    }
}

/// VXLAN (RFC 7348 §5): flag I must be set; G is group policy's; the last byte is reserved.
fn vxlan(bytes: Bytes<'_>) -> Opened<'_> {
    let ((flags, _policy, network), rest) = bytes.read((be_u8, be_u24, be_u32))?;
    if flags & 0x7F == 0x08 && network & 0xFF == 0 { Ok((ETHERNET, rest)) } else { Err(Unusable::NotTcp) }
}

/// VXLAN-GPE (draft-ietf-nvo3-vxlan-gpe §3): version 0; with flag P it says what it carries.
fn vxlan_gpe(bytes: Bytes<'_>) -> Opened<'_> {
    let ((flags, _, protocol, _network), rest) = bytes.read((be_u8, be_u16, be_u8, be_u32))?;
    match (flags & 0xFC, protocol) {
        (0x08, 0) | (0x0C, 3) => Ok((ETHERNET, rest)),
        (0x0C, 1 | 2) => link::raw(rest).map(next),
        _ => Err(Unusable::NotTcp),
    }
}

/// Geneve (RFC 8926 §3.4): version 0, options in 4-byte words, reserved bits 0.
fn geneve(bytes: Bytes<'_>) -> Opened<'_> {
    let ((version_options, flags, protocol, network), rest) = bytes.read((be_u8, be_u8, be_u16, be_u32))?;
    if version_options & 0xC0 != 0 || flags & 0x3F != 0 || network & 0xFF != 0 {
        return Err(Unusable::NotTcp);
    }
    let rest = rest.skip(usize::from(version_options) * 4)?;
    match EtherType(protocol) {
        ETHERNET_BRIDGING => Ok((ETHERNET, rest)),
        protocol => Ok((Next::Type(protocol), rest)),
    }
}

/// GTP-U (3GPP TS 29.281 §5.1): a user packet (type 255) of a mobile network.
fn gtp(bytes: Bytes<'_>) -> Opened<'_> {
    let ((flags, message_type, _len, _tunnel), mut rest) = bytes.read((be_u8, be_u8, be_u16, be_u32))?;
    // Version 1, protocol type GTP.
    if flags & 0xF0 != 0x30 || message_type != 255 {
        return Err(Unusable::NotTcp);
    }
    // Sequence number, N-PDU number and next extension are there together if any of them is.
    if flags & 0x07 != 0 {
        let ((_, _, mut extension), after) = rest.read((be_u16, be_u8, be_u8))?;
        rest = after;
        // §5.2.1: the length counts 4-byte words, the last byte is the type of the next one.
        while extension != 0 {
            let (words, _) = rest.read(be_u8)?;
            let last = usize::from(words).checked_mul(4).and_then(|len| len.checked_sub(1)).ok_or(Unusable::NotTcp)?;
            (extension, rest) = rest.skip(last)?.read(be_u8)?;
        }
    }
    link::raw(rest).map(next)
}

/// TZSP, as MikroTik routers mirror: version 1, a received packet, Ethernet; tagged fields until tag 1.
fn tzsp(bytes: Bytes<'_>) -> Opened<'_> {
    let ((version, packet_type, encapsulated), mut rest) = bytes.read((be_u8, be_u8, be_u16))?;
    if (version, packet_type, encapsulated) != (1, 0, 1) {
        return Err(Unusable::NotTcp);
    }
    loop {
        let (tag, after) = rest.read(be_u8)?;
        rest = match tag {
            0 => after,
            1 => return Ok((ETHERNET, after)),
            _ => {
                let (len, field) = after.read(be_u8)?;
                field.skip(len.into())?
            }
        };
    }
}

/// The length an IP packet states, if this looks like one.
fn ip_len(bytes: Bytes<'_>) -> Option<usize> {
    match *bytes.captured {
        [first @ 0x45..=0x4F, _, high, low, ..] => {
            let len = usize::from(u16::from_be_bytes([high, low]));
            (len == 0 || len >= usize::from(first & 0xF) * 4).then_some(len)
        }
        [0x60..=0x6F, _, _, _, high, low, ..] => Some(40 + usize::from(u16::from_be_bytes([high, low]))),
        _ => None,
    }
}

/// Looks like an Ethernet frame that may hold IP: a type known here, and IP where it says IP.
fn is_ethernet(bytes: Bytes<'_>) -> bool {
    let mut typed = link::plain(LinkType::ETHERNET, bytes);
    while let Ok((tag, inner)) = typed
        && link::is_vlan(tag)
    {
        typed = link::vlan(inner);
    }
    match typed {
        Ok((EtherType::IPV4 | EtherType::IPV6, inner)) => ip_len(inner).is_some(),
        Ok((PPPOE_SESSION | MPLS | MPLS_MULTICAST | VN_TAG | PBB, _)) => true,
        _ => false,
    }
}
