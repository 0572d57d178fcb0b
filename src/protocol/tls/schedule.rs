//! From secrets to the keys of records: HKDF-Expand-Label of TLS 1.3, the PRF of TLS 1.2 and of TLS 1.0.

use aws_lc_rs::hmac;
use zeroize::Zeroizing;

use super::keys::Secret;
use crate::wire::tls::{Hash, Version};

/// Longest block of keys that a suite needs: two of MAC key (48), AES key (32) and IV (16) each.
const KEY_BLOCK_BYTES: usize = 2 * (48 + 32 + 16);

/// Bytes derived from a secret, wiped when dropped.
pub(super) type Derived<const N: usize> = Zeroizing<[u8; N]>;

/// HKDF-Expand-Label(secret, label, "", N) (RFC 8446 §7.1). All that records need fits into one block of the hash.
pub(super) fn expand_label<const N: usize>(hash: Hash, secret: &Secret, label: &str) -> Derived<N> {
    let key = hmac_key(hash, secret.as_bytes());
    let mut context = hmac::Context::with_key(&key);
    context.update(&u16::try_from(N).unwrap_or(0).to_be_bytes());
    context.update(&[u8::try_from("tls13 ".len() + label.len()).unwrap_or(0)]);
    context.update(b"tls13 ");
    context.update(label.as_bytes());
    // No context, and the counter of HKDF-Expand (RFC 5869 §2.3).
    context.update(&[0, 1]);
    let mut out = Zeroizing::new([0; N]);
    copy(context.sign().as_ref(), out.as_mut_slice());
    out
}

/// The traffic secret after a KeyUpdate (RFC 8446 §7.2).
pub(super) fn next_secret(hash: Hash, secret: &Secret) -> Option<Secret> {
    match hash {
        Hash::Sha384 => Secret::new(expand_label::<48>(hash, secret, "traffic upd").as_slice()),
        _ => Secret::new(expand_label::<32>(hash, secret, "traffic upd").as_slice()),
    }
}

/// The keys of both directions in TLS 1.2 and below (RFC 5246 §6.3).
pub(super) fn key_block(
    version: Version,
    hash: Hash,
    master: &Secret,
    server_random: &[u8; 32],
    client_random: &[u8; 32],
) -> Derived<KEY_BLOCK_BYTES> {
    let mut seed = [0u8; 13 + 64];
    for (place, byte) in seed.iter_mut().zip(b"key expansion".iter().chain(server_random).chain(client_random)) {
        *place = *byte;
    }
    let mut block = Zeroizing::new([0; KEY_BLOCK_BYTES]);
    if version >= Version::TLS_1_2 {
        let key = hmac_key(hash, master.as_bytes());
        p_hash(|parts| tag(&key, parts), &seed, block.as_mut_slice());
    } else {
        // RFC 2246 §5: P_MD5 of the secret's first half, P_SHA-1 of its second, one over the other.
        let (first, second) = master.as_bytes().split_at(master.as_bytes().len().div_ceil(2));
        let key = hmac_key(Hash::Sha1, second);
        let mut other = Zeroizing::new([0; KEY_BLOCK_BYTES]);
        p_hash(|parts| tag(&key, parts), &seed, block.as_mut_slice());
        p_hash(|parts| Tag::new(&hmac_md5(first, parts)), &seed, other.as_mut_slice());
        for (byte, other) in block.iter_mut().zip(other.iter()) {
            *byte ^= other;
        }
    }
    block
}

/// P_hash (RFC 5246 §5).
fn p_hash(hmac: impl Fn(&[&[u8]]) -> Tag, seed: &[u8], out: &mut [u8]) {
    let mut a = hmac(&[seed]);
    let mut rest = out;
    while !rest.is_empty() {
        let block = hmac(&[a.as_bytes(), seed]);
        let (now, later) = rest.split_at_mut(block.as_bytes().len().min(rest.len()));
        copy(block.as_bytes(), now);
        rest = later;
        a = hmac(&[a.as_bytes()]);
    }
}

