//! The classic pcap format (draft-ietf-opsawg-pcap), one record at a time.
//!
//! Microseconds and nanoseconds, both byte orders, and Kuznetzov's longer record header. Tolerates what writers get wrong
//! (more captured than the snaplen says, swapped lengths before version 2.4); what cannot be a packet is damage.

use nom::bytes::streaming::take;
use nom::number::Endianness;
use nom::number::streaming::{u16, u32};
use nom::{IResult, Parser};

use super::format::{ByteOrder, Found, Frame, Step, len_of, link_type};
use crate::limits::{PACKET_BYTES, PACKET_USUAL_BYTES};
use crate::packet::LinkType;
use crate::time::Timestamp;

pub(super) struct Reader {
    variant: Variant,
    /// None until the file header was read.
    header: Option<Header>,
    last: Option<u32>,
}

/// What the magic number tells.
#[derive(Clone, Copy)]
struct Variant {
    order: ByteOrder,
    nanoseconds_per_unit: i64,
    record_header_len: usize,
}

#[derive(Clone, Copy)]
struct Header {
    link: LinkType,
    swapped_lengths: bool,
    captured_max: usize,
}

const FILE_HEADER_BYTES: usize = 24;
const RECORD_HEADER_BYTES: usize = 16;

impl Reader {
    /// A reader for a file that starts with `magic`, if that is pcap.
    pub fn new(magic: [u8; 4]) -> Option<Self> {
        let (order, number) = match magic {
            [0xa1, ..] => (ByteOrder::Big, u32::from_be_bytes(magic)),
            [.., 0xa1] => (ByteOrder::Little, u32::from_le_bytes(magic)),
            _ => return None,
        };
        let (nanoseconds_per_unit, record_header_len) = match number {
            0xa1b2_c3d4 => (1000, RECORD_HEADER_BYTES),
            0xa1b2_3c4d => (1, RECORD_HEADER_BYTES),
            // Alexey Kuznetzov's libpcap: interface index, protocol and packet type follow.
            0xa1b2_cd34 => (1000, RECORD_HEADER_BYTES + 8),
            _ => return None,
        };
        Some(Self { variant: Variant { order, nanoseconds_per_unit, record_header_len }, header: None, last: None })
    }

    /// The packet that `unread` starts with, if it is whole and as it should be.
    #[inline]
    pub fn packet_at_hand(&mut self, unread: &[u8]) -> Option<Found> {
        let header = self.header.as_ref()?;
        let record = Record::parse(self.variant.order, unread)?;
        let (captured, original) = record.lengths(header);
        let (start, len) = (self.variant.record_header_len, len_of(captured));
        if len > header.captured_max || unread.len() < start + len {
            return None;
        }
        self.last = Some(record.seconds);
        let at = record.at(self.variant.nanoseconds_per_unit);
        let frame = Frame { at, interface: 0, link: header.link, original_len: original.max(captured) };
        Some(Found { frame, start, len, used: start + len })
    }

    #[inline]
    pub fn step(&mut self, unread: &[u8]) -> Step {
        if let Some(Found { frame, start, len, used }) = self.packet_at_hand(unread) {
            return Step::Packet { frame, start, len, used };
        }
        let Some(header) = self.header else { return self.step_header(unread) };
        let Some(record) = Record::parse(self.variant.order, unread) else { return Step::Need(RECORD_HEADER_BYTES) };
        let len = len_of(record.lengths(&header).0);
        if len > header.captured_max {
            return Step::Damaged("a packet length that cannot be");
        }
        Step::Need(self.variant.record_header_len + len)
    }

    /// A whole packet stands at the start of `unread`.
    pub fn has_packet(&self, unread: &[u8]) -> bool {
        let lengths = |header| Some(Record::parse(self.variant.order, unread)?.lengths(header));
        let captured = self.header.as_ref().and_then(lengths).map(|(captured, _)| len_of(captured));
        captured.is_some_and(|captured| self.variant.record_header_len + captured <= unread.len())
    }

    fn step_header(&mut self, unread: &[u8]) -> Step {
        match parse_header(self.variant.order.into(), unread) {
            Ok((_, header)) => {
                self.header = Some(header);
                Step::Interface { name: None, used: FILE_HEADER_BYTES }
            }
            Err(_) => Step::Need(FILE_HEADER_BYTES),
        }
    }

    /// Looks for three records in a row that may be, or fewer if the bytes end just there. Payload rarely looks like that.
    pub fn find_intact(&self, unread: &[u8]) -> Option<usize> {
        (1..unread.len()).find(|&start| {
            let mut rest = unread.get(start..).unwrap_or_default();
            for _ in 0..3 {
                match self.plausible(rest) {
                    Some(len) => rest = rest.get(len..).unwrap_or_default(),
                    None => return false,
                }
            }
            true
        })
    }

    /// Length of the record that `bytes` may start with.
    fn plausible(&self, bytes: &[u8]) -> Option<usize> {
        const DAY: u32 = 86_400;
        let record = Record::parse(self.variant.order, bytes)?;
        let (captured, original) = record.lengths(self.header.as_ref()?);
        let near = self.last.is_none_or(|last| record.seconds.abs_diff(last) <= DAY);
        let fraction_fits = i64::from(record.fraction) * self.variant.nanoseconds_per_unit < 1_000_000_000;
        let lengths_fit = captured > 0 && captured <= original && len_of(original) <= PACKET_USUAL_BYTES;
        let used = self.variant.record_header_len + len_of(captured);
        (near && fraction_fits && lengths_fit && used <= bytes.len()).then_some(used)
    }
}

