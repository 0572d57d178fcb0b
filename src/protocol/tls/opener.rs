//! One direction's keys of one epoch: opens a protected record, given its sequence number.
//!
//! Given a record's header and body and where to put the plaintext, gives what it holds — if it authenticates, else
//! nothing. The body is left as it was, so that another key or another number may be tried on it.

use aes::{Aes128, Aes256};
use aws_lc_rs::aead::{self, Aad, LessSafeKey, Nonce, UnboundKey};
use ccm::Ccm;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U8, U12, U16};

use super::cbc::Cbc;
use super::keys::Secret;
use super::schedule::{expand_label, key_block};
use crate::wire::tls::{Aead, Bulk, ContentType, Protection, RecordHeader, Version};

/// What a record turned out to hold; the bytes are at the start of the buffer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Opened {
    /// What kind of content.
    pub content_type: ContentType,
    /// Its length.
    pub len: usize,
}

/// Opens records.
#[derive(Debug)]
pub(super) struct Opener(Kind);

#[derive(Debug)]
enum Kind {
    Aead(Box<SealedBy>),
    Cbc(Box<Cbc>),
}

struct SealedBy {
    key: Key,
    iv: [u8; 12],
    tag_len: usize,
    form: Form,
}

impl std::fmt::Debug for SealedBy {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SealedBy").field("form", &self.form).finish_non_exhaustive()
    }
}

impl Drop for SealedBy {
    fn drop(&mut self) {
        zeroize::Zeroize::zeroize(&mut self.iv);
    }
}

/// How the nonce is made and what is authenticated besides the content.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Form {
    /// TLS 1.3 (RFC 8446 §5.2, §5.3).
    Tls13,
    /// TLS 1.2: a salt, and 8 bytes before the ciphertext (RFC 5288 §3, RFC 6655 §3).
    Explicit,
    /// TLS 1.2, ChaCha20-Poly1305 (RFC 7905 §2).
    Derived,
}

// One `Key` lives in each box: its size is what the AEAD needs.
#[allow(clippy::large_enum_variant)]
enum Key {
    Fast(LessSafeKey),
    Aes128Ccm(Ccm<Aes128, U16, U12>),
    Aes256Ccm(Ccm<Aes256, U16, U12>),
    Aes128Ccm8(Ccm<Aes128, U8, U12>),
    Aes256Ccm8(Ccm<Aes256, U8, U12>),
}

impl Opener {
    /// From a traffic secret of TLS 1.3 (RFC 8446 §7.3).
    pub(super) fn tls13(protection: Protection, secret: &Secret) -> Option<Self> {
        let Protection { bulk: Bulk::Aead(aead), hash } = protection else { return None };
        // A secret is as long as the output of the suite's hash: one of another length belongs to another suite.
        if secret.as_bytes().len() != hash.output_len() {
            return None;
        }
        let iv = *expand_label::<12>(hash, secret, "iv");
        let key = match aead.key_len() {
            16 => Key::new(aead, expand_label::<16>(hash, secret, "key").as_slice()),
            _ => Key::new(aead, expand_label::<32>(hash, secret, "key").as_slice()),
        }?;
        Some(Self(Kind::Aead(Box::new(SealedBy { key, iv, tag_len: aead.tag_len(), form: Form::Tls13 }))))
    }

    /// From the master secret of TLS 1.2 or below: what the client sends, or the server (RFC 5246 §6.3).
    pub(super) fn legacy(agreed: &Legacy<'_>, from_client: bool) -> Option<Self> {
        let Protection { bulk, hash } = agreed.protection;
        let block = key_block(agreed.version, hash, agreed.master, agreed.server_random, agreed.client_random);
        let (mac_len, key_len, iv_len) = match bulk {
            Bulk::Aead(aead) => (0, aead.key_len(), 12 - aead.explicit_nonce_len()),
            Bulk::AesCbc { key_len, mac } => (mac.output_len(), key_len, 16),
        };
        // client MAC, server MAC, client key, server key, client IV, server IV
        let which = usize::from(!from_client);
        let part = |start: usize, len: usize| block.get(start + which * len..start + (which + 1) * len);
        let mac = part(0, mac_len)?;
        let key = part(2 * mac_len, key_len)?;
        let iv = part(2 * (mac_len + key_len), iv_len)?;
        Some(Self(match bulk {
            Bulk::Aead(aead) => {
                let mut whole = [0; 12];
                whole.get_mut(..iv.len())?.copy_from_slice(iv);
                let form = if aead.explicit_nonce_len() > 0 { Form::Explicit } else { Form::Derived };
                let key = Key::new(aead, key)?;
                Kind::Aead(Box::new(SealedBy { key, iv: whole, tag_len: aead.tag_len(), form }))
            }
            Bulk::AesCbc { mac: hash, .. } => {
                let iv = (agreed.version < Version::TLS_1_1).then(|| iv.try_into().ok()).flatten();
                Kind::Cbc(Box::new(Cbc::new(key, hash, mac, iv, agreed.encrypt_then_mac)?))
            }
        }))
    }

    /// Opens the record with sequence number `seq` into `out`. None if it does not authenticate.
    #[inline]
    pub(super) fn open(&self, seq: u64, header: RecordHeader, body: &[u8], out: &mut Vec<u8>) -> Option<Opened> {
        match &self.0 {
            Kind::Aead(sealed_by) => sealed_by.open(seq, header, body, out),
            Kind::Cbc(cbc) => cbc.open(seq, header, body, out),
        }
    }

    /// That record is over, opened or not: TLS 1.0 chains the next one to its last block.
    pub(super) fn pass(&mut self, body: &[u8]) {
        if let Kind::Cbc(cbc) = &mut self.0 {
            cbc.pass(body);
        }
    }