/// Output of an HMAC.
struct Tag {
    bytes: Zeroizing<[u8; 48]>,
    len: usize,
}

impl Tag {
    fn new(tag: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 48]);
        copy(tag, bytes.as_mut_slice());
        Self { bytes, len: tag.len() }
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

fn tag(key: &hmac::Key, parts: &[&[u8]]) -> Tag {
    let mut context = hmac::Context::with_key(key);
    parts.iter().for_each(|part| context.update(part));
    Tag::new(context.sign().as_ref())
}

/// HMAC-MD5 (RFC 2104), which only TLS 1.0 and 1.1 use.
fn hmac_md5(key: &[u8], parts: &[&[u8]]) -> [u8; 16] {
    use md5::{Digest, Md5};
    let mut pad = Zeroizing::new([0u8; 64]);
    copy(key, pad.as_mut_slice());
    let keyed = |mask: u8| pad.iter().fold(Md5::new(), |hash, byte| hash.chain_update([byte ^ mask]));
    let inner = parts.iter().fold(keyed(0x36), |hash, part| hash.chain_update(part)).finalize();
    keyed(0x5C).chain_update(inner).finalize().into()
}

/// A key for HMAC with `hash`.
pub(super) fn hmac_key(hash: Hash, key: &[u8]) -> hmac::Key {
    let algorithm = match hash {
        Hash::Sha1 => hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => hmac::HMAC_SHA256,
        Hash::Sha384 => hmac::HMAC_SHA384,
    };
    hmac::Key::new(algorithm, key)
}

fn copy(from: &[u8], to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::tls::hex;

    #[test]
    fn rfc_8448_traffic_keys() {
        let secret = Secret::new(&hex("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")).unwrap();
        assert_eq!(expand_label::<16>(Hash::Sha256, &secret, "key")[..], hex("3fce516009c21727d0f2e4e86ee403bc"));
        assert_eq!(expand_label::<12>(Hash::Sha256, &secret, "iv")[..], hex("5d313eb2671276ee13000b30"));
    }

    /// The published vectors of the TLS 1.2 PRF (P_SHA256, P_SHA384).
    #[test]
    fn prf_of_tls_1_2() {
        let prf = |hash, secret: &str, label: &str, seed: &str, len: usize| {
            let key = hmac_key(hash, &hex(secret));
            let mut out = vec![0; len];
            p_hash(|parts| tag(&key, parts), &[label.as_bytes(), &hex(seed)].concat(), &mut out);
            out
        };
        assert_eq!(
            prf(
                Hash::Sha256,
                "9bbe436ba940f017b17652849a71db35",
                "test label",
                "a0ba9f936cda311827a6f796ffd5198c",
                100
            ),
            hex("e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a6b301791e90d35c9c9a46b4e14baf9af0fa0
                 22f7077def17abfd3797c0564bab4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff70187347b66")
        );
        assert_eq!(
            prf(
                Hash::Sha384,
                "b80b733d6ceefcdc71566ea48e5567df",
                "test label",
                "cd665cf6a8447dd6ff8b27555edb7465",
                148
            ),
            hex(
                "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cde9ca0faa60be9fe34f82b1233c9146a0e534cb
                 400fed2700884f9dc236f80edd8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d9184259b5bf8cd4d90
                 fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee691c8f3a26854308d5eaa3be85e0990703d73e56f"
            )
        );
    }

    /// RFC 2202 §2, test cases 1 and 2.
    #[test]
    fn hmac_md5_vectors() {
        assert_eq!(hmac_md5(&[0x0B; 16], &[b"Hi ", b"There"])[..], hex("9294727a3638bb1c13f48ef8158bfc9d"));
        assert_eq!(hmac_md5(b"Jefe", &[b"what do ya want for nothing?"])[..], hex("750c783e6ab0b503eaa86e310a5db738"));
    }
}
