//! Sec-WebSocket-Key (RFC 6455 §4.1): 16 random bytes, sent as Base64.

use std::fmt;

use crate::wire::base64;

/// A key as sent, without what surrounds it. One that is as it should be is kept as its bytes: every open connection
/// has one.
#[derive(Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// 16 bytes, as they should be.
    Nonce([u8; 16]),
    /// Anything else.
    Odd(Box<str>),
}

impl Key {
    /// The key that was sent as `text`.
    pub fn new(text: &str) -> Self {
        let text = text.trim();
        let nonce = text.as_bytes().try_into().ok().and_then(base64::decode);
        nonce.map_or_else(|| Self::Odd(text.into()), Self::Nonce)
    }

    /// Gives the text to `read`.
    pub fn with_text<T>(&self, read: impl FnOnce(&[u8]) -> T) -> T {
        match self {
            Self::Odd(text) => read(text.as_bytes()),
            Self::Nonce(nonce) => read(&base64::encode::<16, 24>(nonce)),
        }
    }
}

/// Whoever knows a key can answer in the server's name: it is never printed.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if matches!(self, Self::Nonce(_)) { "Nonce(***)" } else { "Odd(***)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_gives_back_the_text_that_made_it() {
        for text in ["dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZR==", "dGhlIHNhbXBsZSBub25jZQ", "", "x"] {
            let key = Key::new(&format!(" {text}\t"));
            key.with_text(|same| assert_eq!(same, text.as_bytes()));
            assert_eq!(matches!(key, Key::Nonce(_)), text == "dGhlIHNhbXBsZSBub25jZQ==", "{text}");
        }
    }
}
