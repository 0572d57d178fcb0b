//! HTTP/1 heads (RFC 9112), tolerantly.
//!
//! Given the bytes of a request or response head, gives its start line and fields, borrowed. Odd line ends, folded lines
//! and stray spaces are carried on: what a middlebox did to a handshake is evidence. Bodies are the caller's business.

use nom::FindSubstring;
use nom::IResult;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_until, take_while, take_while1};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{map_res, opt, recognize};

/// Most header fields looked at in one head; servers allow about 100.
const FIELDS_MAX: usize = 256;

/// A request line and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Request<'a> {
    /// Method, as sent.
    pub method: &'a [u8],
    /// Request target, as sent.
    pub target: &'a [u8],
    /// Minor version: 0 or 1.
    pub minor: u8,
    /// Header fields in order.
    pub fields: Fields<'a>,
}

/// A status line and its fields.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response<'a> {
    /// Status code.
    pub status: u16,
    /// Minor version: 0 or 1.
    pub minor: u8,
    /// Header fields in order.
    pub fields: Fields<'a>,
}

/// Header fields in order, name and value as sent, surrounding white space removed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fields<'a>(pub Vec<(&'a [u8], &'a [u8])>);

impl<'a> Fields<'a> {
    /// Value of the first field of that name (names are case-insensitive, RFC 9110 §5.1).
    pub fn find(&self, name: &str) -> Option<&'a [u8]> {
        self.all(name).next()
    }

    /// Values of all fields of that name.
    pub fn all(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let name = name.as_bytes();
        self.0.iter().filter(move |(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| *value)
    }

    /// Elements of a comma-separated list field, over all its lines (RFC 9110 §5.6.1).
    pub fn list(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        self.all(name)
            .flat_map(|value| value.split(|byte| *byte == b','))
            .map(<[u8]>::trim_ascii)
            .filter(|e| !e.is_empty())
    }

    /// The list field `name` holds `token`, in any case.
    pub fn has_token(&self, name: &str, token: &str) -> bool {
        self.list(name).any(|element| element.eq_ignore_ascii_case(token.as_bytes()))
    }
}

/// Position just behind the empty line that ends the head which `bytes` starts with, from `searched` on.
///
/// A bare LF is taken for a line end too (RFC 9112 §2.2).
pub fn head_len(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let mut at = from;
    loop {
        at += bytes.get(at..)?.find_substring(&b"\n"[..])? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// A request head, complete to its empty line.
pub fn parse_request(head: &[u8]) -> IResult<&[u8], Request<'_>> {
    let (i, method) = take_while1(is_token).parse(head)?;
    let (i, _) = space1(i)?;
    let (i, target) = take_till(|byte: u8| byte.is_ascii_whitespace())(i)?;
    let (i, _) = space1(i)?;
    let (i, minor) = version(i)?;
    let (i, _) = line_end(i)?;
    let (i, fields) = fields(i)?;
    Ok((i, Request { method, target, minor, fields }))
}

/// A response head, complete to its empty line.
pub fn parse_response(head: &[u8]) -> IResult<&[u8], Response<'_>> {
    let (i, minor) = version(head)?;
    let (i, _) = space1(i)?;
    let (i, status) =
        map_res(digit1, |digits: &[u8]| std::str::from_utf8(digits).unwrap_or("").parse::<u16>()).parse(i)?;
    let (i, _) = take_till(|byte| byte == b'\r' || byte == b'\n')(i)?;
    let (i, _) = line_end(i)?;
    let (i, fields) = fields(i)?;
    Ok((i, Response { status, minor, fields }))
}

fn version(i: &[u8]) -> IResult<&[u8], u8> {
    let (i, _) = tag("HTTP/1.")(i)?;
    let (i, minor) = alt((char('0'), char('1'))).parse(i)?;
    Ok((i, if minor == '1' { 1 } else { 0 }))
}

fn line_end(i: &[u8]) -> IResult<&[u8], &[u8]> {
    recognize((space0, opt(char('\r')), char('\n'))).parse(i)
}

