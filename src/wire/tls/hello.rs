//! ClientHello, ServerHello and EncryptedExtensions (RFC 8446 §4.1, §4.3.1; RFC 5246 §7.4.1).
//!
//! Given a handshake message's body, gives the fields that decide version, keys and names, borrowed.

use nom::bytes::complete::take;
use nom::combinator::{map_opt, map_parser, opt};
use nom::multi::{fold_many0, length_data, many0};
use nom::number::complete::{be_u16, u8};
use nom::{IResult, Parser};

use super::{CipherSuite, Version};

/// The "random" of a HelloRetryRequest: SHA-256 of its name (RFC 8446 §4.1.3).
const HELLO_RETRY_REQUEST: [u8; 32] = [
    0xCF, 0x21, 0xAD, 0x74, 0xE5, 0x9A, 0x61, 0x11, 0xBE, 0x1D, 0x8C, 0x02, 0x1E, 0x65, 0xB8, 0x91, 0xC2, 0xA2, 0x11,
    0x16, 0x7A, 0xBB, 0x8C, 0x5E, 0x07, 0x9E, 0x09, 0xE2, 0xC8, 0xA8, 0x33, 0x9C,
];

/// Extension numbers (<https://www.iana.org/assignments/tls-extensiontype-values>).
mod extension {
    pub const SERVER_NAME: u16 = 0;
    pub const ALPN: u16 = 16;
    pub const ENCRYPT_THEN_MAC: u16 = 22;
    pub const EXTENDED_MASTER_SECRET: u16 = 23;
    pub const PRE_SHARED_KEY: u16 = 41;
    pub const EARLY_DATA: u16 = 42;
    pub const SUPPORTED_VERSIONS: u16 = 43;
    pub const KEY_SHARE: u16 = 51;
    pub const ENCRYPTED_CLIENT_HELLO: u16 = 0xFE0D;
}

/// The client's offer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClientHello<'a> {
    /// Highest version of TLS 1.2 and below; 0x0303 with TLS 1.3.
    pub legacy_version: Version,
    /// Names the connection in a key log.
    pub random: [u8; 32],
    /// The session to resume, or noise.
    pub session_id: &'a [u8],
    /// Cipher suites in order, GREASE included.
    pub suites: Vec<CipherSuite>,
    /// The first host name of server_name (RFC 6066 §3), as sent.
    pub server_name: Option<&'a [u8]>,
    /// ALPN protocols in order (RFC 7301).
    pub alpn: Vec<&'a [u8]>,
    /// supported_versions in order, GREASE left out.
    pub versions: Vec<Version>,
    /// encrypt_then_mac (RFC 7366) is offered.
    pub encrypt_then_mac: bool,
    /// extended_master_secret (RFC 7627) is offered.
    pub extended_master_secret: bool,
    /// pre_shared_key: a TLS 1.3 session is resumed.
    pub pre_shared_key: bool,
    /// Early data follows (RFC 8446 §4.2.10).
    pub early_data: bool,
    /// key_share is there: TLS 1.3 is meant.
    pub key_share: bool,
    /// encrypted_client_hello is there, true or as grease (RFC 9849 §6.2).
    pub encrypted: bool,
}

impl ClientHello<'_> {
    /// The highest version offered.
    pub fn version(&self) -> Version {
        self.versions.iter().copied().max().unwrap_or(self.legacy_version)
    }
}

/// The server's choice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServerHello<'a> {
    /// The version agreed on: supported_versions where it is there.
    pub version: Version,
    /// The server's random.
    pub random: [u8; 32],
    /// The session resumed (equal to the client's), or a new one.
    pub session_id: &'a [u8],
    /// The suite agreed on.
    pub suite: CipherSuite,
    /// It asks for another ClientHello (RFC 8446 §4.1.4).
    pub retry: bool,
    /// The ALPN protocol chosen (TLS 1.2; in TLS 1.3 it is in EncryptedExtensions).
    pub alpn: Option<&'a [u8]>,
    /// encrypt_then_mac is agreed on.
    pub encrypt_then_mac: bool,
    /// extended_master_secret is agreed on.
    pub extended_master_secret: bool,
    /// A TLS 1.3 session is resumed.
    pub pre_shared_key: bool,
}

