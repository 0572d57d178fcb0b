//! What stands before the stream proper: PROXY protocol v1 and v2, SOCKS5.
//!
//! Given the first bytes of one direction (and what is known of the other), gives the length to step over and the true
//! client where the wrapper tells it. HTTP CONNECT is a request like any other and handled by `http1`.

use nom::bytes::streaming::{tag, take};
use nom::error::{Error, ErrorKind};
use nom::number::streaming::{be_u16, u8};
use nom::{IResult, Parser};

use crate::event::Via;
use crate::packet::Endpoint;

/// A whole preamble.
#[derive(Debug)]
pub(super) struct Preamble {
    /// Bytes to step over in the direction looked at.
    pub len: usize,
    /// Bytes to step over in the other one.
    pub other_len: usize,
    /// What it tells.
    pub via: Option<Via>,
}

/// What was found at the start of a direction.
pub(super) enum Found {
    /// A preamble, whole.
    Whole(Preamble),
    /// The beginning of one.
    Incomplete,
    /// None.
    None,
}

const V2_SIGNATURE: &[u8] = b"\r\n\r\n\0\r\nQUIT\n";
/// Longest PROXY v1 line (proxy-protocol.txt §2.1).
const V1_MAX: usize = 107;

pub(super) fn find(own: &[u8], other: &[u8]) -> Found {
    if own.is_empty() {
        return Found::None;
    }
    if starts_alike(own, b"PROXY ") {
        return proxy_v1(own);
    }
    if starts_alike(own, V2_SIGNATURE) {
        return from_parser(proxy_v2(own), own);
    }
    socks5(own, other)
}

/// One is a beginning of the other.
fn starts_alike(bytes: &[u8], expected: &[u8]) -> bool {
    let len = bytes.len().min(expected.len());
    bytes.get(..len) == expected.get(..len)
}

fn from_parser(result: IResult<&[u8], Option<Via>>, own: &[u8]) -> Found {
    match result {
        Ok((rest, via)) => Found::Whole(Preamble { len: own.len() - rest.len(), other_len: 0, via }),
        Err(nom::Err::Incomplete(_)) => Found::Incomplete,
        Err(_) => Found::None,
    }
}

fn via(kind: &'static str, client: Option<String>, target: Option<String>) -> Option<Via> {
    Some(Via { kind, client, target })
}

/// `PROXY TCP4 source destination port port CRLF`
fn proxy_v1(own: &[u8]) -> Found {
    let Some(end) = own.iter().take(V1_MAX).position(|byte| *byte == b'\n') else {
        return if own.len() < V1_MAX { Found::Incomplete } else { Found::None };
    };
    let line = std::str::from_utf8(own.get(..end).unwrap_or_default()).unwrap_or_default().trim_end();
    let words: Vec<&str> = line.split(' ').collect();
    let told = match words.as_slice() {
        ["PROXY", "TCP4" | "TCP6", source, destination, from, to] => {
            via("proxy-protocol", joined(source, from), joined(destination, to))
        }
        ["PROXY", "UNKNOWN", ..] => via("proxy-protocol", None, None),
        _ => return Found::None,
    };
    Found::Whole(Preamble { len: end + 1, other_len: 0, via: told })
}

/// `ip:port`, if it is one.
fn joined(ip: &str, port: &str) -> Option<String> {
    let address: std::net::IpAddr = ip.parse().ok()?;
    Some(std::net::SocketAddr::new(address, port.parse().ok()?).to_string())
}

/// The binary form (proxy-protocol.txt §2.2).
fn proxy_v2(i: &[u8]) -> IResult<&[u8], Option<Via>> {
    let (i, _) = tag(V2_SIGNATURE)(i)?;
    let (i, (version_command, family, len)) = (u8, u8, be_u16).parse(i)?;
    let (i, body) = take(len)(i)?;
    if version_command >> 4 != 2 {
        return Err(nom::Err::Error(Error::new(i, ErrorKind::Verify)));
    }
    let ends = match (version_command & 0xF, family) {
        (1, 0x11) => v4_pair(body).ok(),
        (1, 0x21) => v6_pair(body).ok(),
        _ => None,
    };
    let (client, target) = ends.map(|(_, ends)| ends).unzip();
    Ok((i, via("proxy-protocol", client, target)))
}

fn v4_pair(i: &[u8]) -> IResult<&[u8], (String, String)> {
    let (i, (source, destination, from, to)) = (take(4usize), take(4usize), be_u16, be_u16).parse(i)?;
    let end = |address: &[u8], port| Endpoint::v4(address.try_into().unwrap_or_default(), port).to_string();
    Ok((i, (end(source, from), end(destination, to))))
}

fn v6_pair(i: &[u8]) -> IResult<&[u8], (String, String)> {
    let (i, (source, destination, from, to)) = (take(16usize), take(16usize), be_u16, be_u16).parse(i)?;
    let end = |address: &[u8], port| Endpoint::v6(address.try_into().unwrap_or_default(), port).to_string();
    Ok((i, (end(source, from), end(destination, to))))
}

