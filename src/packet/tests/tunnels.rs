//! Packets inside packets. Every wrapper is put before an IP packet, alone and in stacks (`properties.rs`).

use super::*;

/// Something that stands between the link header and the packet we are after.
#[derive(Clone, Copy, Debug)]
pub(super) enum Wrapper {
    Vlan(u16),
    VnTag,
    ProviderBackbone,
    Pppoe,
    Mpls { labels: usize },
    MplsEthernet { control_word: bool },
    MplsInIp,
    MplsInUdp,
    IpInIp4,
    IpInIp6,
    EtherIp,
    Gre { flags: u16 },
    GreBridging,
    GreWccp { version: u8 },
    Pptp,
    Erspan1,
    Erspan2,
    Erspan3 { subheader: bool },
    Vxlan { port: u16 },
    VxlanGpe,
    Geneve { options: u8, ethernet: bool },
    Gtp { extension: bool },
    Tzsp,
}

pub(super) const ALL: [Wrapper; 37] = {
    use Wrapper::*;
    [
        Vlan(0x8100),
        Vlan(0x88A8),
        VnTag,
        ProviderBackbone,
        Pppoe,
        Mpls { labels: 1 },
        Mpls { labels: 3 },
        MplsEthernet { control_word: false },
        MplsEthernet { control_word: true },
        MplsInIp,
        MplsInUdp,
        IpInIp4,
        IpInIp6,
        EtherIp,
        Gre { flags: 0 },
        Gre { flags: 0x8000 },
        Gre { flags: 0x2000 },
        Gre { flags: 0x1000 },
        Gre { flags: 0xB000 },
        GreBridging,
        GreWccp { version: 1 },
        GreWccp { version: 2 },
        Pptp,
        Erspan1,
        Erspan2,
        Erspan3 { subheader: false },
        Erspan3 { subheader: true },
        Vxlan { port: 4789 },
        Vxlan { port: 8472 },
        VxlanGpe,
        Geneve { options: 0, ethernet: true },
        Geneve { options: 63, ethernet: true },
        Geneve { options: 2, ethernet: false },
        Gtp { extension: false },
        Gtp { extension: true },
        Tzsp,
        Vlan(0x9100),
    ]
};

/// An outer IPv4 packet between tunnel ends.
fn in_ipv4(protocol: IpNumber, payload: &[u8]) -> Typed {
    let header = Ipv4Header::new(0, 255, protocol, [10, 9, 9, 1], [10, 9, 9, 2]).unwrap();
    let mut bytes = Vec::new();
    PacketBuilder::ip(IpHeaders::Ipv4(header, Ipv4Extensions::default())).write(&mut bytes, protocol, payload).unwrap();
    (0x0800, bytes)
}

fn in_ipv6(protocol: IpNumber, payload: &[u8]) -> Typed {
    let header = Ipv6Header { source: [0xFD; 16], destination: [0xFC; 16], ..ipv6_header() };
    let mut bytes = Vec::new();
    PacketBuilder::ip(IpHeaders::Ipv6(header, Ipv6Extensions::default())).write(&mut bytes, protocol, payload).unwrap();
    (0x86DD, bytes)
}

fn in_udp(port: u16, payload: &[u8]) -> Typed {
    let mut bytes = Vec::new();
    PacketBuilder::ipv4([10, 9, 9, 1], [10, 9, 9, 2], 64).udp(51_234, port).write(&mut bytes, payload).unwrap();
    (0x0800, bytes)
}

fn in_gre(flags: u16, protocol: u16, rest: &[&[u8]]) -> Typed {
    in_ipv4(IpNumber::GRE, &joined(&[&flags.to_be_bytes(), &protocol.to_be_bytes(), &rest.concat()]))
}

fn label(bottom: bool) -> [u8; 4] {
    [0x00, 0x3E, 0x80 | u8::from(bottom), 64]
}

fn ip_number(ether_type: u16) -> IpNumber {
    if ether_type == 0x0800 { IpNumber::IPV4 } else { IpNumber::IPV6 }
}

/// What may be carried by tunnels that know IP only.
fn is_ip(ether_type: u16) -> bool {
    matches!(ether_type, 0x0800 | 0x86DD)
}

