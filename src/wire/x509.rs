//! X.509 certificates (RFC 5280): the few fields that say what is wrong with one.
//!
//! Given a certificate in DER, gives its names and its validity, borrowed. Verifies nothing.

use nom::bytes::complete::take;
use nom::combinator::{map_parser, opt, rest, verify};
use nom::number::complete::u8;
use nom::{IResult, Parser};

/// DER tags (X.690 §8).
mod tag {
    pub const BOOLEAN: u8 = 0x01;
    pub const INTEGER: u8 = 0x02;
    pub const OCTET_STRING: u8 = 0x04;
    pub const OID: u8 = 0x06;
    pub const UTC_TIME: u8 = 0x17;
    pub const GENERALIZED_TIME: u8 = 0x18;
    pub const SEQUENCE: u8 = 0x30;
    pub const SET: u8 = 0x31;
    /// TBSCertificate's version, and its extensions.
    pub const EXPLICIT_0: u8 = 0xA0;
    pub const EXPLICIT_3: u8 = 0xA3;
    /// GeneralName (RFC 5280 §4.2.1.6).
    pub const DNS_NAME: u8 = 0x82;
    pub const IP_ADDRESS: u8 = 0x87;
}

/// id-at-commonName.
const COMMON_NAME: &[u8] = &[0x55, 0x04, 0x03];
/// id-ce-subjectAltName.
const SUBJECT_ALT_NAME: &[u8] = &[0x55, 0x1D, 0x11];

/// A certificate, as far as it is looked at.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Certificate<'a> {
    /// Common name of its subject.
    pub subject: Option<&'a [u8]>,
    /// Common name of its issuer.
    pub issuer: Option<&'a [u8]>,
    /// Subject and issuer are the same, byte by byte.
    pub self_issued: bool,
    /// Start of its validity, in seconds since 1970.
    pub not_before: Option<i64>,
    /// End of its validity, in seconds since 1970.
    pub not_after: Option<i64>,
    /// Names and addresses it is for.
    pub names: Vec<AltName<'a>>,
}

/// A name that a certificate is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AltName<'a> {
    /// A host name, perhaps with a wildcard.
    Dns(&'a [u8]),
    /// An address: 4 or 16 bytes.
    Ip(&'a [u8]),
}

/// The certificate at the start of `i`.
pub fn parse_certificate(i: &[u8]) -> IResult<&[u8], Certificate<'_>> {
    map_parser(value(tag::SEQUENCE), map_parser(value(tag::SEQUENCE), parse_tbs)).parse(i)
}

/// TBSCertificate (RFC 5280 §4.1.2).
fn parse_tbs(i: &[u8]) -> IResult<&[u8], Certificate<'_>> {
    let (i, _) = (opt(value(tag::EXPLICIT_0)), value(tag::INTEGER), value(tag::SEQUENCE)).parse(i)?;
    let (i, (issuer, validity, subject)) =
        (value(tag::SEQUENCE), value(tag::SEQUENCE), value(tag::SEQUENCE)).parse(i)?;
    let (i, _public_key) = value(tag::SEQUENCE).parse(i)?;
    let times: Vec<_> = Values(validity).take(2).map(|(tag, text)| parse_time(tag, text)).collect();
    let mut names = Vec::new();
    let extensions = Values(i).find(|(tag, _)| *tag == tag::EXPLICIT_3).map_or(&[][..], |(_, list)| list);
    for (_, list) in Values(extensions).take(1) {
        Values(list).filter_map(|(_, extension)| alt_names(extension)).for_each(|found| names.extend(found));
    }
    let certificate = Certificate {
        subject: common_name(subject),
        issuer: common_name(issuer),
        self_issued: subject == issuer,
        not_before: times.first().copied().flatten(),
        not_after: times.get(1).copied().flatten(),
        names,
    };
    rest.map(|_: &[u8]| certificate.clone()).parse(i)
}

/// One element: its tag and its content (X.690 §8.1, definite lengths only, as DER has them).
fn element(i: &[u8]) -> IResult<&[u8], (u8, &[u8])> {
    let (i, (tag, first)) = (u8, u8).parse(i)?;
    let (i, len) = match first {
        0..=0x7F => (i, usize::from(first)),
        _ => {
            let (i, bytes) = verify(take(first & 0x7F), |bytes: &[u8]| (1..=4).contains(&bytes.len())).parse(i)?;
            (i, bytes.iter().fold(0, |len, byte| len << 8 | usize::from(*byte)))
        }
    };
    let (i, content) = take(len)(i)?;
    Ok((i, (tag, content)))
}

/// The content of an element that must have this tag.
fn value<'a>(tag: u8) -> impl Parser<&'a [u8], Output = &'a [u8], Error = nom::error::Error<&'a [u8]>> {
    verify(element, move |(found, _): &(u8, &[u8])| *found == tag).map(|(_, content)| content)
}

/// Elements one after the other, as far as they are whole.
struct Values<'a>(&'a [u8]);

