//! TLS records, handshake messages and alerts as they stand on the wire (RFC 8446, RFC 5246).
//!
//! Given the first bytes of a record, a handshake message or an alert, gives its header or its value. Refuses nothing
//! that can be carried on: unknown types, versions and suites are values, judged elsewhere. Decrypts nothing.

mod alert;
mod hello;
mod suite;

pub use alert::{Alert, AlertDescription, AlertLevel};
pub use hello::{
    ClientHello, ServerHello, parse_alpn_chosen, parse_client_hello, parse_has_early_data, parse_server_hello,
};
pub use suite::{Aead, Bulk, CipherSuite, Hash, Protection};

use nom::bytes::streaming::take;
use nom::number::streaming::{be_u16, be_u24, u8};
use nom::{IResult, Parser};

/// Length of a record header (RFC 8446 §5.1).
pub const RECORD_HEADER_BYTES: usize = 5;
/// Longest protected record: 2^14 of content and what protection may add (RFC 5246 §6.2.3; RFC 8446 §5.2 allows less).
pub const RECORD_BODY_MAX: usize = (1 << 14) + 2048;
/// Length of a handshake message header (RFC 8446 §4).
pub const HANDSHAKE_HEADER_BYTES: usize = 4;

/// What a record holds (RFC 8446 §5.1). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct ContentType(pub u8);

impl ContentType {
    /// Keys change (TLS 1.2), or nothing happens (TLS 1.3, RFC 8446 §D.4).
    pub const CHANGE_CIPHER_SPEC: Self = Self(20);
    /// An alert.
    pub const ALERT: Self = Self(21);
    /// Handshake messages.
    pub const HANDSHAKE: Self = Self(22);
    /// Application data, or anything protected in TLS 1.3.
    pub const APPLICATION_DATA: Self = Self(23);
}

/// A protocol version as sent (RFC 8446 §4.2.1). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Version(pub u16);

impl Version {
    /// SSL 3.0.
    pub const SSL_3_0: Self = Self(0x0300);
    /// TLS 1.0.
    pub const TLS_1_0: Self = Self(0x0301);
    /// TLS 1.1.
    pub const TLS_1_1: Self = Self(0x0302);
    /// TLS 1.2.
    pub const TLS_1_2: Self = Self(0x0303);
    /// TLS 1.3.
    pub const TLS_1_3: Self = Self(0x0304);

    /// Its name, where it has one.
    pub fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::SSL_3_0 => "SSL 3.0",
            Self::TLS_1_0 => "TLS 1.0",
            Self::TLS_1_1 => "TLS 1.1",
            Self::TLS_1_2 => "TLS 1.2",
            Self::TLS_1_3 => "TLS 1.3",
            _ => return None,
        })
    }

    /// A reserved value that clients send to keep servers tolerant (RFC 8701).
    pub fn is_grease(self) -> bool {
        let [high, low] = self.0.to_be_bytes();
        high == low && high & 0x0F == 0x0A
    }
}

/// A record header (RFC 8446 §5.1).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RecordHeader {
    /// What the record says it holds.
    pub content_type: ContentType,
    /// Version as sent: 0x0301 or 0x0303, whatever was agreed on.
    pub version: Version,
    /// Length of the body that follows.
    pub len: u16,
}

impl RecordHeader {
    /// As it stands on the wire: what the protection of a record covers (RFC 8446 §5.2).
    pub fn bytes(self) -> [u8; RECORD_HEADER_BYTES] {
        let ([major, minor], [high, low]) = (self.version.0.to_be_bytes(), self.len.to_be_bytes());
        [self.content_type.0, major, minor, high, low]
    }

    /// Length of the body.
    pub fn body_len(self) -> usize {
        usize::from(self.len)
    }

    /// May start a record: a known type, a version 3.x, a length that is allowed.
    ///
    /// Of random bytes about one place in 60 million passes.
    pub fn is_plausible(self) -> bool {
        matches!(self.content_type.0, 20..=23)
            && matches!(self.version.0, 0x0300..=0x0304)
            && self.body_len() <= RECORD_BODY_MAX
            && (self.len > 0 || self.content_type == ContentType::APPLICATION_DATA)
            && (self.content_type != ContentType::CHANGE_CIPHER_SPEC || self.len < 128)
    }
}

/// The record header at the start of `i`; `Incomplete` if it does not end there.
#[inline]
pub fn parse_record_header(i: &[u8]) -> IResult<&[u8], RecordHeader> {
    let (i, (content_type, version, len)) = (u8, be_u16, be_u16).parse(i)?;
    Ok((i, RecordHeader { content_type: ContentType(content_type), version: Version(version), len }))
}

