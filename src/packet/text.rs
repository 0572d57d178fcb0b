//! Addresses as text.
//!
//! As the standard library writes them; IPv4 digit by digit, because every finding holds ten of them and the library
//! takes 80 ns for one.

use std::fmt::{self, Display, Formatter};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use super::Endpoint;

/// An IP address that is to be written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Address(pub IpAddr);

impl Display for Address {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => f.write_str(Text::default().address(address).as_str()),
            IpAddr::V6(address) => address.fmt(f),
        }
    }
}

impl Display for Endpoint {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.ip() {
            IpAddr::V4(address) => f.write_str(Text::default().address(address).byte(b':').number(self.port).as_str()),
            ip => SocketAddr::new(ip, self.port).fmt(f),
        }
    }
}

/// A short text in the making; `255.255.255.255:65535` is the longest.
#[derive(Default)]
struct Text {
    bytes: [u8; 21],
    len: usize,
}

impl Text {
    fn address(self, address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets().map(u16::from);
        self.number(a).byte(b'.').number(b).byte(b'.').number(c).byte(b'.').number(d)
    }

    fn number(mut self, number: u16) -> Self {
        // Division by constants, which is none.
        let digits = [number / 10_000, number / 1000 % 10, number / 100 % 10, number / 10 % 10, number % 10];
        let unneeded = digits.iter().take(4).take_while(|digit| **digit == 0).count();
        for digit in digits.into_iter().skip(unneeded) {
            self = self.byte(b'0' + u8::try_from(digit).unwrap_or(0));
        }
        self
    }

    fn byte(mut self, byte: u8) -> Self {
        if let Some(slot) = self.bytes.get_mut(self.len) {
            *slot = byte;
            self.len += 1;
        }
        self
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn addresses_are_written_as_the_library_writes_them(v4: [u8; 4], v6: [u8; 16], port: u16) {
            for endpoint in [Endpoint::v4(v4, port), Endpoint::v6(v6, port)] {
                prop_assert_eq!(endpoint.to_string(), SocketAddr::new(endpoint.ip(), port).to_string());
                prop_assert_eq!(Address(endpoint.ip()).to_string(), endpoint.ip().to_string());
            }
        }
    }
}
