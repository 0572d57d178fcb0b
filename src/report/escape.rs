//! JSON that is safe to look at.
//!
//! serde_json escapes what RFC 8259 demands and writes the rest raw: C1 controls and bidirectional overrides out of a
//! Close reason would reach the terminal of whoever looks at the file. Here they are written as `\u…`, which every
//! reader of JSON takes for the same characters.

use std::io;

use serde::Serialize;
use serde_json::ser::{Formatter, Serializer};

use super::clean::is_unsafe;

/// Writes `value` as compact JSON.
pub(super) fn write_json(writer: &mut Vec<u8>, value: &impl Serialize) -> io::Result<()> {
    Ok(value.serialize(&mut Serializer::with_formatter(writer, Visible))?)
}

struct Visible;

impl Formatter for Visible {
    #[inline]
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // The fold, unlike `any`, is done many bytes at a time; nearly every fragment is plain.
        if fragment.bytes().fold(true, |plain, byte| plain & (byte < 0x7f)) {
            writer.write_all(fragment.as_bytes())
        } else {
            write_visible(writer, fragment)
        }
    }
}

#[cold]
fn write_visible<W: ?Sized + io::Write>(writer: &mut W, fragment: &str) -> io::Result<()> {
    let mut rest = fragment;
    while let Some((at, c)) = rest.char_indices().find(|(_, c)| is_unsafe(*c)) {
        let (before, after) = rest.split_at(at);
        writer.write_all(before.as_bytes())?;
        for unit in c.encode_utf16(&mut [0; 2]) {
            write!(writer, "\\u{unit:04x}")?;
        }
        rest = after.get(c.len_utf8()..).unwrap_or_default();
    }
    writer.write_all(rest.as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn json(text: &str) -> String {
        let mut out = Vec::new();
        write_json(&mut out, &text).unwrap();
        String::from_utf8(out).unwrap()
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
