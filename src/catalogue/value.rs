//! A typed parameter of a message, and how it is written.
//!
//! Numbers carry their unit in the type, so that one place decides how many digits are honest. Decimal points are the
//! same in every language: what stands in a report is pasted into configurations and filters.

use std::fmt::{self, Write};

use crate::digits::{decimal, nine};
use crate::packet::Endpoint;
use crate::time::Timestamp;

/// A parameter of a message. In JSON it is the bare number or text, and a rule is its id.
#[derive(Clone, PartialEq, Debug)]
pub enum Value {
    /// Text, written as it is. Text from the network must have been made safe by the one who prints.
    Text(String),
    /// A word of the catalogue, rendered in the reader's language (`client` → クライアント): the id of a `[label]`.
    Label(&'static str),
    /// The text of a violation or problem, named by its id; it is filled in with this message's own parameters.
    Rule(&'static str, &'static str),
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
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
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
    decimal(number, &mut |digits, len| {
        let digits = digits.get(..len).unwrap_or_default();
        result = result.and_then(|()| out.write_str(std::str::from_utf8(digits).unwrap_or_default()));
    });
    result
}

/// Seconds with as many digits as help: `3600`, `60.0`, `2.50`, `0.003`, `0.00012`.
pub(super) fn write_seconds(out: &mut impl Write, value: f64) -> fmt::Result {
    let size = value.abs();
    let decimals = match () {
        () if !value.is_finite() => return out.write_str("?"),
        () if size >= 10_000.0 => 0,
        () if size >= 10.0 => 1,
        () if size >= 1.0 => 2,
        () if size >= 0.0005 || size == 0.0 => 3,
        () => 5,
    };
    match rounded(value, decimals) {
        Some(number) => write_rounded(out, number, decimals),
        None => write!(out, "{value:.0$}", decimals as usize),
    }
}

/// `value` as a whole number of its last decimal: what formatting gives, for a tenth of its cost, where the nanoseconds
/// tell how to round. They are exact to one; nearer to the middle formatting decides.
fn rounded(value: f64, decimals: u32) -> Option<u64> {
    if !(0.0..1e6).contains(&value) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was looked at")]
    let nanoseconds = (value * 1e9) as u64;
    let unit = 10_u64.pow(9 - decimals);
    let (whole, rest) = (nanoseconds / unit, nanoseconds % unit);
    (rest.abs_diff(unit / 2) > 1).then_some(whole + u64::from(rest > unit / 2))
}

fn write_rounded(out: &mut impl Write, number: u64, decimals: u32) -> fmt::Result {
    let one = 10_u64.pow(decimals);
    write_number(out, number / one)?;
    if decimals == 0 {
        return Ok(());
    }
    out.write_str(".")?;
    let digits = nine(u32::try_from(number % one).unwrap_or(0));
    let needed = digits.get(digits.len() - decimals as usize..).unwrap_or_default();
    out.write_str(std::str::from_utf8(needed).unwrap_or_default())
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
        fn seconds_are_rounded_as_formatting_rounds_them(value in 0.0..2e6, ticks in 0_u64..10_000_000, to in 0_u32..6) {
            for value in [value].into_iter().chain([1e3, 1e6, 1e9, 64.0].map(|by| ticks as f64 / by)) {
                let Some(number) = rounded(value, to) else { continue };
                let mut out = String::new();
                write_rounded(&mut out, number, to).unwrap();
                prop_assert_eq!(out, format!("{value:.0$}", to as usize));
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
