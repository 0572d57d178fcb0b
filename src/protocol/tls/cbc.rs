//! AES-CBC with a MAC, as TLS 1.0 to 1.2 use it, the MAC under the encryption (RFC 5246 §6.2.3.2) or over it (RFC 7366).

use aws_lc_rs::cipher::{AES_128, AES_256, DecryptingKey, DecryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;

use super::opener::Opened;
use super::schedule::hmac_key;
use crate::wire::tls::{Hash, RecordHeader};

/// Length of an AES block.
const BLOCK: usize = 16;

/// Keys of one direction.
pub(super) struct Cbc {
    key: DecryptingKey,
    mac: hmac::Key,
    mac_len: usize,
    /// TLS 1.0: the block that the next record is chained to. None where each record brings its IV.
    chained: Option<[u8; BLOCK]>,
    encrypt_then_mac: bool,
}

impl std::fmt::Debug for Cbc {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cbc").field("encrypt_then_mac", &self.encrypt_then_mac).finish_non_exhaustive()
    }
}

impl Cbc {
    /// `chained` is the first IV in TLS 1.0.
    pub(super) fn new(
        key: &[u8],
        hash: Hash,
        mac: &[u8],
        chained: Option<[u8; BLOCK]>,
        encrypt_then_mac: bool,
    ) -> Option<Self> {
        let algorithm = if key.len() == 16 { &AES_128 } else { &AES_256 };
        let key = DecryptingKey::cbc(UnboundCipherKey::new(algorithm, key).ok()?).ok()?;
        Some(Self { key, mac: hmac_key(hash, mac), mac_len: hash.output_len(), chained, encrypt_then_mac })
    }

    /// Opens the record with sequence number `seq` into `out`. None if its MAC is wrong.
    pub(super) fn open(&self, seq: u64, header: RecordHeader, body: &[u8], out: &mut Vec<u8>) -> Option<Opened> {
        let (sealed, mac) = if self.encrypt_then_mac {
            body.split_at_checked(body.len().checked_sub(self.mac_len)?)?
        } else {
            (body, &[][..])
        };
        // RFC 7366 §3: over the IV and the ciphertext, with the length they have together.
        if self.encrypt_then_mac && !self.verifies(seq, header, sealed, mac) {
            return None;
        }
        let (iv, ciphertext) = match self.chained {
            Some(chained) => (chained, sealed),
            None => sealed.split_first_chunk().map(|(iv, rest)| (*iv, rest))?,
        };
        if ciphertext.is_empty() || !ciphertext.len().is_multiple_of(BLOCK) {
            return None;
        }
        if out.len() < ciphertext.len() {
            out.resize(ciphertext.len(), 0);
        }
        let plain = out.get_mut(..ciphertext.len())?;
        plain.copy_from_slice(ciphertext);
        let plain = self.key.decrypt(plain, DecryptionContext::Iv128(iv.into())).ok()?;
        let content = unpad(plain)?;
        if self.encrypt_then_mac {
            return Some(Opened { content_type: header.content_type, len: content.len() });
        }
        let (content, mac) = content.split_at_checked(content.len().checked_sub(self.mac_len)?)?;
        let len = content.len();
        self.verifies(seq, header, content, mac).then_some(Opened { content_type: header.content_type, len })
    }

    /// The next record of TLS 1.0 is chained to the last block of this one.
    pub(super) fn pass(&mut self, body: &[u8]) {
        let sealed =
            if self.encrypt_then_mac { body.get(..body.len().saturating_sub(self.mac_len)) } else { Some(body) };
        if let (Some(chained), Some(last)) = (&mut self.chained, sealed.and_then(|sealed| sealed.last_chunk())) {
            *chained = *last;
        }
    }

    /// RFC 5246 §6.2.3.1: the MAC covers the number, the header and the bytes.
    fn verifies(&self, seq: u64, header: RecordHeader, bytes: &[u8], mac: &[u8]) -> bool {
        let Ok(len) = u16::try_from(bytes.len()) else { return false };
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(&seq.to_be_bytes());
        context.update(&RecordHeader { len, ..header }.bytes());
        context.update(bytes);
        context.sign().as_ref() == mac
    }
}

/// RFC 5246 §6.2.3.2: the last byte says how many padding bytes stand before it; each has its value.
fn unpad(plain: &[u8]) -> Option<&[u8]> {
    let padding = *plain.last()?;
    let (content, pad) = plain.split_at_checked(plain.len().checked_sub(usize::from(padding) + 1)?)?;
    pad.iter().all(|byte| *byte == padding).then_some(content)
}
