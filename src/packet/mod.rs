//! One captured frame in, at most one TCP segment out.
//!
//! Given a [`Packet`] with its link type, steps over link headers, tunnels and IP, and lends the TCP segment inside.
//! Accepts what captures on the sending host look like: wrong checksums, IP total length 0 (offload), cut packets.
//! Keeps no state but IP fragments; knows nothing of connections.

mod segment;

pub use segment::{ByDir, Dir, Endpoint, Flags, FlowKey, PacketRef, PointId, Segment};

use crate::time::Timestamp;

/// What a capture source hands over, in order.
#[derive(Clone, Copy, Debug)]
pub enum Item<'a> {
    /// One captured frame.
    Packet(Packet<'a>),
    /// TLS secrets in NSS key log format, from a pcapng Decryption Secrets Block or a growing key log.
    Secrets(&'a [u8]),
    /// Nothing arrived, but time went on (live capture only): idle timers may fire.
    Idle(Timestamp),
}

/// The kind of link-layer header a packet starts with: a LINKTYPE value of the pcap registry
/// (<https://www.tcpdump.org/linktypes.html>). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct LinkType(pub u16);

impl LinkType {
    /// BSD loopback, host byte order.
    pub const NULL: Self = Self(0);
    /// Ethernet.
    pub const ETHERNET: Self = Self(1);
    /// Raw IP.
    pub const RAW: Self = Self(101);
    /// OpenBSD loopback, network byte order.
    pub const LOOP: Self = Self(108);
    /// Linux "cooked" capture, version 1.
    pub const LINUX_SLL: Self = Self(113);
    /// Raw IPv4.
    pub const IPV4: Self = Self(228);
    /// Raw IPv6.
    pub const IPV6: Self = Self(229);
    /// Linux "cooked" capture, version 2.
    pub const LINUX_SLL2: Self = Self(276);
}

/// One captured frame, borrowed from the capture source until its next packet.
#[derive(Clone, Copy, Debug)]
pub struct Packet<'a> {
    /// When it was captured.
    pub at: Timestamp,
    /// Input file and number within it.
    pub reference: PacketRef,
    /// Observation point.
    pub point: PointId,
    /// Capturing interface, counted within the file.
    pub interface: u32,
    /// What `data` starts with.
    pub link: LinkType,
    /// The frame as far as it was captured.
    pub data: &'a [u8],
    /// Length of the frame on the wire, in bytes.
    pub original_len: u32,
}
