//! Tunnels: frames and packets inside others.
use super::bytes::{Bytes, Unusable};
use super::{LinkType, Next, link};
use etherparse::{EtherType, IpNumber};
use nom::number::complete::be_u16;
use nom::sequence::preceded;

pub(super) const MPLS: EtherType = EtherType(0x8847);
type Opened<'a> = Result<(Next, Bytes<'a>), Unusable>;

pub(super) fn open(ether_type: EtherType, bytes: Bytes<'_>) -> Opened<'_> {
    match ether_type.0 {
        len @ ..0x0600 => link::llc(len, bytes),
        0x8100 | 0x88A8 | 0x9100 | 0x9200 => link::follows(bytes.read(preceded(be_u16, be_u16))),
        0x8864 => link::pppoe(bytes),
        _ => Err(Unusable::NotTcp),
    }
}

pub(super) fn in_ip(protocol: IpNumber, bytes: Bytes<'_>) -> Opened<'_> {
    match protocol {
        IpNumber::IPV4 | IpNumber::IPV6 => Ok((Next::Link(LinkType::RAW), bytes)),
        _ => Err(Unusable::NotTcp),
    }
}