/// The body of a ClientHello.
pub fn parse_client_hello(i: &[u8]) -> IResult<&[u8], ClientHello<'_>> {
    let (i, (legacy_version, random, session_id)) = (version, random, length_data(u8)).parse(i)?;
    let (i, suites) = map_parser(length_data(be_u16), many0(be_u16.map(CipherSuite))).parse(i)?;
    let (i, _compression) = length_data(u8).parse(i)?;
    let mut hello = ClientHello {
        legacy_version,
        random,
        session_id,
        suites,
        server_name: None,
        alpn: Vec::new(),
        versions: Vec::new(),
        encrypt_then_mac: false,
        extended_master_secret: false,
        pre_shared_key: false,
        early_data: false,
        key_share: false,
        encrypted: false,
    };
    let (i, ()) = each_extension(i, |kind, body| match kind {
        extension::SERVER_NAME => hello.server_name = parse_server_name(body).ok().map(|(_, name)| name),
        extension::ALPN => hello.alpn = parse_alpn(body).map(|(_, names)| names).unwrap_or_default(),
        extension::SUPPORTED_VERSIONS => hello.versions = parse_versions(body).map(|(_, all)| all).unwrap_or_default(),
        extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
        extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
        extension::PRE_SHARED_KEY => hello.pre_shared_key = true,
        extension::EARLY_DATA => hello.early_data = true,
        extension::KEY_SHARE => hello.key_share = true,
        extension::ENCRYPTED_CLIENT_HELLO => hello.encrypted = true,
        _ => {}
    })?;
    Ok((i, hello))
}

/// The body of a ServerHello, or of a HelloRetryRequest.
pub fn parse_server_hello(i: &[u8]) -> IResult<&[u8], ServerHello<'_>> {
    let (i, (legacy_version, random, session_id)) = (version, random, length_data(u8)).parse(i)?;
    let (i, (suite, _compression)) = (be_u16.map(CipherSuite), u8).parse(i)?;
    let mut hello = ServerHello {
        version: legacy_version,
        random,
        session_id,
        suite,
        retry: random == HELLO_RETRY_REQUEST,
        alpn: None,
        encrypt_then_mac: false,
        extended_master_secret: false,
        pre_shared_key: false,
    };
    let (i, ()) = each_extension(i, |kind, body| match kind {
        extension::SUPPORTED_VERSIONS => {
            if let Ok((_, chosen)) = version(body) {
                hello.version = chosen;
            }
        }
        extension::ALPN => hello.alpn = parse_alpn(body).ok().and_then(|(_, names)| names.first().copied()),
        extension::ENCRYPT_THEN_MAC => hello.encrypt_then_mac = true,
        extension::EXTENDED_MASTER_SECRET => hello.extended_master_secret = true,
        extension::PRE_SHARED_KEY => hello.pre_shared_key = true,
        _ => {}
    })?;
    Ok((i, hello))
}

/// The ALPN protocol chosen, in an EncryptedExtensions body (RFC 8446 §4.3.1).
pub fn parse_alpn_chosen(i: &[u8]) -> Option<&[u8]> {
    let mut chosen = None;
    let _ = each_extension(i, |kind, body| {
        if kind == extension::ALPN {
            chosen = parse_alpn(body).ok().and_then(|(_, names)| names.first().copied());
        }
    });
    chosen
}

/// An EncryptedExtensions body accepts early data (RFC 8446 §4.2.10).
pub fn parse_has_early_data(i: &[u8]) -> bool {
    let mut found = false;
    let _ = each_extension(i, |kind, _| found |= kind == extension::EARLY_DATA);
    found
}