/// A character of a token (RFC 9110 §5.6.2). As a table, since every byte of every field name is asked about.
#[inline]
fn is_token(byte: u8) -> bool {
    #[expect(clippy::indexing_slicing, reason = "at compile time")]
    const TOKEN: [bool; 256] = {
        let (mut table, mut byte, others) = ([false; 256], 0_u8, b"!#$%&'*+-.^_`|~");
        while byte < 128 {
            table[byte as usize] = byte.is_ascii_alphanumeric();
            byte += 1;
        }
        let mut at = 0;
        while at < others.len() {
            table[others[at] as usize] = true;
            at += 1;
        }
        table
    };
    TOKEN.get(usize::from(byte)).copied().unwrap_or(false)
}

/// Field lines up to the empty line. A line without a colon is skipped; a folded line (RFC 9112 §5.2) is not a field.
fn fields(mut i: &[u8]) -> IResult<&[u8], Fields<'_>> {
    let mut found = Vec::with_capacity(16);
    loop {
        if let Ok((rest, _)) = line_end(i) {
            return Ok((rest, Fields(found)));
        }
        let (rest, line) = take_until(&b"\n"[..])(i)?;
        let (rest, _) = char('\n')(rest)?;
        i = rest;
        let Ok((value, (name, _, _))) =
            (take_while1(is_token), space0, char::<_, nom::error::Error<_>>(':')).parse(line)
        else {
            continue;
        };
        if found.len() < FIELDS_MAX {
            found.push((name, value.trim_ascii()));
        }
    }
}

/// One line of chunk framing: the length of the next chunk (RFC 9112 §7.1). The line must be complete.
pub fn parse_chunk_size(line: &[u8]) -> IResult<&[u8], u64> {
    map_res(take_while(|byte: u8| byte.is_ascii_hexdigit()), |digits: &[u8]| {
        u64::from_str_radix(std::str::from_utf8(digits).unwrap_or(""), 16)
    })
    .parse(line)
}

/// These bytes begin a response, and end before its status is whole: `HTTP/1.1 408`.
pub fn is_cut_response(i: &[u8]) -> bool {
    const VERSION: &[u8] = b"HTTP/1.";
    i.len() < VERSION.len() + "1 408".len() && (i.starts_with(VERSION) || VERSION.starts_with(i))
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &[u8] =
        b"GET /chat?x=1 HTTP/1.1\r\nHost: example.org\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\nrest";

    #[test]
    fn a_request_and_what_follows_it() {
        let len = head_len(REQUEST, 0).unwrap();
        assert_eq!(&REQUEST[len..], b"rest");
        let (rest, request) = parse_request(REQUEST).unwrap();
        assert_eq!(rest, b"rest");
        assert_eq!((request.method, request.target, request.minor), (&b"GET"[..], &b"/chat?x=1"[..], 1));
        assert_eq!(request.fields.find("HOST"), Some(&b"example.org"[..]));
        assert!(request.fields.has_token("connection", "upgrade"));
        assert!(request.fields.has_token("upgrade", "websocket"));
    }

    #[test]
    fn the_end_of_a_head_is_found_from_any_point_before_it() {
        let len = head_len(REQUEST, 0).unwrap();
        for searched in 0..len {
            assert_eq!(head_len(REQUEST, searched), Some(len), "searched {searched}");
        }
        assert_eq!(head_len(&REQUEST[..len - 1], 0), None);
        assert_eq!(head_len(b"HTTP/1.1 200 OK\nA: b\n\nbody", 0), Some(22));
    }

    #[test]
    fn odd_heads_are_carried_on() {
        let (_, response) =
            parse_response(b"HTTP/1.0 408 Request Time-out\r\nA :b\r\nno colon\r\n folded\r\nC:\td \r\n\r\n").unwrap();
        assert_eq!((response.status, response.minor), (408, 0));
        assert_eq!(response.fields.0, [(&b"A"[..], &b"b"[..]), (b"C", b"d")]);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(parse_response(b"HTTP/2 200\r\n\r\n").is_err());
        assert!(parse_request(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").is_err());
    }
}
