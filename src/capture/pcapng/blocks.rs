//! Bodies of pcapng blocks.
//!
//! Given a body, gives its fields; nothing is judged here, and nothing outlives the body but names.

use nom::bytes::complete::take;
use nom::number::Endianness;
use nom::number::complete::{i64, u16, u32, u64};
use nom::{IResult, Parser};

use super::super::format::{ByteOrder, len_of};
use crate::limits::INTERFACE_NAME_BYTES;
use crate::time::Timestamp;

/// Where a packet block has its packet. `start` counts within the body.
#[derive(Clone, Copy)]
pub(super) struct CapturedPacket {
    pub interface: u32,
    pub ticks: u64,
    pub captured: u32,
    pub original: u32,
    pub start: usize,
}

/// Both packet blocks have five words before the packet.
const PACKET_HEAD_BYTES: usize = 20;

impl CapturedPacket {
    /// Enhanced Packet Block (§4.3); None if the packet does not fit into the body.
    #[inline]
    pub fn parse_enhanced(order: ByteOrder, body: &[u8]) -> Option<Self> {
        let head: &[u8; PACKET_HEAD_BYTES] = body.first_chunk()?;
        let (words, _) = head.as_chunks::<4>();
        let &[interface, high, low, captured, original] = words else { return None };
        let packet = Self {
            interface: order.u32(interface),
            ticks: u64::from(order.u32(high)) << 32 | u64::from(order.u32(low)),
            captured: order.u32(captured),
            original: order.u32(original),
            start: PACKET_HEAD_BYTES,
        };
        (len_of(packet.captured) <= body.len() - PACKET_HEAD_BYTES).then_some(packet)
    }

    /// Packet Block (appendix A, obsolete): a 16-bit interface and a drop counter in place of the first word.
    pub fn parse_obsolete(order: ByteOrder, body: &[u8]) -> Option<Self> {
        let packet = Self::parse_enhanced(order, body)?;
        let (_, interface) = u16::<_, nom::error::Error<&[u8]>>(order.into()).parse(body).ok()?;
        Some(Self { interface: u32::from(interface), ..packet })
    }
}

/// How an interface counts time: `if_tsresol` and `if_tsoffset` (§4.2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clock {
    unit: Unit,
    offset_seconds: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// This many nanoseconds a tick.
    Nanoseconds(u64),
    /// This many ticks a nanosecond.
    PerNanosecond(u64),
    /// 2^n ticks a second.
    PowerOfTwo(u8),
}

impl Clock {
    /// Microseconds, unless an option says otherwise.
    const USUAL: Self = Self { unit: Unit::Nanoseconds(1000), offset_seconds: 0 };

    /// Saturates: no time that a file may state is out of range.
    #[inline]
    pub fn at(self, ticks: u64) -> Timestamp {
        let nanoseconds = match self.unit {
            Unit::Nanoseconds(each) => ticks.saturating_mul(each),
            Unit::PerNanosecond(ticks_each) => ticks / ticks_each.max(1),
            Unit::PowerOfTwo(exponent) => {
                let nanoseconds = (u128::from(ticks) * 1_000_000_000).checked_shr(u32::from(exponent)).unwrap_or(0);
                u64::try_from(nanoseconds).unwrap_or(u64::MAX)
            }
        };
        let offset = self.offset_seconds.saturating_mul(1_000_000_000);
        Timestamp(i64::try_from(nanoseconds).unwrap_or(i64::MAX).saturating_add(offset))
    }
}

impl Unit {
    fn parse(resolution: u8) -> Self {
        let exponent = resolution & 0x7f;
        if resolution & 0x80 != 0 {
            return Self::PowerOfTwo(exponent);
        }
        match exponent {
            0..=9 => Self::Nanoseconds(10_u64.saturating_pow(u32::from(9 - exponent))),
            10.. => Self::PerNanosecond(10_u64.saturating_pow(u32::from(exponent - 9))),
        }
    }
}

/// Interface Description Block (§4.2).
pub(super) struct Description {
    pub link: u16,
    pub snaplen: u32,
    pub clock: Clock,
    pub name: Option<String>,
}

