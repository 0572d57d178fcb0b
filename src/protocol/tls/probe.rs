//! A quick look whether a sequence number can be right: one AES block instead of a whole record.

use aes::cipher::{BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256, Block};

use super::keys::Secret;
use super::schedule::expand_label;
use crate::wire::tls::{Aead, Bulk, Protection};

/// Length of a GCM tag, and of an AES block.
const BLOCK: usize = 16;

/// Decrypts the last byte of a TLS 1.3 record of an AES-GCM suite: its content type (RFC 8446 §5.2), or padding.
pub(super) struct Probe {
    key: Key,
    iv: [u8; 12],
}

enum Key {
    Aes128(Box<Aes128>),
    Aes256(Box<Aes256>),
}

impl Probe {
    /// For that suite and traffic secret, where it is `wanted` and the suite allows it.
    pub(super) fn when(wanted: bool, protection: Option<Protection>, secret: Option<&Secret>) -> Option<Self> {
        let (protection, secret) = (protection.filter(|_| wanted)?, secret?);
        let key = match gcm_key_len(protection)? {
            16 => Key::Aes128(Box::new(Aes128::new(&(*expand_label::<16>(protection.hash, secret, "key")).into()))),
            _ => Key::Aes256(Box::new(Aes256::new(&(*expand_label::<32>(protection.hash, secret, "key")).into()))),
        };
        Some(Self { key, iv: *expand_label::<12>(protection.hash, secret, "iv") })
    }

    /// With this number the record would end in a content type, or in padding: one wrong number in 64 does.
    pub(super) fn is_likely(&self, seq: u64, body: &[u8]) -> bool {
        let Some(at) = body.len().checked_sub(BLOCK + 1) else { return false };
        // NIST SP 800-38D §7.1: the first counter block goes to the tag, so content begins with number 2.
        let Ok(counter) = u32::try_from(at / BLOCK + 2) else { return false };
        let mut block = [0; BLOCK];
        let nonce = self.iv.iter().copied().chain(counter.to_be_bytes());
        block.iter_mut().zip(nonce).for_each(|(byte, nonce)| *byte = nonce);
        block.iter_mut().skip(4).zip(seq.to_be_bytes()).for_each(|(byte, seq)| *byte ^= seq);
        let mut block = Block::from(block);
        match &self.key {
            Key::Aes128(key) => key.encrypt_block(&mut block),
            Key::Aes256(key) => key.encrypt_block(&mut block),
        }
        let last = block.get(at % BLOCK).zip(body.get(at)).map(|(key, byte)| key ^ byte);
        matches!(last, Some(0 | 21..=23))
    }
}

/// The key length of the AES-GCM of a suite; None where it has none.
fn gcm_key_len(protection: Protection) -> Option<usize> {
    match protection.bulk {
        Bulk::Aead(aead @ (Aead::Aes128Gcm | Aead::Aes256Gcm)) => Some(aead.key_len()),
        _ => None,
    }
}