impl Wrapper {
    /// `None` where this wrapper cannot carry what is given.
    pub(super) fn wrap(self, inner: Typed) -> Option<Typed> {
        let ether_type = inner.0;
        let typed = ether_type.to_be_bytes();
        let needs_ip = !matches!(
            self,
            Self::Vlan(_) | Self::VnTag | Self::ProviderBackbone | Self::GreBridging | Self::EtherIp | Self::Tzsp
        );
        if needs_ip && !is_ip(ether_type) {
            return None;
        }
        let ip = &inner.1;
        let frame = ethernet(inner.clone());
        Some(match self {
            Self::Vlan(tag) => (tag, joined(&[b"\x20\x07", &typed, ip])),
            Self::VnTag => (0x8926, joined(&[b"\x01\x02\x03\x04", &typed, ip])),
            Self::ProviderBackbone => (0x88E7, joined(&[b"\x00\x00\x12\x34", &frame])),
            Self::Pppoe => {
                let protocol: u16 = if ether_type == 0x0800 { 0x0021 } else { 0x0057 };
                let len = u16::try_from(ip.len() + 2).ok()?;
                let head = joined(&[b"\x11\x00\x12\x34", &len.to_be_bytes(), &protocol.to_be_bytes()]);
                (0x8864, joined(&[&head, ip, &[0xEE; 8]]))
            }
            Self::Mpls { labels } => {
                let stack: Vec<u8> = (1..=labels).flat_map(|n| label(n == labels)).collect();
                (0x8847, joined(&[&stack, ip]))
            }
            Self::MplsEthernet { control_word } => {
                let word: &[u8] = if control_word { &[0, 0, 0, 9] } else { &[] };
                (0x8847, joined(&[&label(true), word, &frame]))
            }
            Self::MplsInIp => in_ipv4(IpNumber::MPLS_IN_IP, &joined(&[&label(true), ip])),
            Self::MplsInUdp => in_udp(6635, &joined(&[&label(true), ip])),
            Self::IpInIp4 => in_ipv4(ip_number(ether_type), ip),
            Self::IpInIp6 => in_ipv6(ip_number(ether_type), ip),
            Self::EtherIp => in_ipv6(IpNumber::ETHER_IP, &joined(&[b"\x30\x00", &frame])),
            Self::Gre { flags } => in_gre(flags, ether_type, &[&vec![0xAB; 4 * flags.count_ones() as usize], ip]),
            Self::GreBridging => in_gre(0x2000, 0x6558, &[b"\0\0\0\x07", &frame]),
            Self::GreWccp { version: 1 } => in_gre(0, 0x883E, &[ip]),
            Self::GreWccp { .. } => in_gre(0, 0x883E, &[b"\x80\x33\0\x01", ip]),
            Self::Pptp => {
                let protocol: &[u8] = if ether_type == 0x0800 { b"\xFF\x03\x00\x21" } else { b"\x57" };
                in_gre(0x3081, 0x880B, &[b"\x00\x40\x00\x01\0\0\0\x05\0\0\0\x04", protocol, ip])
            }
            Self::Erspan1 => in_gre(0, 0x88BE, &[&frame]),
            Self::Erspan2 => in_gre(0x1000, 0x88BE, &[b"\0\0\0\x01", b"\x10\x01\x08\x64\0\0\0\x05", &frame]),
            Self::Erspan3 { subheader } => {
                let head = [0x20, 1, 8, 0x64, 1, 2, 3, 4, 0, 7, 0, u8::from(subheader)];
                in_gre(0x1000, 0x22EB, &[b"\0\0\0\x01", &head, if subheader { &[9; 8] } else { &[] }, &frame])
            }
            Self::Vxlan { port } => in_udp(port, &joined(&[b"\x08\0\0\0\0\x12\x34\0", &frame])),
            Self::VxlanGpe => {
                let protocol = if ether_type == 0x0800 { 1 } else { 2 };
                in_udp(4790, &joined(&[&[0x0C, 0, 0, protocol, 0, 0x12, 0x34, 0], ip]))
            }
            Self::Geneve { options, ethernet } => {
                let (protocol, inner) = if ethernet { (0x6558_u16.to_be_bytes(), &frame) } else { (typed, ip) };
                let head = joined(&[&[options, 0x40], &protocol, b"\0\x12\x34\0"]);
                in_udp(6081, &joined(&[&head, &vec![0xCC; usize::from(options) * 4], inner]))
            }
            Self::Gtp { extension } => {
                let (flags, optional): (u8, &[u8]) =
                    if extension { (0x34, b"\0\0\0\x85\x01\x00\x05\x00") } else { (0x30, b"") };
                let len = u16::try_from(optional.len() + ip.len()).ok()?;
                in_udp(2152, &joined(&[&[flags, 0xFF], &len.to_be_bytes(), b"\0\0\0\x01", optional, ip]))
            }
            Self::Tzsp => in_udp(37008, &joined(&[b"\x01\x00\x00\x01", b"\x0A\x01\xC4\x00\x01", &frame])),
        })
    }
}

