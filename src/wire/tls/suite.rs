//! Cipher suites: their names, and how they protect a record
//! (<https://www.iana.org/assignments/tls-parameters>, RFC 5288, RFC 6655, RFC 7905, RFC 8446 §B.4).

use super::Version;

/// A cipher suite as sent. Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct CipherSuite(pub u16);

/// A hash that a suite uses.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Hash {
    /// SHA-1: 20 bytes.
    Sha1,
    /// SHA-256: 32 bytes.
    Sha256,
    /// SHA-384: 48 bytes.
    Sha384,
}

impl Hash {
    /// Length of its output, in bytes.
    pub const fn output_len(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
        }
    }
}

/// An AEAD algorithm.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aead {
    /// AES-128-GCM.
    Aes128Gcm,
    /// AES-256-GCM.
    Aes256Gcm,
    /// ChaCha20-Poly1305.
    ChaCha20Poly1305,
    /// AES-128-CCM.
    Aes128Ccm,
    /// AES-256-CCM.
    Aes256Ccm,
    /// AES-128-CCM with a tag of 8 bytes.
    Aes128Ccm8,
    /// AES-256-CCM with a tag of 8 bytes.
    Aes256Ccm8,
}

impl Aead {
    /// Length of its key, in bytes.
    pub const fn key_len(self) -> usize {
        match self {
            Self::Aes128Gcm | Self::Aes128Ccm | Self::Aes128Ccm8 => 16,
            Self::Aes256Gcm | Self::ChaCha20Poly1305 | Self::Aes256Ccm | Self::Aes256Ccm8 => 32,
        }
    }

    /// Length of its tag, in bytes.
    pub const fn tag_len(self) -> usize {
        match self {
            Self::Aes128Ccm8 | Self::Aes256Ccm8 => 8,
            _ => 16,
        }
    }

    /// In TLS 1.2, 8 bytes of the nonce stand before the ciphertext (RFC 5288 §3, RFC 6655 §3); ChaCha20-Poly1305
    /// derives all of it (RFC 7905 §2).
    pub const fn explicit_nonce_len(self) -> usize {
        match self {
            Self::ChaCha20Poly1305 => 0,
            _ => 8,
        }
    }
}

/// What encrypts the records of a suite.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Bulk {
    /// An AEAD.
    Aead(Aead),
    /// AES in CBC mode and a MAC (TLS 1.2 and below).
    AesCbc {
        /// Length of the AES key, in bytes.
        key_len: usize,
        /// The MAC's hash.
        mac: Hash,
    },
}

/// How a suite protects records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Protection {
    /// What encrypts them.
    pub bulk: Bulk,
    /// The hash of key derivation.
    pub hash: Hash,
}

impl Protection {
    /// How long the content of a record can be whose body has `body_len` bytes: exact for an AEAD, within a block for
    /// CBC (RFC 8446 §5.2, RFC 5246 §6.2.3, RFC 7366 §3). Padding of TLS 1.3, which is rare, is not thought of.
    pub fn content_len(
        self,
        version: Version,
        encrypt_then_mac: bool,
        body_len: usize,
    ) -> Option<std::ops::RangeInclusive<usize>> {
        match self.bulk {
            Bulk::Aead(aead) => {
                let more = if version >= Version::TLS_1_3 { 1 } else { aead.explicit_nonce_len() };
                let len = body_len.checked_sub(aead.tag_len() + more)?;
                Some(len..=len)
            }
            Bulk::AesCbc { mac, .. } => {
                let iv = if version >= Version::TLS_1_1 { 16 } else { 0 };
                let (outside, inside) = if encrypt_then_mac { (mac.output_len(), 0) } else { (0, mac.output_len()) };
                let longest = body_len.checked_sub(iv + outside + inside + 1)?;
                Some(longest.saturating_sub(15)..=longest)
            }
        }
    }
}

impl CipherSuite {
    /// Its name in the registry; None for a number that is not known here.
    pub fn name(self) -> Option<&'static str> {
        self.row().map(|(_, name, _)| *name)
    }

    /// How it protects records; None where this is not known here.
    pub fn protection(self) -> Option<Protection> {
        self.row().and_then(|(_, _, protection)| *protection)
    }

    fn row(self) -> Option<&'static Row> {
        let at = SUITES.binary_search_by_key(&self.0, |(number, _, _)| *number).ok()?;
        SUITES.get(at)
    }
}