/// These first bytes of a stream, or of a segment in its middle, are TLS records.
///
/// True for every beginning that can still become one, false as soon as it cannot.
pub fn may_be_record(i: &[u8]) -> bool {
    match i {
        [] => true,
        [kind] => matches!(kind, 20..=23),
        [kind, major] | [kind, major, ..] if !matches!(kind, 20..=23) || *major != 3 => false,
        [_, _, minor, ..] if *minor > 4 => false,
        _ => parse_record_header(i).map_or(true, |(_, header)| header.is_plausible()),
    }
}

/// What a handshake message is (RFC 8446 §4). Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct HandshakeType(pub u8);

impl HandshakeType {
    /// The server wants to negotiate again (TLS 1.2).
    pub const HELLO_REQUEST: Self = Self(0);
    /// The client's offer.
    pub const CLIENT_HELLO: Self = Self(1);
    /// The server's choice.
    pub const SERVER_HELLO: Self = Self(2);
    /// A ticket to resume the session with.
    pub const NEW_SESSION_TICKET: Self = Self(4);
    /// Early data ends here (TLS 1.3).
    pub const END_OF_EARLY_DATA: Self = Self(5);
    /// The server's choice, second part (TLS 1.3).
    pub const ENCRYPTED_EXTENSIONS: Self = Self(8);
    /// A certificate chain.
    pub const CERTIFICATE: Self = Self(11);
    /// The handshake of this side is complete.
    pub const FINISHED: Self = Self(20);
    /// The sender's next record has new keys (TLS 1.3).
    pub const KEY_UPDATE: Self = Self(24);
}

/// The header of the handshake message at the start of `i`: its type and the length of its body.
pub fn parse_handshake_header(i: &[u8]) -> IResult<&[u8], (HandshakeType, usize)> {
    let (i, (kind, len)) = (u8, be_u24).parse(i)?;
    Ok((i, (HandshakeType(kind), usize::try_from(len).unwrap_or(usize::MAX))))
}

/// The first (the sender's own) certificate of a Certificate message, in DER. TLS 1.3 puts a context before the list
/// (RFC 8446 §4.4.2, RFC 5246 §7.4.2).
pub fn parse_first_certificate(i: &[u8], version: Version) -> IResult<&[u8], &[u8]> {
    let (i, context_len) = if version >= Version::TLS_1_3 { u8(i)? } else { (i, 0) };
    let (i, _context) = take(context_len)(i)?;
    let (i, _list_len) = be_u24(i)?;
    let (i, len) = be_u24(i)?;
    take(len)(i)
}

/// Bytes from hexadecimal digits; anything else between them is passed over.
#[cfg(test)]
pub(crate) fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        text.chars().filter_map(|c| c.to_digit(16)).filter_map(|digit| u8::try_from(digit).ok()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn record_headers() {
        let bytes = b"\x17\x03\x03\x00\x13";
        let header = RecordHeader { content_type: ContentType::APPLICATION_DATA, version: Version::TLS_1_2, len: 19 };
        for cut in 0..bytes.len() {
            assert!(matches!(parse_record_header(&bytes[..cut]), Err(nom::Err::Incomplete(_))), "cut at {cut}");
            assert!(may_be_record(&bytes[..cut]), "cut at {cut}");
        }
        assert_eq!(parse_record_header(b"\x17\x03\x03\x00\x13tail"), Ok((&b"tail"[..], header)));
        assert_eq!(&header.bytes(), bytes);
        assert!(header.is_plausible());
    }

    #[test]
    fn what_is_no_record() {
        for bytes in [&b"GET"[..], b"\x16\x02", b"\x17\x03\x05", b"\x17\x03\x03\xff\xff", b"\x15\x03\x03\x00\x00"] {
            assert!(!may_be_record(bytes), "{bytes:02x?}");
        }
    }

    #[test]
    fn handshake_headers() {
        let (rest, header) = parse_handshake_header(b"\x0b\x01\x00\x02xy").unwrap();
        assert_eq!((rest, header), (&b"xy"[..], (HandshakeType::CERTIFICATE, 0x10002)));
    }

    #[test]
    fn first_certificates() {
        assert_eq!(parse_first_certificate(b"\0\0\x05\0\0\x02AB", Version::TLS_1_2), Ok((&b""[..], &b"AB"[..])));
        assert_eq!(
            parse_first_certificate(b"\0\0\0\x07\0\0\x02AB\0\0", Version::TLS_1_3),
            Ok((&b"\0\0"[..], &b"AB"[..]))
        );
    }
}
