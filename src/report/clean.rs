//! Network text made safe for a terminal.
//!
//! Given any text, gives it with everything that a terminal obeys or hides replaced by a visible escape: control
//! characters, bidirectional overrides, zero-width characters, line separators. What remains is only printed, never
//! obeyed. Cleaning twice changes nothing.

use std::borrow::Cow;
use std::fmt::Write;

/// The text with every unsafe character written as `\n`, `\x1b` or `\u{202e}`.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        push_escaped(&mut out, c);
    }
    Cow::Owned(out)
}

/// The same, cut where more than `chars` characters would be written: `… (+9876 B)` says how much is left out.
pub fn clean_bounded(text: &str, chars: usize) -> Cow<'_, str> {
    // No more characters than bytes, and an escape takes up to 10 of them.
    if text.len() <= chars / 10 || (text.len() <= chars && !text.chars().any(is_unsafe)) {
        return clean(text);
    }
    let mut out = String::with_capacity(chars + 24);
    let mut left = chars;
    for (at, c) in text.char_indices() {
        let before = out.len();
        push_escaped(&mut out, c);
        let written = out.get(before..).map_or(0, |piece| piece.chars().count());
        if written > left {
            out.truncate(before);
            let _ = write!(out, "… (+{} B)", text.len() - at);
            break;
        }
        left -= written;
    }
    Cow::Owned(out)
}

/// A terminal obeys or hides it, or shows what follows in another order.
pub fn is_unsafe(c: char) -> bool {
    match c {
        ' '..='~' => false,
        // C0, DEL and C1: U+009B is CSI, U+009D is OSC.
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' => true,
        // Soft hyphen, combining grapheme joiner, Arabic letter mark, Hangul fillers, Mongolian vowel separator.
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}' => true,
        // Zero width, line and paragraph separators, bidirectional controls and isolates, invisible operators.
        '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => true,
        // Hangul filler, byte order mark, halfwidth filler, interlinear annotation.
        '\u{3164}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' => true,
        // Tags and variation selectors supplement.
        '\u{e0000}'..='\u{e0fff}' => true,
        _ => false,
    }
}

fn push_escaped(out: &mut String, c: char) {
    let _ = match c {
        c if !is_unsafe(c) => {
            out.push(c);
            Ok(())
        }
        '\n' => out.write_str("\\n"),
        '\r' => out.write_str("\\r"),
        '\t' => out.write_str("\\t"),
        c if u32::from(c) < 0x100 => write!(out, "\\x{:02x}", u32::from(c)),
        c => write!(out, "\\u{{{:x}}}", u32::from(c)),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn controls_become_visible() {
        assert_eq!(clean("\x1b]0;owned\x07"), "\\x1b]0;owned\\x07");
        assert_eq!(clean("a\u{9b}31mb\u{202e}c\r\n\0"), "a\\x9b31mb\\u{202e}c\\r\\n\\x00");
        assert_eq!(clean("zero\u{200b}width\u{feff}\u{2028}"), "zero\\u{200b}width\\u{feff}\\u{2028}");
    }

    #[test]
    fn ordinary_text_of_any_language_is_untouched() {
        for text in
            ["server: going away", "サーバー停止", "Сервер остановлен", "tạm biệt", "fermé à 20 h", "\u{fffd}", "👋"]
        {
            assert!(matches!(clean(text), Cow::Borrowed(_)), "{text}");
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        assert_eq!(clean_bounded(&"x".repeat(10_000), 5), "xxxxx… (+9995 B)");
        assert_eq!(clean_bounded("abc", 3), "abc");
        assert_eq!(clean_bounded("ab\x1b", 5), "ab… (+1 B)");
        assert_eq!(clean_bounded("日本語", 2), "日本… (+3 B)");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_is_left_and_twice_is_once(text in "\\PC*|(?s:.*)", chars in 0usize..40) {
            let once = clean(&text).into_owned();
            prop_assert!(!once.chars().any(is_unsafe));
            prop_assert_eq!(clean(&once), once.as_str());
            let bounded = clean_bounded(&text, chars).into_owned();
            prop_assert!(!bounded.chars().any(is_unsafe));
            prop_assert!(bounded.chars().count() <= chars + 30);
        }
    }
}
