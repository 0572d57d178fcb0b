//! TLS secrets from key logs (RFC 9850, the NSS format), found by client random.
//!
//! Given the bytes of a key log as they come — whole, growing, in Decryption Secrets Blocks — keeps the secrets of each
//! connection, bounded. Secrets are wiped when dropped and never shown, in `Debug` neither.

use std::collections::{HashMap, VecDeque};
use std::fmt;

use foldhash::quality::RandomState;
use zeroize::Zeroize;

use crate::limits::{KEY_LOG_CONNECTIONS, KEY_LOG_LINE_BYTES};

/// A secret of 32 or 48 bytes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    bytes: [u8; 48],
    len: u8,
}

impl Secret {
    /// Of bytes; longer ones are no secret of any suite.
    pub fn new(secret: &[u8]) -> Option<Self> {
        let mut bytes = [0; 48];
        bytes.get_mut(..secret.len())?.copy_from_slice(secret);
        Some(Self { bytes, len: u8::try_from(secret.len()).ok()? })
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secret({} bytes)", self.len)
    }
}

/// What a secret is for: the labels of a key log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Label {
    /// `CLIENT_RANDOM`: the master secret of TLS 1.2 and below.
    Master,
    /// `CLIENT_EARLY_TRAFFIC_SECRET`.
    ClientEarly,
    /// `CLIENT_HANDSHAKE_TRAFFIC_SECRET`.
    ClientHandshake,
    /// `SERVER_HANDSHAKE_TRAFFIC_SECRET`.
    ServerHandshake,
    /// `CLIENT_TRAFFIC_SECRET_0`.
    ClientApplication,
    /// `SERVER_TRAFFIC_SECRET_0`.
    ServerApplication,
}

const LABELS: [(&str, Label); 6] = [
    ("CLIENT_RANDOM", Label::Master),
    ("CLIENT_EARLY_TRAFFIC_SECRET", Label::ClientEarly),
    ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", Label::ClientHandshake),
    ("SERVER_HANDSHAKE_TRAFFIC_SECRET", Label::ServerHandshake),
    ("CLIENT_TRAFFIC_SECRET_0", Label::ClientApplication),
    ("SERVER_TRAFFIC_SECRET_0", Label::ServerApplication),
];

/// The secrets of one connection.
#[derive(Default, Debug)]
pub struct Secrets([Option<Secret>; LABELS.len()]);

impl Secrets {
    /// The one for `label`, where the key log has it.
    pub fn find(&self, label: Label) -> Option<&Secret> {
        self.0.get(label as usize)?.as_ref()
    }

    fn set(&mut self, label: Label, secret: Secret) {
        if let Some(place) = self.0.get_mut(label as usize) {
            *place = Some(secret);
        }
    }
}

/// The random of a ClientHello.
pub type ClientRandom = [u8; 32];

/// All secrets known, by client random.
// Invariant: `order` holds the keys of `connections`, oldest first.
#[derive(Default)]
pub struct Keys {
    connections: HashMap<ClientRandom, Box<Secrets>, RandomState>,
    order: VecDeque<ClientRandom>,
    /// The last line, as far as it has come.
    line: Vec<u8>,
    /// That line is too long to be one of ours: what follows of it is passed over.
    overlong: bool,
    generation: u64,
    grows: bool,
}

impl Keys {
    /// Takes more of a key log in. A last line may be incomplete; garbage is passed over.
    pub fn append(&mut self, log: &[u8]) {
        // A block that does not end its last line is complete all the same if another begins with a line of its own.
        if !self.line.is_empty() && starts_line(log) {
            self.end_line();
        }
        for piece in log.split_inclusive(|byte| matches!(byte, b'\n' | b'\r')) {
            let (piece, ended) = match piece {
                [piece @ .., b'\n' | b'\r'] => (piece, true),
                piece => (piece, false),
            };
            self.extend_line(piece);
            // The secret of a line without an end may go on, but may also be all there is: it counts, and is replaced.
            self.take_line();
            if ended {
                self.end_line();
            }
        }
    }

    /// The key log is still being written: records without keys are worth holding for a moment.
    pub fn expect_more(&mut self) {
        self.grows = true;
    }