const fn aead(aead: Aead, hash: Hash) -> Option<Protection> {
    Some(Protection { bulk: Bulk::Aead(aead), hash })
}

const fn cbc(key_len: usize, mac: Hash, hash: Hash) -> Option<Protection> {
    Some(Protection { bulk: Bulk::AesCbc { key_len, mac }, hash })
}

type Row = (u16, &'static str, Option<Protection>);

// Invariant: in order of their numbers.
#[rustfmt::skip]
const SUITES: &[Row] = &[
    (0x0004, "TLS_RSA_WITH_RC4_128_MD5", None),
    (0x0005, "TLS_RSA_WITH_RC4_128_SHA", None),
    (0x000a, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", None),
    (0x0016, "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", None),
    (0x002f, "TLS_RSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0030, "TLS_DH_DSS_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0031, "TLS_DH_RSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0032, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0033, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0034, "TLS_DH_anon_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0x0035, "TLS_RSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x0036, "TLS_DH_DSS_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x0037, "TLS_DH_RSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x0038, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x0039, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x003a, "TLS_DH_anon_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0x003c, "TLS_RSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x003d, "TLS_RSA_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x003e, "TLS_DH_DSS_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x003f, "TLS_DH_RSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x0040, "TLS_DHE_DSS_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x0041, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA", None),
    (0x0067, "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x0068, "TLS_DH_DSS_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x0069, "TLS_DH_RSA_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x006a, "TLS_DHE_DSS_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x006b, "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x006c, "TLS_DH_anon_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0x006d, "TLS_DH_anon_WITH_AES_256_CBC_SHA256", cbc(32, Hash::Sha256, Hash::Sha256)),
    (0x0084, "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA", None),
    (0x009c, "TLS_RSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x009d, "TLS_RSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x009e, "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x009f, "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00a0, "TLS_DH_RSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00a1, "TLS_DH_RSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00a2, "TLS_DHE_DSS_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00a3, "TLS_DHE_DSS_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00a4, "TLS_DH_DSS_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00a5, "TLS_DH_DSS_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00a6, "TLS_DH_anon_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00a7, "TLS_DH_anon_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00a8, "TLS_PSK_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00a9, "TLS_PSK_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00aa, "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x00ab, "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x00c6, "TLS_SM4_GCM_SM3", None),
    (0x1301, "TLS_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0x1302, "TLS_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0x1303, "TLS_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0x1304, "TLS_AES_128_CCM_SHA256", aead(Aead::Aes128Ccm, Hash::Sha256)),
    (0x1305, "TLS_AES_128_CCM_8_SHA256", aead(Aead::Aes128Ccm8, Hash::Sha256)),
    (0x1306, "TLS_AEGIS_256_SHA512", None),
    (0x1307, "TLS_AEGIS_128L_SHA256", None),
    (0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0xc005, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0xc008, "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA", None),
    (0xc009, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0xc00a, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0xc00e, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0xc00f, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0xc011, "TLS_ECDHE_RSA_WITH_RC4_128_SHA", None),
    (0xc012, "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", None),
    (0xc013, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0xc014, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0xc018, "TLS_ECDH_anon_WITH_AES_128_CBC_SHA", cbc(16, Hash::Sha1, Hash::Sha256)),
    (0xc019, "TLS_ECDH_anon_WITH_AES_256_CBC_SHA", cbc(32, Hash::Sha1, Hash::Sha256)),
    (0xc023, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0xc024, "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", cbc(32, Hash::Sha384, Hash::Sha384)),
    (0xc025, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0xc026, "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384", cbc(32, Hash::Sha384, Hash::Sha384)),
    (0xc027, "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0xc028, "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", cbc(32, Hash::Sha384, Hash::Sha384)),
    (0xc029, "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256", cbc(16, Hash::Sha256, Hash::Sha256)),
    (0xc02a, "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384", cbc(32, Hash::Sha384, Hash::Sha384)),
    (0xc02b, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0xc02c, "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0xc02d, "TLS_ECDH_ECDSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0xc02e, "TLS_ECDH_ECDSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0xc02f, "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0xc030, "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0xc031, "TLS_ECDH_RSA_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0xc032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
    (0xc09c, "TLS_RSA_WITH_AES_128_CCM", aead(Aead::Aes128Ccm, Hash::Sha256)),
    (0xc09d, "TLS_RSA_WITH_AES_256_CCM", aead(Aead::Aes256Ccm, Hash::Sha256)),
    (0xc09e, "TLS_DHE_RSA_WITH_AES_128_CCM", aead(Aead::Aes128Ccm, Hash::Sha256)),
    (0xc09f, "TLS_DHE_RSA_WITH_AES_256_CCM", aead(Aead::Aes256Ccm, Hash::Sha256)),
    (0xc0a0, "TLS_RSA_WITH_AES_128_CCM_8", aead(Aead::Aes128Ccm8, Hash::Sha256)),
    (0xc0a1, "TLS_RSA_WITH_AES_256_CCM_8", aead(Aead::Aes256Ccm8, Hash::Sha256)),
    (0xc0a2, "TLS_DHE_RSA_WITH_AES_128_CCM_8", aead(Aead::Aes128Ccm8, Hash::Sha256)),
    (0xc0a3, "TLS_DHE_RSA_WITH_AES_256_CCM_8", aead(Aead::Aes256Ccm8, Hash::Sha256)),
    (0xc0a8, "TLS_PSK_WITH_AES_128_CCM_8", None),
    (0xc0ac, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM", aead(Aead::Aes128Ccm, Hash::Sha256)),
    (0xc0ad, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", aead(Aead::Aes256Ccm, Hash::Sha256)),
    (0xc0ae, "TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", aead(Aead::Aes128Ccm8, Hash::Sha256)),
    (0xc0af, "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8", aead(Aead::Aes256Ccm8, Hash::Sha256)),
    (0xcca8, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xcca9, "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xccaa, "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xccab, "TLS_PSK_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xccac, "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xccad, "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", aead(Aead::ChaCha20Poly1305, Hash::Sha256)),
    (0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", aead(Aead::Aes128Gcm, Hash::Sha256)),
    (0xd002, "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384", aead(Aead::Aes256Gcm, Hash::Sha384)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suites_are_in_order() {
        assert!(SUITES.is_sorted_by(|(a, _, _), (b, _, _)| a < b));
    }

    /// A masked Close without reason (8 bytes), an unmasked one (4) and a close_notify (2) as records.
    #[test]
    fn sizes_of_closing_records() {
        let fits = |suite: u16, version, etm, body: usize, content: usize| {
            let range = CipherSuite(suite).protection().unwrap().content_len(version, etm, body).unwrap();
            assert!(range.contains(&content), "{suite:04x} {body} {range:?}");
        };
        for (content, tls13, ccm8, gcm, chacha) in [(8, 25, 17, 32, 24), (4, 21, 13, 28, 20), (2, 19, 11, 26, 18)] {
            fits(0x1301, Version::TLS_1_3, false, tls13, content);
            fits(0x1305, Version::TLS_1_3, false, ccm8, content);
            fits(0xC02F, Version::TLS_1_2, false, gcm, content);
            fits(0xCCA8, Version::TLS_1_2, false, chacha, content);
            fits(0xC013, Version::TLS_1_2, false, 48, content);
            fits(0xC013, Version::TLS_1_2, true, 52, content);
            fits(0xC028, Version::TLS_1_2, true, 80, content);
        }
        assert_eq!(CipherSuite(0x1301).protection().unwrap().content_len(Version::TLS_1_3, false, 16), None);
    }

    #[test]
    fn names_and_protection() {
        let suite = CipherSuite(0xC028);
        assert_eq!(suite.name(), Some("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"));
        let bulk = Bulk::AesCbc { key_len: 32, mac: Hash::Sha384 };
        assert_eq!(suite.protection(), Some(Protection { bulk, hash: Hash::Sha384 }));
        assert_eq!((CipherSuite(0x0A0A).name(), CipherSuite(0x0005).protection()), (None, None));
    }
}
