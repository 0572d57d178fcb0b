//! A typed parameter of a message, and how it is written.
//!
//! Numbers carry their unit in the type, so that one place decides how many digits are honest. Decimal points are the
//! same in every language: what stands in a report is pasted into configurations and filters.

use std::fmt::{self, Write};

use serde::Serialize;

/// A parameter of a message. In JSON it is the bare number or text.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Text, written as it is. Text from the network must have been made safe by the one who prints.
    Text(String),
    /// A word of the catalogue, rendered in the reader's language (`client` → クライアント): the id of a `[label]`.
    Label(&'static str),
    /// The text of a violation or problem, named by its id; it is filled in with this message's own parameters.
    #[serde(serialize_with = "id_only")]
    Rule(&'static str, &'static str),
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
            Self::Text(_) | Self::Label(_) | Self::Rule(..) | Self::Seconds(_) => None,
        }
    }
}

/// In JSON a rule is its id.
fn id_only<S: serde::Serializer>(_section: &&'static str, id: &&'static str, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(id)
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

/// Seconds with as many digits as help: `3600`, `60.0`, `2.50`, `0.003`, `0.00012`.
pub(super) fn write_seconds(out: &mut dyn Write, value: f64) -> fmt::Result {
    let size = value.abs();
    match () {
        () if !value.is_finite() => out.write_str("?"),
        () if size >= 10_000.0 => write!(out, "{value:.0}"),
        () if size >= 10.0 => write!(out, "{value:.1}"),
        () if size >= 1.0 => write!(out, "{value:.2}"),
        () if size >= 0.0005 || size == 0.0 => write!(out, "{value:.3}"),
        () => write!(out, "{value:.5}"),
    }
}

/// `125 B`, `64.0 KiB (65536 B)`, `16.0 MiB (16777216 B)`: the exact number is what a limit is compared with.
pub(super) fn write_bytes(out: &mut dyn Write, length: u64) -> fmt::Result {
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