    /// The secrets of the connection with this client random.
    pub fn find(&self, random: &ClientRandom) -> Option<&Secrets> {
        self.connections.get(random).map(|secrets| &**secrets)
    }

    /// All connections, the latest first.
    pub fn newest_first(&self) -> impl Iterator<Item = (&ClientRandom, &Secrets)> {
        self.order.iter().rev().filter_map(|random| Some((random, self.find(random)?)))
    }

    /// Changes whenever there are more secrets: what was looked for in vain is worth another try.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// More secrets may come: see [`Self::expect_more`].
    pub fn grows(&self) -> bool {
        self.grows
    }

    /// There are none.
    pub fn is_empty(&self) -> bool {
        self.connections.is_empty()
    }

    /// Connections whose secrets are known.
    pub fn len(&self) -> usize {
        self.connections.len()
    }

    fn extend_line(&mut self, piece: &[u8]) {
        if self.line.capacity() == 0 {
            // Never grows, so that no copy of a secret is left behind.
            self.line.reserve_exact(KEY_LOG_LINE_BYTES);
        }
        let fits = self.line.len() + piece.len() <= KEY_LOG_LINE_BYTES;
        if fits && !self.overlong {
            self.line.extend_from_slice(piece);
        } else {
            self.overlong = true;
            self.line.zeroize();
        }
    }

    fn end_line(&mut self) {
        self.line.as_mut_slice().zeroize();
        self.line.clear();
        self.overlong = false;
    }

    fn take_line(&mut self) {
        let Some((label, random, secret)) = parse_line(&self.line) else { return };
        let known = self.connections.contains_key(&random);
        let secrets = self.connections.entry(random).or_default();
        if secrets.find(label) == Some(&secret) {
            return;
        }
        secrets.set(label, secret);
        self.generation += 1;
        if !known {
            self.order.push_back(random);
            if self.order.len() > KEY_LOG_CONNECTIONS
                && let Some(oldest) = self.order.pop_front()
            {
                self.connections.remove(&oldest);
            }
        }
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} connections)", self.connections.len())
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        self.line.as_mut_slice().zeroize();
    }
}

/// No secret goes on with this: a label, a comment or a line end.
fn starts_line(log: &[u8]) -> bool {
    [&b"CLIENT_"[..], b"SERVER_", b"EXPORTER", b"EARLY_", b"RSA ", b"#", b"\n", b"\r"]
        .iter()
        .any(|start| log.starts_with(start))
}

/// `label client-random secret`, both in hexadecimal (RFC 9850 §2). None for every other line.
fn parse_line(line: &[u8]) -> Option<(Label, ClientRandom, Secret)> {
    let mut words = line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let (label, random, secret) = (words.next()?, words.next()?, words.next()?);
    if words.next().is_some() {
        return None;
    }
    let (_, label) = LABELS.iter().find(|(name, _)| name.as_bytes() == label)?;
    let mut client_random = [0; 32];
    parse_hex(random, &mut client_random)?;
    let mut secret_bytes = [0; 48];
    let len = secret.len() / 2;
    // The master secret has 48 bytes (RFC 5246 §8.1), traffic secrets have those of the hash (RFC 8446 §7.1).
    if len != 48 && (len != 32 || *label == Label::Master) {
        return None;
    }
    parse_hex(secret, secret_bytes.get_mut(..len)?)?;
    let parsed = Secret::new(secret_bytes.get(..len)?);
    secret_bytes.zeroize();
    Some((*label, client_random, parsed?))
}