/// Extensions, if any follow: old hellos end before them.
fn each_extension<'a>(i: &'a [u8], mut found: impl FnMut(u16, &'a [u8])) -> IResult<&'a [u8], ()> {
    let (i, list) = opt(length_data(be_u16)).parse(i)?;
    let (_, ()) = fold_many0((be_u16, length_data(be_u16)), || (), |(), (kind, body)| found(kind, body))
        .parse(list.unwrap_or(&[]))?;
    Ok((i, ()))
}

fn version(i: &[u8]) -> IResult<&[u8], Version> {
    be_u16.map(Version).parse(i)
}

fn random(i: &[u8]) -> IResult<&[u8], [u8; 32]> {
    map_opt(take(32usize), |bytes: &[u8]| bytes.try_into().ok()).parse(i)
}

/// RFC 6066 §3: a list of names; only host_name (0) was ever defined, and only one may stand there.
fn parse_server_name(i: &[u8]) -> IResult<&[u8], &[u8]> {
    map_parser(length_data(be_u16), nom::sequence::preceded(nom::bytes::complete::tag(&[0u8][..]), length_data(be_u16)))
        .parse(i)
}

fn parse_alpn(i: &[u8]) -> IResult<&[u8], Vec<&[u8]>> {
    map_parser(length_data(be_u16), many0(length_data(u8))).parse(i)
}

fn parse_versions(i: &[u8]) -> IResult<&[u8], Vec<Version>> {
    let (i, mut all) = map_parser(length_data(u8), many0(version)).parse(i)?;
    all.retain(|version| !version.is_grease());
    Ok((i, all))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::hex;

    /// ClientHello of RFC 8448 §3, without its handshake header.
    const CLIENT: &str =
        "0303cb34ecb1e78163ba1c38c6dacb196a6dffa21a8d9912ec18a2ef6283024dece700000613011303130201000091
        0000000b0009000006736572766572ff01000100000a00140012001d00170018001901000101010201030104002300000033002600240
        01d002099381de560e4bd43d23d8e435a7dbafeb3c06e51c13cae4d5413691e529aaf2c002b0003020304000d0020001e040305030603
        02030804080508060401050106010201040205020602020 2002d00020101001c00024001";

    #[test]
    fn rfc_8448_client_hello() {
        let bytes = hex(CLIENT);
        let (rest, hello) = parse_client_hello(&bytes).unwrap();
        assert!(rest.is_empty());
        assert_eq!(hello.random[..4], [0xcb, 0x34, 0xec, 0xb1]);
        assert_eq!(hello.suites, [0x1301, 0x1303, 0x1302].map(CipherSuite));
        assert_eq!(hello.server_name, Some(&b"server"[..]));
        assert_eq!(hello.version(), Version::TLS_1_3);
        assert!(hello.key_share && !hello.pre_shared_key && !hello.early_data);
        for cut in 0..bytes.len() {
            let _ = parse_client_hello(&bytes[..cut]);
        }
    }

    #[test]
    fn server_hello_with_supported_versions() {
        let bytes =
            hex("0303a6af06a4121860dc5e6e60249cd34c95930c8ac5cb1434dac155772ed3e2692800130100002e00330024001d00
            20c9828876112095fe66762bdbf7c672e156d6cc253b833df1dd69b1b04e751f0f002b00020304");
        let (rest, hello) = parse_server_hello(&bytes).unwrap();
        assert!(rest.is_empty());
        assert_eq!((hello.version, hello.suite), (Version::TLS_1_3, CipherSuite(0x1301)));
        assert!(!hello.retry);
    }

    #[test]
    fn server_hello_of_tls_1_2_with_extensions_and_without() {
        let mut bytes = vec![3, 3];
        bytes.extend([7; 32]);
        bytes.extend([2, 0xAA, 0xBB, 0xC0, 0x13, 0]);
        assert_eq!(parse_server_hello(&bytes).unwrap().1.session_id, [0xAA, 0xBB]);
        bytes.extend(hex("0013 0016 0000 0017 0000 0010 0007 0005 04 68747470"));
        let (_, hello) = parse_server_hello(&bytes).unwrap();
        assert!(hello.encrypt_then_mac && hello.extended_master_secret);
        assert_eq!(hello.alpn, Some(&b"http"[..]));
    }

    #[test]
    fn encrypted_extensions() {
        let body = hex("000f 0010 0005 0003 02 6832 002a 0000 0000 0000");
        let body = &body[..body.len() - 4];
        let body = [&[0, 13], &body[2..]].concat();
        assert_eq!(parse_alpn_chosen(&body), Some(&b"h2"[..]));
        assert!(parse_has_early_data(&body));
        assert!(!parse_has_early_data(&[0, 0]));
    }
}