pub(super) fn parse_interface(order: Endianness, body: &[u8]) -> IResult<&[u8], Description> {
    const NAME: u16 = 2;
    const RESOLUTION: u16 = 9;
    const OFFSET: u16 = 14;
    let (mut rest, (link, _, snaplen)) = (u16(order), u16(order), u32(order)).parse(body)?;
    let mut description = Description { link, snaplen, clock: Clock::USUAL, name: None };
    while let Ok((after, (code, value))) = parse_option(order, rest) {
        match (code, value) {
            (NAME, name) => description.name = Some(text(name)),
            (RESOLUTION, [resolution, ..]) => description.clock.unit = Unit::parse(*resolution),
            (OFFSET, offset) => description.clock.offset_seconds = parse_offset(order, offset).unwrap_or(0),
            _ => {}
        }
        rest = after;
    }
    Ok((rest, description))
}

/// Decryption Secrets Block (§4.7): where the key log stands in the body, or None for secrets of another kind.
pub(super) fn parse_secrets(order: Endianness, body: &[u8]) -> IResult<&[u8], Option<(usize, usize)>> {
    const TLS_KEY_LOG: u32 = 0x544c_534b;
    let (rest, (kind, len)) = (u32(order), u32(order)).parse(body)?;
    let (rest, secrets) = take(len)(rest)?;
    Ok((rest, (kind == TLS_KEY_LOG).then_some((8, secrets.len()))))
}

/// Interface Statistics Block (§4.6): the interface, and what it and the system dropped.
pub(super) fn parse_losses(order: Endianness, body: &[u8]) -> IResult<&[u8], (u32, u64)> {
    const INTERFACE_DROPPED: u16 = 5;
    const SYSTEM_DROPPED: u16 = 7;
    let (mut rest, (interface, _)) = (u32(order), take(8_usize)).parse(body)?;
    let mut dropped = 0_u64;
    while let Ok((after, (code, value))) = parse_option(order, rest) {
        if matches!(code, INTERFACE_DROPPED | SYSTEM_DROPPED) {
            dropped = dropped.saturating_add(parse_count(order, value).unwrap_or(0));
        }
        rest = after;
    }
    Ok((rest, (interface, dropped)))
}

/// One option (§3.5): code, length, value padded to 32 bits. The end of options is an error here: it stops the loop.
fn parse_option(order: Endianness, input: &[u8]) -> IResult<&[u8], (u16, &[u8])> {
    const END: u16 = 0;
    let (rest, (code, len)) = (u16(order), u16(order)).parse(input)?;
    if code == END {
        return Err(nom::Err::Error(nom::error::Error::new(input, nom::error::ErrorKind::Eof)));
    }
    let (rest, value) = take(len)(rest)?;
    let padding = usize::from(len).next_multiple_of(4) - usize::from(len);
    // The last option of a sloppy writer may lack its padding.
    Ok((rest.get(padding..).unwrap_or_default(), (code, value)))
}

fn parse_offset(order: Endianness, value: &[u8]) -> Option<i64> {
    i64::<_, nom::error::Error<&[u8]>>(order).parse(value).ok().map(|(_, offset)| offset)
}

fn parse_count(order: Endianness, value: &[u8]) -> Option<u64> {
    u64::<_, nom::error::Error<&[u8]>>(order).parse(value).ok().map(|(_, count)| count)
}

fn text(value: &[u8]) -> String {
    let value = value.get(..INTERFACE_NAME_BYTES).unwrap_or(value);
    String::from_utf8_lossy(value).trim_end_matches('\0').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(resolution: u8, offset_seconds: i64, ticks: u64) -> i64 {
        Clock { unit: Unit::parse(resolution), offset_seconds }.at(ticks).0
    }

    #[test]
    fn every_resolution_counts_in_nanoseconds() {
        assert_eq!(at(6, 0, 1_500_000), 1_500_000_000);
        assert_eq!(at(9, 0, 7), 7);
        assert_eq!(at(0, 0, 3), 3_000_000_000);
        assert_eq!(at(12, 0, 5_000), 5);
        assert_eq!(at(0x80 | 10, 0, 1536), 1_500_000_000);
        assert_eq!(at(6, 100, 1), 100_000_001_000);
        assert_eq!(at(6, -1, 1), -999_999_000);
    }

    #[test]
    fn absurd_clocks_saturate() {
        assert_eq!(at(0, i64::MAX, u64::MAX), i64::MAX);
        assert_eq!(at(127, 0, u64::MAX), 1);
        assert_eq!(at(0xff, 0, u64::MAX), ((u128::from(u64::MAX) * 1_000_000_000) >> 127) as i64);
        assert_eq!(at(0x80, i64::MIN, u64::MAX), i64::MAX.saturating_add(i64::MIN));
    }
}
