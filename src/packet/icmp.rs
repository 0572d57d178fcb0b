//! ICMP errors about TCP: who says that a segment did not arrive, and why.
//!
//! Given an ICMP or ICMPv6 message, gives the flow and direction of the segment it quotes (RFC 792, RFC 4443 §3).
//! Everything else ICMP says is ignored. Anyone can forge these: `seq` lets the reader check that the quote is real.

use std::net::IpAddr;

use etherparse::{EtherType, IpNumber};
use nom::number::complete::{be_u8, be_u16, be_u32};

use super::Packet;
use super::bytes::{Bytes, Unusable};
use super::ip::{self, Ip};
use super::segment::{Dir, Endpoint, FlowKey, PacketRef};
use crate::time::Timestamp;

/// An ICMP error about a TCP segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unreachable {
    /// The flow of the quoted segment.
    pub key: FlowKey,
    /// The direction the quoted segment travelled: its receiver was not reached.
    pub dir: Dir,
    /// When the error was captured.
    pub at: Timestamp,
    /// The packet it came in.
    pub packet: PacketRef,
    /// Who says so.
    pub reporter: IpAddr,
    /// What it says.
    pub kind: UnreachableKind,
    /// The code as sent; ICMP and ICMPv6 number them differently.
    pub code: u8,
    /// The MTU of the next hop, with [`UnreachableKind::TooBig`], where the router tells it.
    pub mtu: Option<u16>,
    /// Sequence number of the quoted segment.
    pub seq: u32,
}

/// Why a segment did not arrive, the same for ICMP and ICMPv6.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum UnreachableKind {
    /// No route to the network.
    Network,
    /// The last router cannot reach the host.
    Host,
    /// Nobody listens there (for TCP the host would send RST: mostly a firewall's rejection).
    Port,
    /// The host does not speak TCP.
    Protocol,
    /// Forbidden by a firewall or policy.
    Prohibited,
    /// Larger than the next link carries, and not to be fragmented.
    TooBig,
    /// Its hop limit ran out: a routing loop.
    HopLimit,
    /// Its fragments did not all arrive.
    Reassembly,
    /// Another code of "destination unreachable".
    Other,
}

pub(super) fn parse(packet: &Packet<'_>, ip: &Ip<'_>) -> Result<Unreachable, Unusable> {
    let ((message_type, code, _checksum, high, low), quote) =
        ip.payload.read((be_u8, be_u8, be_u16, be_u16, be_u16))?;
    let (kind, mtu, version) = if ip.protocol == IpNumber::ICMP {
        (kind_v4(message_type, code), low, EtherType::IPV4)
    } else {
        // RFC 4443 §3.2: 32 bits. No link has an MTU beyond 65535 that a TCP path would tell.
        (kind_v6(message_type, code), if high == 0 { low } else { u16::MAX }, EtherType::IPV6)
    };
    let kind = kind.ok_or(Unusable::NotTcp)?;
    let (source, destination, seq) = quoted(version, quote)?;
    let (key, dir) = FlowKey::new(source, destination, packet.point);
    let mtu = (kind == UnreachableKind::TooBig && mtu > 0).then_some(mtu);
    let reporter = Endpoint::v6(ip.source, 0).ip();
    Ok(Unreachable { key, dir, at: packet.at, packet: packet.reference, reporter, kind, code, mtu, seq })
}

/// Ports and sequence number: at least 8 bytes of the segment are quoted (RFC 792).
fn quoted(version: EtherType, quote: Bytes<'_>) -> Result<(Endpoint, Endpoint, u32), Unusable> {
    let ip = if version == EtherType::IPV4 { ip::v4(quote)? } else { ip::v6(quote)? }.step_over_extensions()?;
    if ip.protocol != IpNumber::TCP || ip.fragment.is_some_and(|fragment| fragment.offset > 0) {
        return Err(Unusable::NotTcp);
    }
    let ((source_port, destination_port, seq), _) = ip.payload.read((be_u16, be_u16, be_u32))?;
    let (source, destination) = ip.endpoints(source_port, destination_port);
    Ok((source, destination, seq))
}

/// RFC 792, RFC 1122 §3.2.2.1, RFC 1191 §4, RFC 1812 §5.2.7.1.
fn kind_v4(message_type: u8, code: u8) -> Option<UnreachableKind> {
    Some(match (message_type, code) {
        (3, 0 | 6 | 11) => UnreachableKind::Network,
        (3, 1 | 7 | 8 | 12) => UnreachableKind::Host,
        (3, 2) => UnreachableKind::Protocol,
        (3, 3) => UnreachableKind::Port,
        (3, 4) => UnreachableKind::TooBig,
        (3, 9 | 10 | 13) => UnreachableKind::Prohibited,
        (3, _) => UnreachableKind::Other,
        (11, 1) => UnreachableKind::Reassembly,
        (11, _) => UnreachableKind::HopLimit,
        _ => return None,
    })
}

/// RFC 4443 §3.1–3.3.
fn kind_v6(message_type: u8, code: u8) -> Option<UnreachableKind> {
    Some(match (message_type, code) {
        (1, 0 | 2) => UnreachableKind::Network,
        (1, 1 | 5 | 6) => UnreachableKind::Prohibited,
        (1, 3) => UnreachableKind::Host,
        (1, 4) => UnreachableKind::Port,
        (1, _) => UnreachableKind::Other,
        (2, _) => UnreachableKind::TooBig,
        (3, 1) => UnreachableKind::Reassembly,
        (3, _) => UnreachableKind::HopLimit,
        _ => return None,
    })
}
