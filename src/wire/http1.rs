//! HTTP/1 heads (RFC 9112), tolerantly.
//!
//! Given the bytes of a request or response head, gives its start line and fields, borrowed. Odd line ends, folded lines
//! and stray spaces are carried on: what a middlebox did to a handshake is evidence. Bodies are the caller's business.

use memchr::{memchr, memchr2};
use nom::IResult;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take, take_till, take_while, take_while1};
use nom::character::complete::{char, digit1, space0, space1};
use nom::combinator::{map_opt, map_res, opt};

/// A request line. Behind it stand the fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RequestLine<'a> {
    /// Method, as sent.
    pub method: &'a [u8],
    /// Request target, as sent.
    pub target: &'a [u8],
    /// Minor version: 0 or 1.
    pub minor: u8,
}

/// A status line. Behind it stand the fields.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct StatusLine {
    /// Status code.
    pub status: u16,
    /// Minor version: 0 or 1.
    pub minor: u8,
}

/// The header fields of a head, in order: name and value as sent, surrounding white space removed. They are read when
/// they are asked for, up to the empty line.
///
/// A line without a colon is skipped. A folded line (RFC 9112 §5.2) is no field: its name begins with a space, which no
/// name does.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Fields<'a>(pub &'a [u8]);

impl<'a> Iterator for Fields<'a> {
    type Item = (&'a [u8], &'a [u8]);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, rest) = self.0.split_at_checked(memchr(b'\n', self.0)?)?;
            if is_blank(line) {
                return None;
            }
            self.0 = rest.get(1..)?;
            if let Some((name, value)) = memchr(b':', line).and_then(|colon| line.split_at_checked(colon)) {
                return Some((name.trim_ascii_end(), value.get(1..)?.trim_ascii()));
            }
        }
    }
}

/// The line that ends a head; stray spaces do not matter.
fn is_blank(line: &[u8]) -> bool {
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    line.iter().all(|byte| matches!(byte, b' ' | b'\t'))
}

/// Elements of one line of a comma-separated list (RFC 9110 §5.6.1).
pub fn elements(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii).filter(|element| !element.is_empty())
}

/// Longest name or token that [`lower`] makes comparable; `x-envoy-upstream-service-time` has 29 characters.
pub const NAME_BYTES: usize = 32;

/// A field name or token in lower case (names are case-insensitive, RFC 9110 §5.1); empty if it is too long.
///
/// All of `room` is lowered, whatever is in it: a length known beforehand makes it a few vector instructions.
#[inline]
pub fn lower<'r>(name: &[u8], room: &'r mut [u8; NAME_BYTES]) -> &'r [u8] {
    let Some(start) = room.get_mut(..name.len()) else { return &[] };
    start.copy_from_slice(name);
    room.make_ascii_lowercase();
    room.get(..name.len()).unwrap_or_default()
}

/// One line of a list holds `token`, which is given in lower case, in any case.
pub fn has_token(value: &[u8], token: &[u8]) -> bool {
    // Nearly always it stands alone.
    lower(value, &mut [0; NAME_BYTES]) == token || elements(value).any(|element| element.eq_ignore_ascii_case(token))
}

/// Position just behind the empty line that ends the head which `bytes` starts with, from `searched` on.
///
/// A bare LF is taken for a line end too (RFC 9112 §2.2).
pub fn head_len(bytes: &[u8], searched: usize) -> Option<usize> {
    let from = searched.saturating_sub(3);
    let mut at = from;
    loop {
        at += memchr(b'\n', bytes.get(at..)?)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// A request line; what is left are its [`Fields`].
pub fn parse_request_line(head: &[u8]) -> IResult<&[u8], RequestLine<'_>> {
    let (i, method) = take_while1(is_token).parse(head)?;
    let (i, _) = space1(i)?;
    let (i, target) = take_till(|byte: u8| byte.is_ascii_whitespace())(i)?;
    let (i, _) = space1(i)?;
    let (i, minor) = version(i)?;
    let (i, _) = line_end(i)?;
    Ok((i, RequestLine { method, target, minor }))
}

/// A status line; what is left are its [`Fields`].
pub fn parse_status_line(head: &[u8]) -> IResult<&[u8], StatusLine> {
    let (i, minor) = version(head)?;
    let (i, _) = space1(i)?;
    let (i, status) = map_opt(digit1, number).parse(i)?;
    let (i, _phrase) = take(memchr2(b'\r', b'\n', i).unwrap_or(i.len()))(i)?;
    let (i, _) = line_end(i)?;
    Ok((i, StatusLine { status, minor }))
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| number.checked_mul(10)?.checked_add(u16::from(digit - b'0')))
}

fn version(i: &[u8]) -> IResult<&[u8], u8> {
    let (i, _) = tag("HTTP/1.")(i)?;
    let (i, minor) = alt((char('0'), char('1'))).parse(i)?;
    Ok((i, if minor == '1' { 1 } else { 0 }))
}

fn line_end(i: &[u8]) -> IResult<&[u8], char> {
    let (i, _) = (space0, opt(char('\r'))).parse(i)?;
    char('\n')(i)
}

/// A character of a token (RFC 9110 §5.6.2). As a table, since every byte of every method is asked about.
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
    fn a_request_and_its_fields() {
        let len = head_len(REQUEST, 0).unwrap();
        assert_eq!(&REQUEST[len..], b"rest");
        let (fields, request) = parse_request_line(REQUEST).unwrap();
        assert_eq!((request.method, request.target, request.minor), (&b"GET"[..], &b"/chat?x=1"[..], 1));
        let fields: Vec<_> = Fields(fields).collect();
        let expected = [("Host", "example.org"), ("Upgrade", "WebSocket"), ("Connection", "keep-alive, Upgrade")];
        assert_eq!(fields, expected.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        assert!(has_token(fields[1].1, b"websocket") && has_token(fields[2].1, b"upgrade"));
        assert!(!has_token(b"upgrade-insecure", b"upgrade") && !has_token(b"", b"upgrade"));
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
        let head = b"HTTP/1.0 408 Request Time-out\r\nA :b\r\nno colon\r\n folded\r\nC:\td \r\n \t\r\nE: f\r\n\r\n";
        let (fields, response) = parse_status_line(head).unwrap();
        assert_eq!((response.status, response.minor), (408, 0));
        assert_eq!(Fields(fields).collect::<Vec<_>>(), [(&b"A"[..], &b"b"[..]), (b"C", b"d")]);
    }

    #[test]
    fn what_is_no_http_is_refused() {
        assert!(parse_status_line(b"HTTP/2 200\r\n\r\n").is_err());
        assert!(parse_request_line(b"\x16\x03\x01\x02\x00\x01\r\n\r\n").is_err());
    }
}