    /// Length of the content of a record that is missing from the capture, where its length tells (no padding assumed).
    pub(super) fn content_len(&self, body_len: usize) -> Option<u64> {
        let Kind::Aead(sealed_by) = &self.0 else { return None };
        u64::try_from(body_len.checked_sub(sealed_by.overhead())?).ok()
    }

    /// How much longer a body is than its content; None where this varies (CBC).
    pub(super) fn overhead(&self) -> Option<usize> {
        match &self.0 {
            Kind::Aead(sealed_by) => Some(sealed_by.overhead()),
            Kind::Cbc(_) => None,
        }
    }
}

/// What a session of TLS 1.2 or below agreed on.
pub(super) struct Legacy<'a> {
    pub version: Version,
    pub protection: Protection,
    pub encrypt_then_mac: bool,
    pub master: &'a Secret,
    pub client_random: &'a [u8; 32],
    pub server_random: &'a [u8; 32],
}

impl SealedBy {
    fn overhead(&self) -> usize {
        self.tag_len
            + match self.form {
                Form::Tls13 => 1,
                Form::Explicit => 8,
                Form::Derived => 0,
            }
    }

    #[inline]
    fn open(&self, seq: u64, header: RecordHeader, body: &[u8], out: &mut Vec<u8>) -> Option<Opened> {
        let (explicit, sealed) = body.split_at_checked(if self.form == Form::Explicit { 8 } else { 0 })?;
        let (content, tag) = sealed.split_at_checked(sealed.len().checked_sub(self.tag_len)?)?;
        // The buffer only grows: what lies beyond the content is of no meaning.
        if out.len() < content.len() {
            out.resize(content.len(), 0);
        }
        let plain = out.get_mut(..content.len())?;
        match self.form {
            Form::Tls13 => {
                self.key.open(self.mixed(seq), &header.bytes(), content, tag, plain)?;
                // RFC 8446 §5.2: content, its type, zeros. A record of zeros only is not one.
                let end = plain.iter().rposition(|byte| *byte != 0)?;
                Some(Opened { content_type: ContentType(*plain.get(end)?), len: end })
            }
            Form::Explicit | Form::Derived => {
                let nonce = if self.form == Form::Explicit { self.salted(explicit) } else { self.mixed(seq) };
                let mut covered = [0u8; 13];
                let len = u16::try_from(content.len()).ok()?;
                covered.get_mut(..8)?.copy_from_slice(&seq.to_be_bytes());
                covered.get_mut(8..)?.copy_from_slice(&RecordHeader { len, ..header }.bytes());
                self.key.open(nonce, &covered, content, tag, plain)?;
                Some(Opened { content_type: header.content_type, len: content.len() })
            }
        }
    }

    /// RFC 8446 §5.3, RFC 7905 §2: the number, padded to the left, over the IV.
    fn mixed(&self, seq: u64) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, seq) in nonce.iter_mut().skip(4).zip(seq.to_be_bytes()) {
            *byte ^= seq;
        }
        nonce
    }

    /// RFC 5288 §3: the salt, then what the record brings.
    fn salted(&self, explicit: &[u8]) -> [u8; 12] {
        let mut nonce = self.iv;
        for (byte, explicit) in nonce.iter_mut().skip(4).zip(explicit) {
            *byte = *explicit;
        }
        nonce
    }
}

impl Key {
    fn new(aead: Aead, key: &[u8]) -> Option<Self> {
        let fast = |algorithm| Some(Self::Fast(LessSafeKey::new(UnboundKey::new(algorithm, key).ok()?)));
        match aead {
            Aead::Aes128Gcm => fast(&aead::AES_128_GCM),
            Aead::Aes256Gcm => fast(&aead::AES_256_GCM),
            Aead::ChaCha20Poly1305 => fast(&aead::CHACHA20_POLY1305),
            Aead::Aes128Ccm => Ccm::new_from_slice(key).ok().map(Self::Aes128Ccm),
            Aead::Aes256Ccm => Ccm::new_from_slice(key).ok().map(Self::Aes256Ccm),
            Aead::Aes128Ccm8 => Ccm::new_from_slice(key).ok().map(Self::Aes128Ccm8),
            Aead::Aes256Ccm8 => Ccm::new_from_slice(key).ok().map(Self::Aes256Ccm8),
        }
    }

    #[inline]
    fn open(&self, nonce: [u8; 12], covered: &[u8], content: &[u8], tag: &[u8], plain: &mut [u8]) -> Option<()> {
        if let Self::Fast(key) = self {
            let nonce = Nonce::assume_unique_for_key(nonce);
            return key.open_separate_gather(nonce, Aad::from(covered), content, tag, plain).ok();
        }
        plain.copy_from_slice(content);
        match self {
            Self::Fast(_) => None,
            Self::Aes128Ccm(key) => open_ccm(key, nonce, covered, plain, tag),
            Self::Aes256Ccm(key) => open_ccm(key, nonce, covered, plain, tag),
            Self::Aes128Ccm8(key) => open_ccm(key, nonce, covered, plain, tag),
            Self::Aes256Ccm8(key) => open_ccm(key, nonce, covered, plain, tag),
        }
    }
}

fn open_ccm<C>(key: &C, nonce: [u8; 12], covered: &[u8], plain: &mut [u8], tag: &[u8]) -> Option<()>
where
    C: AeadInOut<NonceSize = U12>,
{
    let tag = tag.try_into().ok()?;
    key.decrypt_inout_detached(&nonce.into(), covered, plain.into(), tag).ok()
}
