//! Times, addresses and numbers as JSON strings, written on the stack: half a dozen stand in every verdict.

use std::fmt::{self, Write};
use std::net::IpAddr;

use serde::ser::{Serialize, Serializer};

use crate::packet::Endpoint;
use crate::time::Timestamp;

/// Room for the longest: a filter with two IPv6 addresses and its packets has 220 characters.
const ROOM: usize = 256;

/// Plain ASCII being made, which JSON need not escape.
pub(super) struct Ascii {
    bytes: [u8; ROOM],
    len: usize,
}

impl Ascii {
    pub fn new() -> Self {
        Self { bytes: [0; ROOM], len: 0 }
    }

    pub fn text(&mut self, text: &str) -> &mut Self {
        debug_assert!(text.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        let end = self.len + text.len();
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            room.copy_from_slice(text.as_bytes());
            self.len = end;
        }
        self
    }

    /// A number in so many digits, with zeros before it.
    pub fn digits(&mut self, mut number: u64, digits: usize) -> &mut Self {
        let end = self.len + digits;
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            for byte in room.iter_mut().rev() {
                *byte = b'0' + u8::try_from(number % 10).unwrap_or(0);
                number /= 10;
            }
            self.len = end;
        }
        self
    }

    pub fn number(&mut self, number: u64) -> &mut Self {
        let digits = number.checked_ilog10().map_or(1, |log| log as usize + 1);
        self.digits(number, digits)
    }

    pub fn address(&mut self, address: IpAddr) -> &mut Self {
        match address {
            IpAddr::V4(address) => {
                let [a, b, c, d] = address.octets().map(u64::from);
                self.number(a).text(".").number(b).text(".").number(c).text(".").number(d)
            }
            IpAddr::V6(address) => {
                // Writing here never fails.
                let _ = write!(self, "{address}");
                self
            }
        }
    }

    pub fn endpoint(&mut self, endpoint: Endpoint) -> &mut Self {
        let (address, port) = (endpoint.ip(), u64::from(endpoint.port));
        match address {
            IpAddr::V4(_) => self.address(address).text(":").number(port),
            IpAddr::V6(_) => self.text("[").address(address).text("]:").number(port),
        }
    }

    /// RFC 3339 in UTC with nine digits. 64 bits of nanoseconds are the years 1677 to 2262.
    pub fn time(&mut self, at: Timestamp) -> &mut Self {
        const DAY: i64 = 86_400;
        let (seconds, nanoseconds) = (at.0.div_euclid(1_000_000_000), at.0.rem_euclid(1_000_000_000));
        let (year, month, day) = civil(seconds.div_euclid(DAY));
        let second = seconds.rem_euclid(DAY).unsigned_abs();
        self.digits(year, 4).text("-").digits(month, 2).text("-").digits(day, 2).text("T");
        self.digits(second / 3600, 2).text(":").digits(second / 60 % 60, 2).text(":").digits(second % 60, 2);
        self.text(".").digits(nanoseconds.unsigned_abs(), 9).text("Z")
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

impl Write for Ascii {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.text(text);
        Ok(())
    }
}

/// Year, month and day from days since 1970. In years that begin in March the leap day is the last, and 400 of them
/// have 146,097 days.
fn civil(days: i64) -> (u64, u64, u64) {
    // 719,468 days from 0000-03-01 to 1970-01-01.
    let days = (days + 719_468).unsigned_abs();
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    // Five months from March on have 153 days.
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let january_or_february = month >= 10;
    let month = if january_or_february { month - 9 } else { month + 3 };
    (era * 400 + year + u64::from(january_or_february), month, day)
}

/// What is made of ASCII, as a JSON string.
pub(super) fn quoted<S: Serializer>(serializer: S, make: impl FnOnce(&mut Ascii)) -> Result<S::Ok, S::Error> {
    let mut ascii = Ascii::new();
    ascii.text("\"");
    make(&mut ascii);
    ascii.text("\"");
    serializer.serialize_bytes(ascii.as_bytes())
}

/// A time, as RFC 3339 in UTC with nanoseconds.
#[derive(Clone, Copy)]
pub struct Time(pub Timestamp);

impl Serialize for Time {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        quoted(serializer, |ascii| _ = ascii.time(self.0))
    }
}

/// `ip:port`, `[v6]:port`.
#[derive(Clone, Copy)]
pub struct EndpointText(pub Endpoint);

impl Serialize for EndpointText {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        quoted(serializer, |ascii| _ = ascii.endpoint(self.0))
    }
}

/// An IP address.
#[derive(Clone, Copy)]
pub struct Address(pub IpAddr);

impl Serialize for Address {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        quoted(serializer, |ascii| _ = ascii.address(self.0))
    }
}

/// An id, as 16 hexadecimal digits: a JSON number would lose digits in many readers.
#[derive(Clone, Copy)]
pub struct Hex(pub u64);

impl Serialize for Hex {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        const DIGITS: [&str; 16] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "a", "b", "c", "d", "e", "f"];
        let nibbles = self.0.to_be_bytes().into_iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
        quoted(serializer, |ascii| {
            for nibble in nibbles {
                ascii.text(DIGITS.get(usize::from(nibble)).copied().unwrap_or_default());
            }
        })
    }
}

/// A span of time in seconds, from nanoseconds: no digit more than was measured.
#[derive(Clone, Copy)]
pub struct Seconds(pub i64);

impl Serialize for Seconds {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let nanoseconds = self.0.unsigned_abs();
        let mut ascii = Ascii::new();
        ascii.text(if self.0 < 0 { "-" } else { "" });
        ascii.number(nanoseconds / 1_000_000_000).text(".").digits(nanoseconds % 1_000_000_000, 9);
        // One digit stays behind the point.
        let zeros = ascii.as_bytes().iter().rev().take(8).take_while(|digit| **digit == b'0').count();
        serializer.serialize_bytes(ascii.as_bytes().get(..ascii.len - zeros).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::compact::write_json;
    use proptest::prelude::*;

    fn json(value: &impl Serialize) -> String {
        let mut out = Vec::new();
        write_json(&mut out, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    proptest! {
        #[test]
        fn times_are_those_of_jiff(nanoseconds: i64) {
            let at = Timestamp(nanoseconds);
            prop_assert_eq!(json(&Time(at)), format!("\"{at}\""));
        }

        #[test]
        fn endpoints_are_those_of_std(v4: [u8; 4], v6: [u8; 16], port: u16) {
            for endpoint in [Endpoint::v4(v4, port), Endpoint::v6(v6, port)] {
                prop_assert_eq!(json(&EndpointText(endpoint)), format!("\"{endpoint}\""));
                prop_assert_eq!(json(&Address(endpoint.ip())), format!("\"{}\"", endpoint.ip()));
            }
        }

        #[test]
        fn ids_have_sixteen_digits(id: u64) {
            prop_assert_eq!(json(&Hex(id)), format!("\"{id:016x}\""));
        }
    }

    #[test]
    fn seconds_have_no_digit_too_many() {
        let written = [0, 60_000_000_000, 61_001_000_000, 1, -500_000_000].map(|time| json(&Seconds(time)));
        assert_eq!(written, ["0.0", "60.0", "61.001", "0.000000001", "-0.5"]);
    }
}
