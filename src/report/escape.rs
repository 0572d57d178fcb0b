//! JSON strings that are safe to look at.
//!
//! RFC 8259 lets C1 controls and bidirectional overrides stand as they are: out of a Close reason they would reach the
//! terminal of whoever looks at the file. Here they are written as `\u…`, which every reader of JSON takes for the same
//! characters.

use std::io::Write;

use super::clean::is_unsafe;

/// Appends `text` as the inside of a JSON string.
#[inline]
pub(super) fn push_escaped(out: &mut Vec<u8>, text: &str) {
    // Nearly every text is plain.
    if all_plain(text.as_bytes()) {
        out.extend_from_slice(text.as_bytes());
    } else {
        push_special(out, text);
    }
}

/// `text` as the inside of a JSON string.
pub(super) fn escaped(text: &str) -> String {
    let mut out = Vec::new();
    push_escaped(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

/// 16 bytes at a time, the last of them twice if need be; fewer than that in two overlapping halves.
fn all_plain(text: &[u8]) -> bool {
    if let Some(last) = text.last_chunk::<16>() {
        return text.as_chunks().0.iter().all(are_plain::<16>) && are_plain(last);
    }
    match (text.first_chunk::<8>(), text.last_chunk::<8>()) {
        (Some(first), Some(last)) => are_plain(first) && are_plain(last),
        _ => text.iter().all(|byte| is_plain(*byte)),
    }
}

/// All are looked at, unlike with `all`, which makes a few vector instructions of it.
fn are_plain<const N: usize>(bytes: &[u8; N]) -> bool {
    bytes.map(|byte| u8::from(!is_plain(byte))) == [0; N]
}

/// Printable ASCII that means nothing in a JSON string.
fn is_plain(byte: u8) -> bool {
    (b' '..0x7f).contains(&byte) & (byte != b'"') & (byte != b'\\')
}

fn push_special(out: &mut Vec<u8>, text: &str) {
    let mut rest = text;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| matches!(c, '"' | '\\') || is_unsafe(*c)) {
        let (before, after) = rest.split_at(at);
        out.extend_from_slice(before.as_bytes());
        push_escape(out, c);
        rest = after.get(c.len_utf8()..).unwrap_or_default();
    }
    out.extend_from_slice(rest.as_bytes());
}

fn push_escape(out: &mut Vec<u8>, c: char) {
    let short: &[u8] = match c {
        '"' => b"\\\"",
        '\\' => b"\\\\",
        '\u{8}' => b"\\b",
        '\u{c}' => b"\\f",
        '\n' => b"\\n",
        '\r' => b"\\r",
        '\t' => b"\\t",
        _ => {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to memory does not fail.
                let _ = write!(out, "\\u{unit:04x}");
            }
            return;
        }
    };
    out.extend_from_slice(short);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::encode::Encoded;
    use proptest::prelude::*;

    fn json(text: &str) -> String {
        String::from_utf8(Encoded::of(text).as_bytes().to_vec()).unwrap()
    }

    #[test]
    fn what_a_terminal_obeys_is_escaped() {
        assert_eq!(json("a\u{202e}b\u{9b}c\x7f\x1b\"é日"), r#""a\u202eb\u009bc\u007f\u001b\"é日""#);
        assert_eq!(json("\u{e0041}"), r#""\udb40\udc41""#);
    }

    proptest! {
        #[test]
        fn every_text_comes_back_as_it_was(text in "(?s:.*)") {
            let json = json(&text);
            prop_assert!(!json.chars().any(is_unsafe));
            prop_assert_eq!(serde_json::from_str::<String>(&json).unwrap(), text);
        }
    }
}
