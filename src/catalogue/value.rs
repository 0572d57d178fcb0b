//! A typed parameter of a message, and how it is written.
//!
//! Numbers carry their unit in the type, so that one place decides how many digits are honest. Decimal points are the
//! same in every language: what stands in a report is pasted into configurations and filters.

use std::fmt::{self, Write};

use crate::digits::{decimal, eight, small, with_fraction};
use crate::packet::Endpoint;
use crate::time::Timestamp;

/// A parameter of a message. In JSON it is the bare number or text, and a rule is its id.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text, written as it is. Text from the network must have been made safe by the one who prints.
    Text(Box<str>),
    /// A word of the catalogue, rendered in the reader's language (`client` → クライアント): the id of a `[label]`.
    Label(&'static str),
    /// The text of a violation or problem, named by its id; it is filled in with this message's own parameters.
    Rule(Rules, &'static str),
    /// A code, which is a name made of digits: in JSON it is text.
    Code(u16),
    /// An address with its port.
    Endpoint(Endpoint),
    /// A point in time.
    At(Timestamp),
    /// A number of things.
    Count(u64),
    /// A length in bytes.
    Bytes(u64),
    /// A time, in seconds; the message writes the unit.
    Seconds(f64),
}

/// Where rules of the protocol stand in the catalogue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rules {
    /// `violation.…`.
    Violation,
    /// `problem.…`.
    Problem,
}

impl Rules {
    /// The section of the messages.
    pub const fn section(self) -> &'static str {
        match self {
            Self::Violation => "violation",
            Self::Problem => "problem",
        }
    }
}

impl Value {
    /// The number that decides between singular and plural.
    pub(super) fn as_count(&self) -> Option<u64> {
        match self {
            Self::Count(count) | Self::Bytes(count) => Some(*count),
            _ => None,
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<u16> for Value {
    fn from(count: u16) -> Self {
        Self::Count(count.into())
    }
}

/// Decimal digits.
pub(super) fn write_number(out: &mut impl Write, number: u64) -> fmt::Result {
    let mut result = Ok(());
    decimal(number, &mut |digits, len| result = result.and_then(|()| write_digits(out, digits, len)));
    result
}

/// The first of some digits.
fn write_digits<const N: usize>(out: &mut impl Write, digits: [u8; N], len: usize) -> fmt::Result {
    out.write_str(std::str::from_utf8(digits.get(..len).unwrap_or_default()).unwrap_or_default())
}

/// Seconds with as many digits as help: `3600`, `60.0`, `2.50`, `0.003`, `0.00012`.
pub(super) fn write_seconds(out: &mut impl Write, value: f64) -> fmt::Result {
    match seconds_text(value) {
        Some((text, len)) => write_digits(out, text, len),
        None if !value.is_finite() => out.write_str("?"),
        None => write!(out, "{value:.0$}", decimals(value)),
    }
}

/// The same where it is easy: what formatting gives, for a tenth of its cost. The first of some bytes, and how many.
#[inline]
pub fn seconds_text(value: f64) -> Option<([u8; 16], usize)> {
    // Each with its own constants to divide by.
    match decimals(value) {
        0 => fixed::<0>(value),
        1 => fixed::<1>(value),
        2 => fixed::<2>(value),
        3 => fixed::<3>(value),
        _ => fixed::<5>(value),
    }
}

fn decimals(value: f64) -> usize {
    let size = value.abs();
    match () {
        () if size >= 10_000.0 => 0,
        () if size >= 10.0 => 1,
        () if size >= 1.0 => 2,
        () if size >= 0.0005 || size == 0.0 => 3,
        () => 5,
    }
}

/// `value` with so many decimals, where its nanoseconds tell how to round. They are exact to one; nearer to the middle
/// formatting decides.
#[inline]
fn fixed<const DECIMALS: u32>(value: f64) -> Option<([u8; 16], usize)> {
    let (unit, one) = const { (10_u64.pow(9 - DECIMALS), 10_u64.pow(DECIMALS)) };
    if !(0.0..999_999.0).contains(&value) {
        return None;
    }
    // Signed, which processors convert with one instruction.
    #[expect(clippy::cast_possible_truncation, reason = "the range was looked at")]
    let nanoseconds = ((value * 1e9) as i64).cast_unsigned();
    let (number, rest) = (nanoseconds / unit, nanoseconds % unit);
    if rest.abs_diff(unit / 2) <= 1 {
        return None;
    }
    let number = number + u64::from(rest > unit / 2);
    let last = u64::from_le_bytes(eight(small(number % one))).unbounded_shr(64 - 8 * DECIMALS);
    let (text, len) = with_fraction(small(number / one), last.into(), DECIMALS as usize);
    // Without decimals there is no point either.
    Some((text, if DECIMALS == 0 { len - 1 } else { len }))
}

/// `125 B`, `64.0 KiB (65536 B)`, `16.0 MiB (16777216 B)`: the exact number is what a limit is compared with.
pub(super) fn write_bytes(out: &mut impl Write, length: u64) -> fmt::Result {
    const KIB: u64 = 1024;
    let (unit, name) = match length {
        0..KIB => return write!(out, "{length} B"),
        KIB..0x10_0000 => (KIB, "KiB"),
        0x10_0000..0x4000_0000 => (KIB * KIB, "MiB"),
        _ => (KIB * KIB * KIB, "GiB"),
    };
    write!(out, "{}.{} {name} ({length} B)", length / unit, length % unit * 10 / unit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn seconds(value: f64) -> String {
        let mut out = String::new();
        write_seconds(&mut out, value).unwrap();
        out
    }

    fn bytes(length: u64) -> String {
        let mut out = String::new();
        write_bytes(&mut out, length).unwrap();
        out
    }

    #[test]
    fn seconds_have_sensible_digits() {
        let written = [0.0, 0.00012, 0.003, 0.25, 2.5, 60.0, 3600.0, 86400.0, f64::NAN].map(seconds);
        assert_eq!(written, ["0.000", "0.00012", "0.003", "0.250", "2.50", "60.0", "3600.0", "86400", "?"]);
    }

    proptest! {
        #[test]
        fn seconds_are_rounded_as_formatting_rounds_them(value in 0.0..2e6, ticks in 0_u64..10_000_000) {
            for value in [value].into_iter().chain([1e3, 1e6, 1e9, 64.0].map(|by| ticks as f64 / by)) {
                prop_assert_eq!(seconds(value), format!("{value:.0$}", decimals(value)));
            }
        }
    }

    #[test]
    fn bytes_keep_the_exact_number() {
        let written = [125, 65536, 70_000, 16 << 20, 5 << 30].map(bytes);
        assert_eq!(
            written,
            ["125 B", "64.0 KiB (65536 B)", "68.3 KiB (70000 B)", "16.0 MiB (16777216 B)", "5.0 GiB (5368709120 B)"]
        );
        assert_eq!(bytes(u64::MAX), "17179869183.9 GiB (18446744073709551615 B)");
    }
}