/// A record header.
#[derive(Clone, Copy)]
struct Record {
    seconds: u32,
    fraction: u32,
    captured: u32,
    original: u32,
}

impl Record {
    #[inline]
    fn parse(order: ByteOrder, bytes: &[u8]) -> Option<Self> {
        let header: &[u8; RECORD_HEADER_BYTES] = bytes.first_chunk()?;
        let (words, _) = header.as_chunks::<4>();
        let &[seconds, fraction, captured, original] = words else { return None };
        let word = |bytes| order.u32(bytes);
        Some(Self {
            seconds: word(seconds),
            fraction: word(fraction),
            captured: word(captured),
            original: word(original),
        })
    }

    /// Captured length, original length.
    #[inline]
    fn lengths(&self, header: &Header) -> (u32, u32) {
        if header.swapped_lengths && self.captured > self.original {
            (self.original, self.captured)
        } else {
            (self.captured, self.original)
        }
    }

    /// Seconds are unsigned, as everybody reads them: they last until 2106.
    #[inline]
    fn at(&self, nanoseconds_per_unit: i64) -> Timestamp {
        let nanoseconds = i64::from(self.fraction).saturating_mul(nanoseconds_per_unit);
        Timestamp(i64::from(self.seconds).saturating_mul(1_000_000_000).saturating_add(nanoseconds))
    }
}

fn parse_header(order: Endianness, input: &[u8]) -> IResult<&[u8], Header> {
    // Magic number; time zone and accuracy, which nobody writes.
    let (rest, (_, major, minor, _, snaplen, link)) =
        (take(4_usize), u16(order), u16(order), take(8_usize), u32(order), u32(order)).parse(input)?;
    Ok((
        rest,
        Header {
            link: link_type(link),
            // libpcap wrote the two lengths the other way round before version 2.3, and in 2.3 sometimes.
            swapped_lengths: (major, minor) <= (2, 3),
            captured_max: len_of(snaplen).clamp(PACKET_USUAL_BYTES, PACKET_BYTES),
        },
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::testing::{Pcap, steps};

    #[test]
    fn both_byte_orders_and_both_resolutions() {
        for (order, magic, fraction, nanoseconds) in [
            (ByteOrder::Little, 0xa1b2_c3d4, 5, 5000),
            (ByteOrder::Big, 0xa1b2_c3d4, 5, 5000),
            (ByteOrder::Little, 0xa1b2_3c4d, 5, 5),
            (ByteOrder::Big, 0xa1b2_3c4d, 5, 5),
        ] {
            let file = Pcap::new(order, magic, 1).packet(7, fraction, b"frame").bytes;
            let [(frame, data)] = &steps(&file).packets[..] else { panic!() };
            assert_eq!(
                (frame.at, frame.link, data.as_slice()),
                (Timestamp::new(7, nanoseconds), LinkType::ETHERNET, &b"frame"[..])
            );
        }
    }

    #[test]
    fn kuznetzovs_longer_record_header_is_stepped_over() {
        let mut file = Pcap::new(ByteOrder::Little, 0xa1b2_cd34, 1);
        file.extra = 8;
        let file = file.packet(1, 0, b"one").packet(2, 0, b"two").bytes;
        let packets = steps(&file).packets;
        assert_eq!(packets.iter().map(|(_, data)| data.as_slice()).collect::<Vec<_>>(), [b"one", b"two"]);
    }

    #[test]
    fn upper_bits_of_the_link_type_are_no_part_of_it() {
        let file = Pcap::new(ByteOrder::Little, 0xa1b2_c3d4, 0x5400_0001).packet(1, 0, b"x").bytes;
        assert_eq!(steps(&file).packets[0].0.link, LinkType::ETHERNET);
        let raw = Pcap::new(ByteOrder::Little, 0xa1b2_c3d4, 12).packet(1, 0, b"x").bytes;
        assert_eq!(steps(&raw).packets[0].0.link, LinkType::RAW);
    }

    #[test]
    fn more_captured_than_the_snaplen_says_is_read() {
        let mut file = Pcap::new(ByteOrder::Big, 0xa1b2_c3d4, 1);
        file.bytes[16..20].copy_from_slice(&68_u32.to_be_bytes());
        let file = file.packet(1, 0, &[0; 1500]).bytes;
        assert_eq!(steps(&file).packets[0].1.len(), 1500);
    }

    #[test]
    fn the_latest_time_the_format_can_state_is_read() {
        let file = Pcap::new(ByteOrder::Little, 0xa1b2_c3d4, 1).packet(u32::MAX, u32::MAX, b"x").bytes;
        assert!(steps(&file).packets[0].0.at > Timestamp::new(4_294_967_295, 0));
    }

    #[test]
    fn a_length_that_cannot_be_is_damage_and_the_next_packets_are_found() {
        let mut file = Pcap::new(ByteOrder::Little, 0xa1b2_c3d4, 1).packet(100, 0, b"before");
        let damage = file.bytes.len();
        file = file.packet(100, 1, b"hit");
        let after = file.bytes.len();
        for number in 0..4 {
            file = file.packet(101, number, b"behind");
        }
        file.bytes[damage + 8..damage + 12].copy_from_slice(&u32::MAX.to_le_bytes());
        let mut reader = Reader::new([0xd4, 0xc3, 0xb2, 0xa1]).unwrap();
        assert!(matches!(reader.step(&file.bytes), Step::Interface { used: 24, .. }));
        assert!(matches!(reader.step(&file.bytes[24..]), Step::Packet { .. }));
        assert!(matches!(reader.step(&file.bytes[damage..]), Step::Damaged(_)));
        assert_eq!(reader.find_intact(&file.bytes[damage..]), Some(after - damage));
    }
}
