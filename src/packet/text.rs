//! Addresses as text.
//!
//! As the standard library writes them, but digit by digit: every finding holds ten of them, and the library takes 80 ns
//! for one.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::ops::Range;

use super::Endpoint;
use crate::digits::decimal;

/// An IP address that is to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address(pub IpAddr);

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = match self.0 {
            IpAddr::V4(address) => EndpointText::v4(address, 0),
            IpAddr::V6(address) => EndpointText::v6(address, 0),
        };
        f.write_str(std::str::from_utf8(text.address()).unwrap_or_default())
    }
}

impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(std::str::from_utf8(self.text().whole()).unwrap_or_default())
    }
}

impl Endpoint {
    /// As it is written: `10.0.0.1:80`, `[2001:db8::1]:80`.
    pub fn text(self) -> EndpointText {
        match self.v4_address() {
            Some(address) => EndpointText::v4(address.into(), self.port),
            None => EndpointText::v6(self.address.into(), self.port),
        }
    }
}

/// Longest text: `[ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]:65535`, and as much behind it as is written at once.
const LEN: usize = 47 + 8;

/// An endpoint as text, in ASCII.
#[derive(Clone, Copy, Debug)]
pub struct EndpointText {
    bytes: [u8; LEN],
    len: usize,
    /// Where the address stands in it.
    address: (usize, usize),
    /// Where the port begins.
    port: usize,
}

impl EndpointText {
    /// Address and port.
    pub fn whole(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// It is one of IPv6.
    pub fn is_v6(&self) -> bool {
        self.bytes.first() == Some(&b'[')
    }

    /// The port.
    pub fn port(&self) -> &[u8] {
        self.bytes.get(self.port..self.len).unwrap_or_default()
    }

    /// The address, without brackets.
    pub fn address(&self) -> &[u8] {
        self.bytes.get(self.address.0..self.address.1).unwrap_or_default()
    }

    fn v4(address: Ipv4Addr, port: u16) -> Self {
        let mut text = Self { bytes: [0; LEN], len: 0, address: (0, 0), port: 0 };
        for octet in address.octets() {
            let (digits, len) = OCTETS.get(usize::from(octet)).copied().unwrap_or_default();
            text.push(digits, len.into());
        }
        text.len -= 1; // the last point
        text.address = (0, text.len);
        text.and_port(port)
    }

    /// RFC 5952: the first of the longest runs of two or more zeros is left out.
    fn v6(address: Ipv6Addr, port: u16) -> Self {
        let segments = address.segments();
        let zeros = longest_zeros(segments);
        let mut text = Self { bytes: [0; LEN], len: 0, address: (1, 1), port: 0 };
        text.byte(b'[');
        for (place, segment) in segments.into_iter().enumerate() {
            if place == zeros.start || (place > 0 && !zeros.contains(&place) && place != zeros.end) {
                text.byte(b':');
            }
            if !zeros.contains(&place) {
                text.hexadecimal(segment);
            } else if place + 1 == zeros.end {
                text.byte(b':');
            }
        }
        text.address = (1, text.len);
        text.byte(b']');
        text.and_port(port)
    }

    fn and_port(mut self, port: u16) -> Self {
        self.byte(b':');
        self.port = self.len;
        decimal(port.into(), &mut |digits, len| self.push(digits, len));
        self
    }

    /// The first of some bytes. All are copied, which is one move.
    fn push<const N: usize>(&mut self, bytes: [u8; N], len: usize) {
        if let Some(room) = self.bytes.get_mut(self.len..).and_then(<[u8]>::first_chunk_mut) {
            *room = bytes;
            self.len += len;
        }
    }

    fn hexadecimal(&mut self, number: u16) {
        let needed = 4 - (number.leading_zeros() / 4).min(3);
        for place in (0..needed).rev() {
            let digit = char::from_digit((number >> (4 * place) & 0xF).into(), 16);
            self.byte(digit.map_or(b'0', |digit| digit as u8));
        }
    }

    fn byte(&mut self, byte: u8) {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
    }
}

/// Each octet with a point behind it, and how many bytes that is.
#[expect(clippy::indexing_slicing, reason = "done by the compiler, and there are 256 octets")]
const OCTETS: [([u8; 4], u8); 256] = {
    let mut texts = [([0; 4], 0); 256];
    let mut octet: u8 = 0;
    loop {
        let [a, b, c] = [b'0' + octet / 100, b'0' + octet / 10 % 10, b'0' + octet % 10];
        texts[octet as usize] = match octet {
            0..10 => ([c, b'.', 0, 0], 2),
            10..100 => ([b, c, b'.', 0], 3),
            100.. => ([a, b, c, b'.'], 4),
        };
        if octet == u8::MAX {
            break texts;
        }
        octet += 1;
    }
};

/// The first of the longest runs of two or more zeros; empty, behind the end, where there is none.
fn longest_zeros(segments: [u16; 8]) -> Range<usize> {
    let (mut longest, mut start) = (9..9, 0);
    for (place, segment) in segments.into_iter().enumerate() {
        if segment != 0 {
            start = place + 1;
        } else if place + 1 - start > longest.len().max(1) {
            longest = start..place + 1;
        }
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::net::SocketAddr;

    proptest! {
        #[test]
        fn addresses_are_written_as_the_library_writes_them(v4: [u8; 4], v6: [u8; 16], sparse: [bool; 16], port: u16) {
            let zeros = std::array::from_fn(|place| if sparse[place / 2 * 2] { v6[place] } else { 0 });
            for endpoint in [Endpoint::v4(v4, port), Endpoint::v6(v6, port), Endpoint::v6(zeros, port)] {
                prop_assert_eq!(endpoint.to_string(), SocketAddr::new(endpoint.ip(), port).to_string());
                prop_assert_eq!(Address(endpoint.ip()).to_string(), endpoint.ip().to_string());
            }
        }
    }
}
