//! The other side of the machine, for tests: hellos as bytes, and records sealed as an endpoint seals them.

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::cipher::{AES_128, AES_256, EncryptingKey, EncryptionContext, UnboundCipherKey};
use aws_lc_rs::hmac;
use ccm::aead::{AeadInOut, KeyInit};
use ccm::consts::{U8, U12, U16};

use crate::protocol::tls::keys::Secret;
use crate::protocol::tls::schedule::{expand_label, hmac_key, key_block};
use crate::wire::tls::{Aead, Bulk, CipherSuite, Version};

/// Seals the records of one direction.
pub(super) struct Sealer {
    version: Version,
    suite: CipherSuite,
    key: Vec<u8>,
    iv: Vec<u8>,
    mac: Vec<u8>,
    encrypt_then_mac: bool,
    pub seq: u64,
    /// Zeros after the content type (TLS 1.3).
    pub padding: usize,
}

impl Sealer {
    pub(super) fn tls13(suite: u16, secret: &[u8]) -> Self {
        let suite = CipherSuite(suite);
        let protection = suite.protection().unwrap();
        let Bulk::Aead(aead) = protection.bulk else { panic!("TLS 1.3 has AEADs only") };
        let secret = Secret::new(secret).unwrap();
        let key = expand_label::<32>(protection.hash, &secret, "key");
        let key = if aead.key_len() == 16 {
            expand_label::<16>(protection.hash, &secret, "key").to_vec()
        } else {
            key.to_vec()
        };
        let iv = expand_label::<12>(protection.hash, &secret, "iv").to_vec();
        Self { version: Version::TLS_1_3, suite, key, iv, mac: vec![], encrypt_then_mac: false, seq: 0, padding: 0 }
    }

    pub(super) fn legacy(hello: &Legacy, from_client: bool) -> Self {
        let suite = CipherSuite(hello.suite);
        let protection = suite.protection().unwrap();
        let master = Secret::new(&hello.master).unwrap();
        let block = key_block(hello.version, protection.hash, &master, &[0x5E; 32], &hello.client_random);
        let (mac_len, key_len, iv_len) = match protection.bulk {
            Bulk::Aead(aead) => (0, aead.key_len(), 12 - aead.explicit_nonce_len()),
            Bulk::AesCbc { key_len, mac } => (mac.output_len(), key_len, 16),
        };
        let mut rest = &block[..];
        let mut take = |len: usize| {
            let (both, after) = rest.split_at(2 * len);
            rest = after;
            let (client, server) = both.split_at(len);
            if from_client { client.to_vec() } else { server.to_vec() }
        };
        let (mac, key, iv) = (take(mac_len), take(key_len), take(iv_len));
        let encrypt_then_mac = hello.encrypt_then_mac;
        Self { version: hello.version, suite, key, iv, mac, encrypt_then_mac, seq: 0, padding: 0 }
    }

    /// One whole record.
    pub(super) fn seal(&mut self, kind: u8, content: &[u8]) -> Vec<u8> {
        let protection = self.suite.protection().unwrap();
        let body = match protection.bulk {
            Bulk::Aead(aead) if self.version == Version::TLS_1_3 => {
                let mut inner = [content, &[kind]].concat();
                inner.resize(inner.len() + self.padding, 0);
                let header = record(23, &vec![0; inner.len() + aead.tag_len()]);
                self.aead(aead, self.mixed(), &header[..5], inner)
            }
            Bulk::Aead(aead) => {
                let covered = self.covered(kind, content.len());
                let explicit = if aead.explicit_nonce_len() > 0 { self.seq.to_be_bytes().to_vec() } else { vec![] };
                let nonce = if explicit.is_empty() { self.mixed() } else { [&self.iv[..4], &explicit].concat() };
                [explicit, self.aead(aead, nonce, &covered, content.to_vec())].concat()
            }
            Bulk::AesCbc { mac, .. } => self.cbc(hmac_key(mac, &self.mac), kind, content),
        };
        self.seq += 1;
        record(if self.version == Version::TLS_1_3 { 23 } else { kind }, &body)
    }

    fn mixed(&self) -> Vec<u8> {
        let number = [[0; 4].as_slice(), &self.seq.to_be_bytes()].concat();
        self.iv.iter().zip(number).map(|(iv, number)| iv ^ number).collect()
    }

    fn covered(&self, kind: u8, len: usize) -> Vec<u8> {
        [&self.seq.to_be_bytes()[..], &record(kind, &vec![0; len])[..5]].concat()
    }

    fn aead(&self, aead: Aead, nonce: Vec<u8>, covered: &[u8], mut content: Vec<u8>) -> Vec<u8> {
        let nonce: [u8; 12] = nonce.try_into().unwrap();
        let algorithm = match aead {
            Aead::Aes128Gcm => &AES_128_GCM,
            Aead::Aes256Gcm => &AES_256_GCM,
            Aead::ChaCha20Poly1305 => &CHACHA20_POLY1305,
            Aead::Aes128Ccm => return ccm::<ccm::Ccm<aes::Aes128, U16, U12>>(&self.key, nonce, covered, content),
            Aead::Aes256Ccm => return ccm::<ccm::Ccm<aes::Aes256, U16, U12>>(&self.key, nonce, covered, content),
            Aead::Aes128Ccm8 => return ccm::<ccm::Ccm<aes::Aes128, U8, U12>>(&self.key, nonce, covered, content),
            Aead::Aes256Ccm8 => return ccm::<ccm::Ccm<aes::Aes256, U8, U12>>(&self.key, nonce, covered, content),
        };
        let key = LessSafeKey::new(UnboundKey::new(algorithm, &self.key).unwrap());
        let nonce = Nonce::assume_unique_for_key(nonce);
        key.seal_in_place_append_tag(nonce, Aad::from(covered), &mut content).unwrap();
        content
    }

