//! The bytes that an act puts into the stream: HTTP heads and WebSocket frames.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha1::{Digest, Sha1};

use super::act::{Side, Words};

/// The payload of a part; None if it is none of ours.
pub fn payload(side: Side, key: &str, words: &mut Words) -> Option<Vec<u8>> {
    let mut ahead = words.clone();
    let first = ahead.next()?;
    let bytes = match first.as_str() {
        "GET" | "POST" => request(&first, key, &mut ahead),
        "101" => switching(key, &mut ahead),
        "raw" => hex(&ahead.rest().concat()),
        "says" => ahead.next().expect("says what?").into_bytes(),
        "text" | "binary" | "continuation" | "close" | "ping" | "pong" | "opcode" => frame(side, &first, &mut ahead),
        status if status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit()) => answer(status, &mut ahead),
        _ => return None,
    };
    *words = ahead;
    Some(bytes)
}

/// The Sec-WebSocket-Key of a connection of that name.
pub fn key_of(name: &str) -> String {
    let mut nonce = [b'.'; 16];
    nonce.iter_mut().zip(name.bytes()).for_each(|(place, byte)| *place = byte);
    STANDARD.encode(nonce)
}

/// Sec-WebSocket-Accept (RFC 6455 §4.2.2).
fn accept_of(key: &str) -> String {
    STANDARD.encode(Sha1::new().chain_update(key).chain_update("258EAFA5-E914-47DA-95CA-C5AB0DC85B11").finalize())
}

fn request(method: &str, key: &str, words: &mut Words) -> Vec<u8> {
    let target = words.next().expect("which path?");
    let mut headers = vec!["Host: example.test".to_owned()];
    if words.take("upgrade") {
        headers.extend(["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"].map(str::to_owned));
        headers.push(format!("Sec-WebSocket-Key: {key}"));
    }
    head(&format!("{method} {target} HTTP/1.1"), headers, words)
}

fn switching(key: &str, words: &mut Words) -> Vec<u8> {
    let accept = words.take_after("accept").unwrap_or_else(|| accept_of(key));
    let headers = ["Upgrade: websocket", "Connection: Upgrade"].map(str::to_owned);
    let accept = format!("Sec-WebSocket-Accept: {accept}");
    head("HTTP/1.1 101 Switching Protocols", headers.into_iter().chain([accept]).collect(), words)
}

/// `403 "body" with "Name: value"`
fn answer(status: &str, words: &mut Words) -> Vec<u8> {
    let mut left = words.clone();
    while left.take_after("with").or_else(|| left.take_after("without")).is_some() {}
    let body = left.next().unwrap_or_default();
    words.take(&body);
    let headers = vec![format!("Content-Length: {}", body.len()), "Content-Type: text/html".to_owned()];
    let mut bytes = head(&format!("HTTP/1.1 {status} Whatever"), headers, words);
    bytes.extend(body.bytes());
    bytes
}

fn head(first: &str, mut headers: Vec<String>, words: &mut Words) -> Vec<u8> {
    while let Some(name) = words.take_after("without") {
        headers.retain(|header| !header.starts_with(&format!("{name}:")));
    }
    while let Some(header) = words.take_after("with") {
        headers.push(header);
    }
    let lines: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
    format!("{first}\r\n{lines}\r\n").into_bytes()
}

fn frame(side: Side, kind: &str, words: &mut Words) -> Vec<u8> {
    let opcode = match kind {
        "continuation" => 0,
        "text" => 1,
        "binary" => 2,
        "close" => 8,
        "ping" => 9,
        "pong" => 10,
        _ => words.next().and_then(|opcode| opcode.parse().ok()).expect("which opcode?"),
    };
    let more = words.take("more");
    let rsv = [("rsv1", 0x40), ("rsv2", 0x20), ("rsv3", 0x10)];
    let rsv: u8 = rsv.iter().filter(|(word, _)| words.take(word)).map(|(_, bit)| bit).sum();
    let masked = (side == Side::Client && !words.take("unmasked")) || words.take("masked");
    let cut = words.take_number("cut");
    let body = if opcode == 8 { close_body(words) } else { message(words) };
    let mut bytes = vec![opcode | rsv | if more { 0 } else { 0x80 }];
    let mask_bit = if masked { 0x80 } else { 0 };
    match body.len() {
        len @ ..126 => bytes.push(mask_bit | u8::try_from(len).unwrap()),
        len @ 126..65536 => {
            bytes.push(mask_bit | 126);
            bytes.extend(u16::try_from(len).unwrap().to_be_bytes());
        }
        len => {
            bytes.push(mask_bit | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    if masked {
        bytes.extend(MASK);
        bytes.extend(body.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    } else {
        bytes.extend(body);
    }
    bytes.truncate(cut.map_or(usize::MAX, |cut| usize::try_from(cut).unwrap()));
    bytes
}

const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

fn close_body(words: &mut Words) -> Vec<u8> {
    match words.next().expect("which code?").as_str() {
        "empty" => Vec::new(),
        code => {
            let code: u16 = code.parse().expect("a close code");
            [code.to_be_bytes().as_slice(), words.next().unwrap_or_default().as_bytes()].concat()
        }
    }
}

/// So many bytes, or these.
fn message(words: &mut Words) -> Vec<u8> {
    let word = words.next().unwrap_or_default();
    match word.parse::<usize>() {
        Ok(len) => (b'a'..=b'z').cycle().take(len).collect(),
        Err(_) => word.into_bytes(),
    }
}

fn hex(digits: &str) -> Vec<u8> {
    let pair = |i: usize| u8::from_str_radix(&digits[i..i + 2], 16).expect("hex digits");
    (0..digits.len()).step_by(2).map(pair).collect()
}