impl<'a> Iterator for Values<'a> {
    type Item = (u8, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let (rest, found) = element(self.0).ok()?;
        self.0 = rest;
        Some(found)
    }
}

/// The last common name of a Name (RFC 5280 §4.1.2.4), the most specific one.
fn common_name(name: &[u8]) -> Option<&[u8]> {
    let sets = Values(name).filter(|(tag, _)| *tag == tag::SET);
    let attributes = sets.flat_map(|(_, set)| Values(set));
    let found = attributes.filter_map(|(_, attribute)| match Values(attribute).next()? {
        (tag::OID, COMMON_NAME) => Values(attribute).nth(1).map(|(_, text)| text),
        _ => None,
    });
    found.last()
}

/// The names of a subjectAltName extension (RFC 5280 §4.2.1.6).
fn alt_names(extension: &[u8]) -> Option<Vec<AltName<'_>>> {
    let mut parts = Values(extension);
    let (tag::OID, SUBJECT_ALT_NAME) = parts.next()? else { return None };
    let (_, octets) = parts.find(|(tag, _)| *tag != tag::BOOLEAN).filter(|(tag, _)| *tag == tag::OCTET_STRING)?;
    let (_, list) = Values(octets).next()?;
    let names = Values(list).filter_map(|(tag, name)| match tag {
        tag::DNS_NAME => Some(AltName::Dns(name)),
        tag::IP_ADDRESS => Some(AltName::Ip(name)),
        _ => None,
    });
    Some(names.collect())
}

/// UTCTime or GeneralizedTime in seconds since 1970 (RFC 5280 §4.1.2.5: both end in Z and have seconds).
fn parse_time(tag: u8, text: &[u8]) -> Option<i64> {
    let (digits, b"Z") = text.split_at_checked(text.len().checked_sub(1)?)? else { return None };
    let pairs: Option<Vec<i64>> = digits.chunks(2).map(|pair| std::str::from_utf8(pair).ok()?.parse().ok()).collect();
    let (year, rest) = match (tag, pairs?.as_slice()) {
        // RFC 5280 §4.1.2.5.1: two digits from 50 on are of the last century.
        (tag::UTC_TIME, [year, rest @ ..]) => (if *year < 50 { 2000 + year } else { 1900 + year }, rest.to_vec()),
        (tag::GENERALIZED_TIME, [century, year, rest @ ..]) => (century * 100 + year, rest.to_vec()),
        _ => return None,
    };
    let [month @ 1..=12, day @ 1..=31, hour @ 0..=23, minute @ 0..=59, second @ 0..=60] = rest.as_slice() else {
        return None;
    };
    // Days since 1970 of a date in the Gregorian calendar, years counted from March.
    let (year, month) = if *month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + day - 1 - 719_468;
    Some(((days * 24 + hour) * 60 + minute) * 60 + second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::hex;

    #[test]
    fn times() {
        assert_eq!(parse_time(tag::UTC_TIME, b"700101000000Z"), Some(0));
        assert_eq!(parse_time(tag::UTC_TIME, b"240229120000Z"), Some(1_709_208_000));
        assert_eq!(parse_time(tag::GENERALIZED_TIME, b"20500101000000Z"), Some(2_524_608_000));
        for wrong in [&b""[..], b"Z", b"2402291200Z", b"241301000000Z", b"24022912000+Z"] {
            assert_eq!(parse_time(tag::UTC_TIME, wrong), None, "{wrong:?}");
        }
    }

    /// Self-signed, CN=localhost, DNS:localhost, DNS:*.example.test, IP 127.0.0.1; its public key and signature are cut
    /// down to nothing.
    const SELF_SIGNED: &str = "3081a4 30819c a003020102 020101 300d06092a864886f70d01010b0500
        3014 3112 3010 0603550403 0c096c6f63616c686f7374
        301e 170d3234303130313030303030305a 170d3235303130313030303030305a
        3014 3112 3010 0603550403 0c096c6f63616c686f7374
        3000
        a335 3033 3031 0603551d11 0101ff 0427 3025 82096c6f63616c686f7374 820e2a2e6578616d706c652e74657374
        87047f000001 8102 6161
        3003 010100";

    #[test]
    fn a_certificate() {
        let bytes = hex(SELF_SIGNED);
        let (_, certificate) = parse_certificate(&bytes).unwrap();
        assert_eq!((certificate.subject, certificate.issuer), (Some(&b"localhost"[..]), Some(&b"localhost"[..])));
        assert!(certificate.self_issued);
        assert_eq!((certificate.not_before, certificate.not_after), (Some(1_704_067_200), Some(1_735_689_600)));
        let names = [AltName::Dns(b"localhost"), AltName::Dns(b"*.example.test"), AltName::Ip(&[127, 0, 0, 1])];
        assert_eq!(certificate.names, names);
        for cut in 0..bytes.len() {
            let _ = parse_certificate(&bytes[..cut]);
        }
    }
}