    fn cbc(&mut self, mac: hmac::Key, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut inside = content.to_vec();
        if !self.encrypt_then_mac {
            let covered = [&self.covered(kind, content.len()), content].concat();
            inside.extend_from_slice(hmac::sign(&mac, &covered).as_ref());
        }
        let padding = 15 - inside.len() % 16;
        inside.resize(inside.len() + padding + 1, u8::try_from(padding).unwrap());
        let explicit = self.version >= Version::TLS_1_1;
        let iv: [u8; 16] =
            if explicit { [0x77 ^ self.seq.to_be_bytes()[7]; 16] } else { self.iv.clone().try_into().unwrap() };
        let algorithm = if self.key.len() == 16 { &AES_128 } else { &AES_256 };
        let key = EncryptingKey::cbc(UnboundCipherKey::new(algorithm, &self.key).unwrap()).unwrap();
        key.less_safe_encrypt(&mut inside, EncryptionContext::Iv128((&iv).into())).unwrap();
        self.iv = inside[inside.len() - 16..].to_vec();
        let mut body = if explicit { [&iv[..], &inside].concat() } else { inside };
        if self.encrypt_then_mac {
            let covered = [&self.covered(kind, body.len())[..], &body].concat();
            body.extend_from_slice(hmac::sign(&mac, &covered).as_ref());
        }
        body
    }
}

fn ccm<C: AeadInOut<NonceSize = U12> + KeyInit>(
    key: &[u8],
    nonce: [u8; 12],
    covered: &[u8],
    mut content: Vec<u8>,
) -> Vec<u8> {
    let key = C::new_from_slice(key).unwrap();
    let tag = key.encrypt_inout_detached(&nonce.into(), covered, content.as_mut_slice().into()).unwrap();
    content.extend_from_slice(&tag);
    content
}

/// What a session up to TLS 1.2 agrees on; the server's random is always the same.
pub(super) struct Legacy {
    pub version: Version,
    pub suite: u16,
    pub encrypt_then_mac: bool,
    pub master: [u8; 48],
    pub client_random: [u8; 32],
}

/// A record in the clear, or a sealed body with its header.
pub(super) fn record(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind, 3, 3], &u16::try_from(body.len()).unwrap().to_be_bytes()[..], body].concat()
}

/// A handshake message.
pub(super) fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    [&[kind], &u32::try_from(body.len()).unwrap().to_be_bytes()[1..], body].concat()
}

fn extension(kind: u16, body: &[u8]) -> Vec<u8> {
    [&kind.to_be_bytes()[..], &u16::try_from(body.len()).unwrap().to_be_bytes(), body].concat()
}

fn extensions(list: &[Vec<u8>]) -> Vec<u8> {
    let list = list.concat();
    [&u16::try_from(list.len()).unwrap().to_be_bytes()[..], &list].concat()
}

/// A ClientHello record: SNI `ws.example`, ALPN http/1.1, and TLS 1.3 where `tls13`.
pub(super) fn client_hello(random: [u8; 32], tls13: bool, early_data: bool) -> Vec<u8> {
    let mut list = vec![extension(0, b"\0\x0d\0\0\x0aws.example"), extension(16, b"\0\x09\x08http/1.1")];
    if tls13 {
        list.push(extension(43, &[2, 3, 4]));
        list.push(extension(51, &[0, 0]));
    }
    if early_data {
        list.push(extension(42, &[]));
        list.push(extension(41, &[0, 0]));
    }
    let body =
        [&[3, 3], &random[..], &[2, 0xAA, 0xBB], &[0, 4, 0x13, 1, 0xC0, 0x2F], &[1, 0], &extensions(&list)].concat();
    record(22, &message(1, &body))
}

/// A ServerHello record.
pub(super) fn server_hello(
    suite: u16,
    version: Version,
    encrypt_then_mac: bool,
    resumed: bool,
    random: [u8; 32],
) -> Vec<u8> {
    let mut list = Vec::new();
    if version == Version::TLS_1_3 {
        list.push(extension(43, &[3, 4]));
    }
    if resumed {
        list.push(extension(41, &[0, 0]));
    }
    if encrypt_then_mac {
        list.push(extension(22, &[]));
    }
    let legacy = version.min(Version::TLS_1_2).0.to_be_bytes();
    let body = [&legacy, &random[..], &[1, 0xCC], &suite.to_be_bytes(), &[0], &extensions(&list)].concat();
    record(22, &message(2, &body))
}

/// EncryptedExtensions with ALPN http/1.1.
pub(super) fn encrypted_extensions(early_data: bool) -> Vec<u8> {
    let mut list = vec![extension(16, b"\0\x09\x08http/1.1")];
    if early_data {
        list.push(extension(42, &[]));
    }
    message(8, &extensions(&list))
}