fn parse_hex(text: &[u8], into: &mut [u8]) -> Option<()> {
    let (pairs, []) = text.as_chunks::<2>() else { return None };
    if pairs.len() != into.len() {
        return None;
    }
    for ([high, low], byte) in pairs.iter().zip(into) {
        let digit = |c: &u8| char::from(*c).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        *byte = digit(high)? << 4 | digit(low)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn line(label: &str, random: u8, secret: &str) -> String {
        format!("{label} {} {secret}", format!("{random:02x}").repeat(32))
    }

    fn secret_of(keys: &Keys, random: u8, label: Label) -> Option<Vec<u8>> {
        Some(keys.find(&[random; 32])?.find(label)?.as_bytes().to_vec())
    }

    #[test]
    fn all_labels_with_comments_crlf_and_garbage() {
        let mut log = String::from("# SSL/TLS secrets log file\r\n\r\nnonsense\r\n");
        for (at, (label, _)) in LABELS.iter().enumerate() {
            log += &(line(label, 1, &format!("{at:02X}").repeat(48)) + "\r\n");
        }
        log += &(line("EXPORTER_SECRET", 2, &"11".repeat(32)) + "\n");
        log += &(line("CLIENT_RANDOM", 3, &"11".repeat(32)) + "\n");
        log += "RSA 0123456789abcdef 00\nCLIENT_RANDOM 11 22\nCLIENT_RANDOM\n";
        let mut keys = Keys::default();
        keys.append(log.as_bytes());
        assert_eq!(keys.len(), 1);
        for (at, (_, label)) in LABELS.iter().enumerate() {
            assert_eq!(secret_of(&keys, 1, *label), Some(vec![u8::try_from(at).unwrap(); 48]));
        }
    }

    #[test]
    fn a_log_that_grows_byte_by_byte() {
        let log =
            line("SERVER_TRAFFIC_SECRET_0", 7, &"ab".repeat(48)) + "\n" + &line("CLIENT_RANDOM", 8, &"cd".repeat(48));
        let mut keys = Keys::default();
        for byte in log.as_bytes() {
            keys.append(&[*byte]);
        }
        assert_eq!(secret_of(&keys, 7, Label::ServerApplication), Some(vec![0xAB; 48]));
        assert_eq!(secret_of(&keys, 8, Label::Master), Some(vec![0xCD; 48]));
    }

    #[test]
    fn blocks_without_a_last_line_end() {
        let mut keys = Keys::default();
        keys.append(line("CLIENT_TRAFFIC_SECRET_0", 1, &"01".repeat(32)).as_bytes());
        keys.append(line("CLIENT_TRAFFIC_SECRET_0", 2, &"02".repeat(32)).as_bytes());
        assert_eq!(secret_of(&keys, 1, Label::ClientApplication), Some(vec![1; 32]));
        assert_eq!(secret_of(&keys, 2, Label::ClientApplication), Some(vec![2; 32]));
    }

    #[test]
    fn the_generation_tells_of_more() {
        let mut keys = Keys::default();
        let log = line("CLIENT_RANDOM", 1, &"01".repeat(48)) + "\n";
        keys.append(log.as_bytes());
        let before = keys.generation();
        keys.append(log.as_bytes());
        assert_eq!(keys.generation(), before);
        keys.append(line("CLIENT_RANDOM", 2, &"01".repeat(48)).as_bytes());
        assert_ne!(keys.generation(), before);
        assert_eq!(keys.newest_first().next().map(|(random, _)| random[0]), Some(2));
    }

    #[test]
    fn an_endless_line_is_passed_over() {
        let mut keys = Keys::default();
        for _ in 0..100 {
            keys.append(&[b'a'; 1000]);
        }
        keys.append(b"\n");
        keys.append(line("CLIENT_RANDOM", 1, &"01".repeat(48)).as_bytes());
        assert_eq!(keys.len(), 1);
    }

    #[test]
    fn debug_shows_no_secret() {
        let mut keys = Keys::default();
        keys.append(line("CLIENT_RANDOM", 0x77, &"5a".repeat(48)).as_bytes());
        let shown = format!("{keys:?} {:?} {:#?}", keys.find(&[0x77; 32]), keys.find(&[0x77; 32]));
        for planted in ["5a5a", "5A", "90, 90", "0x5a", "90,"] {
            assert!(!shown.contains(planted), "{shown}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(pieces in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..200), 0..20)) {
            let mut keys = Keys::default();
            for piece in pieces {
                keys.append(&piece);
            }
        }

        #[test]
        fn any_cut_gives_the_same(cuts in prop::collection::vec(1..200usize, 0..20)) {
            let log: String = (0..9).map(|at| line("CLIENT_RANDOM", at, &"7b".repeat(48)) + "\r\n").collect();
            let (mut keys, mut rest) = (Keys::default(), log.as_bytes());
            for cut in cuts {
                let (piece, tail) = rest.split_at(cut.min(rest.len()));
                keys.append(piece);
                rest = tail;
            }
            keys.append(rest);
            prop_assert_eq!(keys.len(), 9);
        }
    }
}
