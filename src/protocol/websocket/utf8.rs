//! UTF-8 checked piece by piece (RFC 6455 §8.1): a character may be split between fragments and segments.

use crate::wire::websocket::{unmask, unmask_start};

/// What the library takes at a time; what is less it checks byte by byte, which takes several times as long.
const BLOCK: usize = 64;

/// A whole payload, masked or not, is UTF-8.
#[inline]
pub(super) fn is_text(payload: &[u8], masking_key: Option<[u8; 4]>) -> bool {
    const COPIED: usize = 8 * BLOCK;
    match masking_key {
        None if payload.len() >= BLOCK => simdutf8::basic::from_utf8(payload).is_ok(),
        Some(key) if payload.len() > COPIED => {
            let mut utf8 = Utf8::default();
            let mut valid = true;
            for_each_unmasked(payload, key, 0, |plain| valid = valid && utf8.push(plain));
            valid && utf8.is_whole()
        }
        key => {
            let mut plain = [0; COPIED];
            // Whole blocks: with zeros behind it a text is as good as alone, and a character that was cut off as bad.
            let len = unmask_start(payload, key.unwrap_or_default(), &mut plain).len();
            simdutf8::basic::from_utf8(plain.get(..len.next_multiple_of(BLOCK)).unwrap_or_default()).is_ok()
        }
    }
}

/// Unmasks a copy of a payload, of which `offset` bytes came before, piece by piece.
pub(super) fn for_each_unmasked(payload: &[u8], key: [u8; 4], mut offset: u64, mut read: impl FnMut(&[u8])) {
    let mut block = [0; 512];
    for piece in payload.chunks(block.len()) {
        let Some(plain) = block.get_mut(..piece.len()) else { return };
        plain.copy_from_slice(piece);
        unmask(plain, key, offset);
        offset += piece.len() as u64;
        read(plain);
    }
}

/// Remembers the start of a character that is not yet whole.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Utf8 {
    head: [u8; 4],
    len: u8,
}

impl Utf8 {
    /// Takes the next bytes; false once they cannot be UTF-8 whatever follows.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> bool {
        while self.len > 0 {
            let Some((byte, rest)) = bytes.split_first() else { return true };
            let len = usize::from(self.len);
            let Some(slot) = self.head.get_mut(len) else { return false };
            *slot = *byte;
            self.len += 1;
            bytes = rest;
            let head = self.head;
            match std::str::from_utf8(head.get(..=len).unwrap_or_default()) {
                Ok(_) => self.len = 0,
                Err(error) if error.error_len().is_some() => return false,
                Err(_) => {}
            }
        }
        let (whole, cut) = split_cut(bytes);
        let cut_may_go_on = std::str::from_utf8(cut).err().is_none_or(|error| error.error_len().is_none());
        for (slot, byte) in self.head.iter_mut().zip(cut) {
            *slot = *byte;
        }
        self.len = u8::try_from(cut.len()).unwrap_or(0);
        cut_may_go_on && is_text(whole, None)
    }

    /// No character is left unfinished.
    pub(super) fn is_whole(self) -> bool {
        self.len == 0
    }
}

/// Takes off the character at the end that is not whole, if there is one.
fn split_cut(bytes: &[u8]) -> (&[u8], &[u8]) {
    const LONGEST: usize = 4;
    let head = bytes.iter().rev().take(LONGEST - 1).position(|byte| *byte >= 0xC0).map_or(0, |behind| behind + 1);
    let (whole, last) = bytes.split_at(bytes.len() - head);
    let announced = last.first().map_or(0, |head| head.leading_ones() as usize);
    if last.len() < announced { (whole, last) } else { (bytes, &[]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], cut: usize) -> bool {
        let mut utf8 = Utf8::default();
        let (a, b) = bytes.split_at(cut);
        utf8.push(a) && utf8.push(b) && utf8.is_whole()
    }

    #[test]
    fn whole_texts_are_judged_as_the_standard_library_does() {
        let key = [0x81, 0x00, 0xFF, 0x42];
        let masked =
            |text: &[u8]| text.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key).collect::<Vec<_>>();
        for len in [0, 1, 62, 63, 64, 65, 127, 128, 510, 511, 512, 513, 1100] {
            for end in
                [&b""[..], b"\0", "ñ".as_bytes(), "😀".as_bytes(), b"\xf0\x9f\x98", b"\xc3", b"\x80", b"\xed\xa0\x80"]
            {
                let text = [&b"x".repeat(len), end].concat();
                let valid = std::str::from_utf8(&text).is_ok();
                assert_eq!(is_text(&text, None), valid, "{len} and {end:?}");
                assert_eq!(is_text(&masked(&text), Some(key)), valid, "{len} and {end:?}, masked");
            }
        }
    }

    #[test]
    fn the_verdict_does_not_depend_on_the_cut() {
        let samples: [&[u8]; 6] =
            ["añ→😀z".as_bytes(), b"ok", b"\xff", b"a\xc0\xafb", b"\xed\xa0\x80", b"\xf0\x9f\x98"];
        for bytes in samples {
            for cut in 0..=bytes.len() {
                assert_eq!(check(bytes, cut), std::str::from_utf8(bytes).is_ok(), "{bytes:?} cut at {cut}");
            }
        }
    }
}
