//! Base64 of keys and digests (RFC 4648 §4), whose lengths are known: no allocation for any of them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// `bytes` as text.
pub fn encode<const BYTES: usize, const TEXT: usize>(bytes: &[u8; BYTES]) -> [u8; TEXT] {
    const { assert!(TEXT == BYTES.div_ceil(3) * 4, "three bytes are four characters") }
    let mut text = [0; TEXT];
    // It fits by arithmetic.
    let _ = STANDARD.encode_slice(bytes, &mut text);
    text
}

/// The 16 bytes that are written so; None if 16 bytes are not.
pub fn decode(text: &[u8; 24]) -> Option<[u8; 16]> {
    let mut bytes = [0; 18]; // as much as the library wants for 24 characters
    let len = STANDARD.decode_slice(text, &mut bytes).ok()?;
    bytes.first_chunk().copied().filter(|_| len == 16)
}
