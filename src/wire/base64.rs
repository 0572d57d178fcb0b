//! Base64 of keys and digests (RFC 4648 §4): so few bytes, and so well known how many, that no loop is left of it.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `bytes` as text.
pub fn encode<const BYTES: usize, const TEXT: usize>(bytes: &[u8; BYTES]) -> [u8; TEXT] {
    const { assert!(TEXT == BYTES.div_ceil(3) * 4, "three bytes are four characters") }
    let mut text = [b'='; TEXT];
    for (text, bytes) in text.as_chunks_mut::<4>().0.iter_mut().zip(bytes.chunks(3)) {
        let bits = (0..3).fold(0, |bits, at| bits << 8 | bytes.get(at).copied().map_or(0, usize::from));
        let digits = [18, 12, 6, 0].map(|shift| ALPHABET.get(bits >> shift & 63).copied().unwrap_or_default());
        // Behind the last bytes it is filled up.
        for (text, digit) in text.iter_mut().zip(digits).take(bytes.len() + 1) {
            *text = digit;
        }
    }
    text
}

/// The 16 bytes that are written so; None if 16 bytes are not.
pub fn decode(text: &[u8; 24]) -> Option<[u8; 16]> {
    let mut bytes = [0; 18];
    for (bytes, text) in bytes.as_chunks_mut::<3>().0.iter_mut().zip(text.as_chunks::<4>().0) {
        let bits = text.iter().fold(0, |bits, digit| bits << 6 | value(*digit));
        let [_, first, second, third] = bits.to_be_bytes();
        *bytes = [first, second, third];
    }
    // There is one way to write them (RFC 4648 §3.5): what is no Base64, or not that, does not come back.
    bytes.first_chunk().copied().filter(|bytes| encode(bytes) == *text)
}

/// What a character stands for; 0 if for nothing.
fn value(digit: u8) -> u32 {
    #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "at compile time")]
    const VALUES: [u8; 256] = {
        let (mut values, mut at) = ([0; 256], 0);
        while at < ALPHABET.len() {
            values[ALPHABET[at] as usize] = at as u8;
            at += 1;
        }
        values
    };
    VALUES.get(usize::from(digit)).copied().map_or(0, u32::from)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::base64::Engine;
    use ::base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_written_and_read_as_others_do(nonce: [u8; 16], digest: [u8; 20], at in 0_usize..24, other: u8) {
            let mut text = encode(&nonce);
            prop_assert_eq!(text.to_vec(), STANDARD.encode(nonce).into_bytes());
            prop_assert_eq!(encode::<20, 28>(&digest).to_vec(), STANDARD.encode(digest).into_bytes());
            prop_assert_eq!(decode(&text), Some(nonce));
            text[at] = other;
            prop_assert_eq!(decode(&text).map(Vec::from), STANDARD.decode(text).ok().filter(|bytes| bytes.len() == 16));
        }
    }
}
