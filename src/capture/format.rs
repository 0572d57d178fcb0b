//! What both file formats have in common: bytes in, the next step out.
//!
//! A format is given the unread bytes of a file and tells what they start with, as places within them. It does no I/O
//! and copies nothing, so that reading, resuming and fuzzing it need only slices.

use super::{pcap, pcapng};
use crate::packet::LinkType;
use crate::time::Timestamp;

pub(super) enum Format {
    Pcap(pcap::Reader),
    Pcapng(pcapng::Reader),
}

/// Bytes that tell the format.
pub(super) const MAGIC_BYTES: usize = 4;

impl Format {
    /// The format that a file with these first bytes is in.
    pub fn of(magic: &[u8]) -> Option<Self> {
        match magic.first_chunk()? {
            &pcapng::MAGIC => Some(Self::Pcapng(pcapng::Reader::new())),
            magic => pcap::Reader::new(*magic).map(Self::Pcap),
        }
    }

    /// What `unread` starts with.
    #[inline]
    pub fn step(&mut self, unread: &[u8]) -> Step {
        match self {
            Self::Pcap(reader) => reader.step(unread),
            Self::Pcapng(reader) => reader.step(unread),
        }
    }

    /// The packet that `unread` starts with, if it is whole and as it should be.
    #[inline]
    pub fn packet_at_hand(&mut self, unread: &[u8]) -> Option<Found> {
        match self {
            Self::Pcap(reader) => reader.packet_at_hand(unread),
            Self::Pcapng(reader) => reader.packet_at_hand(unread),
        }
    }

    /// `unread` starts with a whole packet or block: it is there without reading on.
    pub fn has_next(&self, unread: &[u8]) -> bool {
        match self {
            Self::Pcap(reader) => reader.has_packet(unread),
            Self::Pcapng(reader) => reader.has_block(unread),
        }
    }

    /// Where the next intact packet or block starts, after [`Step::Damaged`]. `unread` is as much as may be searched.
    pub fn find_intact(&self, unread: &[u8]) -> Option<usize> {
        match self {
            Self::Pcap(reader) => reader.find_intact(unread),
            Self::Pcapng(reader) => reader.find_intact(unread),
        }
    }

    /// Packets that the capturing host said it lost.
    pub fn dropped(&self) -> u64 {
        match self {
            Self::Pcap(_) => 0,
            Self::Pcapng(reader) => reader.dropped(),
        }
    }
}

/// What the unread bytes of a capture file start with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A packet. `used` bytes are done with, `start` and `len` say where the frame lies within them.
    Packet { frame: Frame, start: usize, len: usize, used: usize },
    /// TLS secrets, in the same way.
    Secrets { start: usize, len: usize, used: usize },
    /// An interface and its name.
    Interface { name: Option<String>, used: usize },
    /// Nothing of interest.
    Skip { used: usize },
    /// A block that cannot be right among others that may be; a packet all the same if `packet`.
    Bad { what: &'static str, packet: bool, used: usize },
    /// This many bytes are needed to tell.
    Need(usize),
    /// The framing is lost.
    Damaged(&'static str),
}

/// A packet as [`Step::Packet`] gives it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Found {
    pub frame: Frame,
    pub start: usize,
    pub len: usize,
    pub used: usize,
}

/// What a file says of one packet, besides its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub at: Timestamp,
    pub interface: u32,
    pub link: LinkType,
    pub original_len: u32,
}

/// Byte order of a file or a section of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    #[inline]
    pub fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }
}

impl From<ByteOrder> for nom::number::Endianness {
    fn from(order: ByteOrder) -> Self {
        match order {
            ByteOrder::Little => Self::Little,
            ByteOrder::Big => Self::Big,
        }
    }
}

/// A length that a file states. Beyond the address space is beyond every limit too.
#[inline]
pub(super) fn len_of(stated: u32) -> usize {
    usize::try_from(stated).unwrap_or(usize::MAX)
}

/// The link type as the rest of the program knows it. The upper half of the field may hold the length of the frame check
/// sequence (draft-ietf-opsawg-pcap §4), which IP lengths make needless; some systems write their own number for raw IP.
pub(super) fn link_type(stated: u32) -> LinkType {
    let [low, high, ..] = stated.to_le_bytes();
    match u16::from_le_bytes([low, high]) {
        12 | 14 => LinkType::RAW,
        other => LinkType(other),
    }
}
