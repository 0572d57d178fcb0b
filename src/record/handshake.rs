//! What is wrong with an opening handshake, rule by rule (RFC 6455 §4).
//!
//! Given the request and the answer as sent, gives the rules they break. A broken rule is a fact; whether the client
//! minded is told by what it did next.

use sha1::{Digest, Sha1};

use super::facts::Problem;
use crate::event::http::{Accept, Answer, Answered, Asked};
use crate::event::key::Key;
use crate::wire::base64;

/// RFC 6455 §1.3.
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// Sec-WebSocket-Accept for a key (RFC 6455 §4.2.2): 20 bytes as Base64.
fn accept_of(key: &Key) -> [u8; 28] {
    let digest = key.with_text(|key| Sha1::new().chain_update(key).chain_update(GUID).finalize());
    base64::encode::<20, 28>(&digest.into())
}

fn of_request(id: &'static str) -> Problem {
    Problem { id, found: None, expected: None, in_answer: false, fatal: true }
}

fn of_answer(id: &'static str) -> Problem {
    Problem { in_answer: true, ..of_request(id) }
}

/// Rules of RFC 6455 §4.1 that the request breaks.
pub(super) fn problems_of_request(asked: &Asked) -> Vec<Problem> {
    let mut found = Vec::new();
    if asked.http_version >= 20 {
        return found; // RFC 8441 §5 does without key, Upgrade and Connection
    }
    if !asked.upgrade {
        found.push(of_request("upgrade-missing"));
    }
    if !asked.connection_upgrade {
        found.push(of_request("connection-missing"));
    }
    if asked.http_version < 11 {
        found.push(Problem { found: Some("HTTP/1.0".into()), ..of_request("http-version") });
    }
    if &*asked.method != "GET" {
        found.push(Problem { found: Some(asked.method.as_ref().into()), ..of_request("method") });
    }
    match &asked.key {
        None => found.push(of_request("key-missing")),
        Some(Key::Odd(_)) => found.push(of_request("key-invalid")),
        Some(Key::Nonce(_)) => {}
    }
    match asked.version.as_deref() {
        Some("13") => {}
        None => found.push(of_request("version-missing")),
        Some(version) => found.push(Problem { found: Some(version.into()), ..of_request("version-unsupported") }),
    }
    found
}

/// Rules of RFC 6455 §4.1 (last part) and §4.2.2 that a 101 breaks. Other answers break none: they refuse.
pub(super) fn problems_of_answer(asked: Option<&Asked>, answer: &Answer) -> Vec<Problem> {
    let (mut found, answered) = (Vec::new(), &answer.head);
    if answered.status != 101 || answered.http_version >= 20 {
        return found;
    }
    if !answered.upgrade {
        found.push(of_answer("response-upgrade-missing"));
    }
    if !answered.connection_upgrade {
        found.push(of_answer("response-connection-missing"));
    }
    if answered.http_version < 11 {
        found.push(Problem { found: Some("HTTP/1.0".into()), fatal: false, ..of_answer("response-http-version") });
    }
    if let Some(asked) = asked {
        check_accept(asked, answer.accept.as_ref(), &mut found);
        check_subprotocol(asked, answered, &mut found);
        check_extensions(asked, answered, &mut found);
    }
    found
}

fn check_accept(asked: &Asked, accept: Option<&Accept>, found: &mut Vec<Problem>) {
    let Some(accept) = accept else {
        found.push(of_answer("accept-missing"));
        return;
    };
    let sent = match accept {
        Accept::Usual(text) => text,
        Accept::Odd(text) => text.trim().as_bytes(),
    };
    let expected = asked.key.as_ref().map(accept_of);
    if expected.is_none_or(|expected| sent != expected) {
        let text = |text: &[u8]| Some(String::from_utf8_lossy(text).into());
        let found_text = match accept {
            Accept::Usual(sent) => text(sent),
            Accept::Odd(sent) => Some(sent.clone()),
        };
        let expected = expected.and_then(|expected| text(&expected));
        found.push(Problem { found: found_text, expected, ..of_answer("accept-wrong") });
    }
}

fn check_subprotocol(asked: &Asked, answered: &Answered, found: &mut Vec<Problem>) {
    let expected = || Some(asked.subprotocols.join(", ").into());
    match &answered.subprotocol {
        // A bearer token among the offers was masked, so an answer that repeats it cannot be compared.
        Some(chosen) if !asked.subprotocols.iter().any(|name| name == chosen || name.contains("***")) => {
            let found_text = Some(chosen.as_ref().into());
            found.push(Problem { found: found_text, expected: expected(), ..of_answer("subprotocol-not-offered") });
        }
        // Legal, but some clients insist on one (Chromium fails the connection).
        None if !asked.subprotocols.is_empty() => {
            found.push(Problem { expected: expected(), fatal: false, ..of_answer("subprotocol-none") });
        }
        _ => {}
    }
}

fn check_extensions(asked: &Asked, answered: &Answered, found: &mut Vec<Problem>) {
    let offered = asked.extensions.as_deref().unwrap_or_default();
    let accepted = answered.extensions.as_deref().unwrap_or_default();
    if offered.is_empty() && accepted.is_empty() {
        return;
    }
    let expected = || Some(offered.into());
    let unoffered = names(accepted).find(|name| !names(offered).any(|other| other.eq_ignore_ascii_case(name)));
    if let Some(name) = unoffered {
        found.push(Problem { found: Some(name.into()), expected: expected(), ..of_answer("extension-not-offered") });
    } else if bad_window_bits(accepted) || window_bits_unoffered(offered, accepted) {
        found.push(Problem { found: Some(accepted.into()), expected: expected(), ..of_answer("extension-parameters") });
    } else if !offered.is_empty() && accepted.is_empty() {
        // Legal: the connection goes on without. Only a client that requires the extension minds (1010).
        found.push(Problem { expected: expected(), fatal: false, ..of_answer("extension-declined") });
    }
}

/// Names of the extensions in a list (RFC 6455 §9.1).
fn names(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').filter_map(|element| element.split(';').next()).map(str::trim).filter(|name| !name.is_empty())
}

/// Window bits are 8 to 15 (RFC 7692 §7.1.2).
fn bad_window_bits(accepted: &str) -> bool {
    let values = accepted.split([';', ',']).filter_map(|part| part.split_once('='));
    let mut bits = values.filter(|(name, _)| name.trim().ends_with("_max_window_bits"));
    bits.any(|(_, value)| !value.trim().trim_matches('"').parse().is_ok_and(|bits: u8| (8..=15).contains(&bits)))
}

/// A server may limit the client's window only where the client offered it (RFC 7692 §7.1.2.2).
fn window_bits_unoffered(offered: &str, accepted: &str) -> bool {
    accepted.contains("client_max_window_bits") && !offered.contains("client_max_window_bits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_of_the_rfc() {
        assert_eq!(accept_of(&Key::new("dGhlIHNhbXBsZSBub25jZQ==")), *b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn window_bits_must_be_sane_and_offered() {
        assert!(bad_window_bits("permessage-deflate; server_max_window_bits=7"));
        assert!(!bad_window_bits("permessage-deflate; server_max_window_bits=10; client_no_context_takeover"));
        assert!(window_bits_unoffered("permessage-deflate", "permessage-deflate; client_max_window_bits=10"));
    }
}