#[test]
fn each_tunnel_gives_the_inner_segment() {
    for inner in [v4(REQUEST), v6(REQUEST)] {
        for wrapper in ALL {
            let frame = ethernet(wrapper.wrap(inner.clone()).unwrap());
            let whole = decode(&packet(LinkType::ETHERNET, &frame));
            assert_eq!(whole, Ok(seen(inner.0, REQUEST)), "{wrapper:?}");
            // And the snaplen is known inside it. PPPoE is followed by padding here: nothing of the segment is lost.
            if !matches!(wrapper, Wrapper::Pppoe) {
                let cut = Packet { data: &frame[..frame.len() - 5], ..packet(LinkType::ETHERNET, &frame) };
                let expected = Seen { payload: REQUEST[..17].to_vec(), ..seen(inner.0, REQUEST) };
                assert_eq!(decode(&cut), Ok(expected), "{wrapper:?}");
            }
        }
    }
}

#[test]
fn offload_inside_a_tunnel() {
    let mut inner = v4(REQUEST);
    inner.1[2..4].fill(0);
    for wrapper in [Wrapper::Vxlan { port: 4789 }, Wrapper::Mpls { labels: 1 }, Wrapper::IpInIp4] {
        holds(LinkType::ETHERNET, &ethernet(wrapper.wrap(inner.clone()).unwrap()), 0x0800);
    }
}

#[test]
fn a_mac_address_that_begins_like_ip() {
    for first in [0x45, 0x60] {
        let mut frame = ethernet(v4(REQUEST));
        frame[0] = first;
        holds(LinkType::ETHERNET, &ethernet((0x8847, joined(&[&label(true), &frame]))), 0x0800);
    }
}

#[test]
fn ordinary_udp_on_tunnel_ports() {
    let (_, ip) = v4(REQUEST);
    let frame = ethernet(v4(REQUEST));
    for port in [4789, 8472, 4790, 6081, 6635, 2152, 37008, 53] {
        for payload in [
            &b"\x12\x34\x01\0\0\x01\0\0\0\0\0\0\x03www\x07example\x03com\0\0\x01\0\x01"[..],
            b"",
            b"\x08",
            &[0xFF; 200],
            &[0; 200],
            &ip,
            &frame,
            // VXLAN without its flag and with unknown ones, Geneve of a version to come, GTP's echo request.
            &joined(&[b"\0\0\0\0\0\x12\x34\0", &frame]),
            &joined(&[b"\x4B\0\0\0\0\x12\x34\0", &frame]),
            &joined(&[b"\x80\0\x64\x58\0\x12\x34\0", &frame]),
            &joined(&[b"\x30\x01\0\0\0\0\0\x01", &ip]),
        ] {
            let expected = Counters { not_tcp: 1, ..EMPTY };
            assert_eq!(ignored(LinkType::RAW, &in_udp(port, payload).1), expected, "{port} {payload:02x?}");
        }
    }
}

#[test]
fn tunnels_in_tunnels_end() {
    let mut inner = v4(REQUEST);
    for _ in 0..limits::PACKET_HEADERS {
        inner = Wrapper::IpInIp4.wrap(inner).unwrap();
    }
    assert_eq!(ignored(LinkType::RAW, &inner.1), Counters { too_deep: 1, ..EMPTY });
}

#[test]
fn an_error_inside_a_tunnel_is_not_about_the_tunnel() {
    // A router's complaint about the tunnel's own packet quotes UDP, not the TCP inside it.
    let (_, quote) = Wrapper::Vxlan { port: 4789 }.wrap(v4(REQUEST)).unwrap();
    let message = joined(&[b"\x03\x04\0\0\0\0\x05\x78", &quote]);
    let (_, bytes) = in_ipv4(IpNumber::ICMP, &message);
    ignored(LinkType::RAW, &bytes);
}