/// SOCKS5 (RFC 1928), once both directions are through: greeting, method, perhaps a password, request, reply.
fn socks5(own: &[u8], other: &[u8]) -> Found {
    // The client's greeting has as many methods as it says; nothing else begins so and waits for an answer.
    let greeting = |bytes: &[u8]| matches!(bytes, [5, count @ 1..=8, rest @ ..] if rest.len() <= usize::from(*count) || other_is_socks(bytes));
    let (client, server, own_is_client) = match (own.first(), own.get(1)) {
        (Some(5), Some(1..=8)) if greeting(own) && !matches!(own, [5, 0..=2]) => (own, other, true),
        (Some(5), Some(0 | 2)) if matches!(other, [5, 1..=8, ..]) => (other, own, false),
        (Some(5), None) => return Found::Incomplete,
        _ => return Found::None,
    };
    match socks5_client(client, server) {
        Ok((target, client_len, server_len)) => {
            let (len, other_len) = if own_is_client { (client_len, server_len) } else { (server_len, client_len) };
            Found::Whole(Preamble { len, other_len, via: via("socks5", None, Some(target)) })
        }
        Err(nom::Err::Incomplete(_)) => Found::Incomplete,
        Err(_) => Found::None,
    }
}

/// More follows the greeting: then it must be a request or a password.
fn other_is_socks(bytes: &[u8]) -> bool {
    let methods = bytes.get(1).copied().map_or(0, usize::from);
    matches!(bytes.get(2 + methods..), Some([5 | 1, ..]))
}

type Lengths = (String, usize, usize);

/// What follows in either direction.
type Rests<'a> = (&'a [u8], &'a [u8]);

fn socks5_client<'a>(client: &'a [u8], server: &'a [u8]) -> Result<Lengths, nom::Err<Error<&'a [u8]>>> {
    let (c, _) = tag(&[5u8][..])(client)?;
    let (c, count) = u8(c)?;
    let (c, _) = take(count)(c)?;
    let (s, _) = tag(&[5u8][..])(server)?;
    let (s, method) = u8(s)?;
    let (c, s) = if method == 2 { password(c, s)? } else { (c, s) };
    let (c, _) = tag(&[5u8, 1, 0][..])(c)?;
    let (c, target) = address(c)?;
    let (s, (_, reply, _)) = (tag(&[5u8][..]), u8, u8).parse(s)?;
    let (s, _) = address(s)?;
    if reply != 0 {
        return Err(nom::Err::Error(Error::new(s, ErrorKind::Verify)));
    }
    Ok((target, client.len() - c.len(), server.len() - s.len()))
}

/// User name and password (RFC 1929); stepped over, never kept.
fn password<'a>(c: &'a [u8], s: &'a [u8]) -> Result<Rests<'a>, nom::Err<Error<&'a [u8]>>> {
    let (c, (_, user_len)) = (u8, u8).parse(c)?;
    let (c, _) = take(user_len)(c)?;
    let (c, password_len) = u8(c)?;
    let (c, _) = take(password_len)(c)?;
    let (s, _) = take(2usize)(s)?;
    Ok((c, s))
}

fn address(i: &[u8]) -> IResult<&[u8], String> {
    let (i, kind) = u8(i)?;
    match kind {
        1 => {
            let (i, (address, port)) = (take(4usize), be_u16).parse(i)?;
            Ok((i, Endpoint::v4(address.try_into().unwrap_or_default(), port).to_string()))
        }
        3 => {
            let (i, len) = u8(i)?;
            let (i, (name, port)) = (take(len), be_u16).parse(i)?;
            Ok((i, format!("{}:{port}", String::from_utf8_lossy(name))))
        }
        4 => {
            let (i, (address, port)) = (take(16usize), be_u16).parse(i)?;
            Ok((i, Endpoint::v6(address.try_into().unwrap_or_default(), port).to_string()))
        }
        _ => Err(nom::Err::Error(Error::new(i, ErrorKind::Switch))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(own: &[u8], other: &[u8]) -> Preamble {
        match find(own, other) {
            Found::Whole(preamble) => preamble,
            _ => panic!("no preamble in {own:?}"),
        }
    }

    #[test]
    fn proxy_v1_keeps_the_true_client() {
        let line = b"PROXY TCP4 203.0.113.9 10.0.0.1 51234 80\r\nGET / HTTP/1.1\r\n";
        for cut in 1..42 {
            assert!(matches!(find(&line[..cut], b""), Found::Incomplete), "cut at {cut}");
        }
        let preamble = whole(line, b"");
        assert_eq!(&line[preamble.len..][..3], b"GET");
        assert_eq!(preamble.via.unwrap().client.as_deref(), Some("203.0.113.9:51234"));
    }

    #[test]
    fn proxy_v2_keeps_the_true_client() {
        let mut bytes = V2_SIGNATURE.to_vec();
        bytes.extend_from_slice(&[0x21, 0x11, 0, 12, 203, 0, 113, 9, 10, 0, 0, 1, 0xC8, 0x22, 0, 80]);
        let preamble = whole(&bytes, b"");
        assert_eq!(preamble.len, bytes.len());
        assert_eq!(preamble.via.unwrap().client.as_deref(), Some("203.0.113.9:51234"));
    }

    #[test]
    fn socks5_is_stepped_over_in_both_directions() {
        let client = b"\x05\x01\x00\x05\x01\x00\x03\x04host\x00\x50GET / HTTP/1.1\r\n";
        let server = b"\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";
        assert!(matches!(find(&client[..3], b""), Found::Incomplete));
        let preamble = whole(client, server);
        assert_eq!(&client[preamble.len..][..3], b"GET");
        assert_eq!((preamble.other_len, preamble.via.unwrap().target.as_deref()), (12, Some("host:80")));
    }

    #[test]
    fn other_bytes_have_none() {
        assert!(matches!(find(b"GET / HTTP/1.1\r\n", b""), Found::None));
        assert!(matches!(find(b"PROXY nonsense\r\n", b""), Found::None));
        assert!(matches!(find(b"\x16\x03\x01", b""), Found::None));
    }
}
