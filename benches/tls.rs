//! Reading TLS against the library's own AES-GCM speed: `cargo bench --bench tls`.
//!
//! One connection of TLS 1.3, records of three sizes, in segments of 1448 bytes. The ratio is what finding records,
//! putting them together and handing on their content costs beside decryption.

#![allow(clippy::expect_used, reason = "a bench that cannot set itself up must stop")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use aws_lc_rs::aead::{AES_128_GCM, AES_256_GCM, Aad, Algorithm, CHACHA20_POLY1305, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac::{Algorithm as Hash, HMAC_SHA256, HMAC_SHA384, Key, sign};
use wsclose_sniff::event::{Common, Events, Mark};
use wsclose_sniff::packet::{Dir, PacketRef};
use wsclose_sniff::protocol::tls::{Keys, Tls, Workspace};
use wsclose_sniff::tcp::Content;
use wsclose_sniff::time::Timestamp;

const SEGMENT: usize = 1448;
/// Small enough for the second-level cache, as what was just read from a file is.
const BYTES: usize = 1 << 20;
const ROUNDS: usize = 300;

struct Suite {
    name: &'static str,
    number: u16,
    algorithm: &'static Algorithm,
    hash: Hash,
    secret: Vec<u8>,
}

fn main() {
    let suites = [
        ("AES-128-GCM", 0x1301, &AES_128_GCM, HMAC_SHA256, 32),
        ("AES-256-GCM", 0x1302, &AES_256_GCM, HMAC_SHA384, 48),
        ("ChaCha20-Poly1305", 0x1303, &CHACHA20_POLY1305, HMAC_SHA256, 32),
    ];
    println!("suite              record   library       machine       ratio   per segment");
    for (name, number, algorithm, hash, len) in suites {
        let suite = Suite { name, number, algorithm, hash, secret: vec![7; len] };
        for size in [64, 1024, 16384] {
            compare(&suite, size);
        }
    }
}

fn compare(suite: &Suite, size: usize) {
    let (key, iv) = suite.keys();
    let records = (BYTES / (size + 22)).min(100_000);
    let mut stream = Vec::with_capacity(records * (size + 22));
    for seq in 0..records {
        let mut body = vec![b'x'; size];
        body.push(23);
        let header = [23, 3, 3, (size + 17).to_be_bytes()[6], (size + 17).to_be_bytes()[7]];
        key.seal_in_place_append_tag(nonce(&iv, seq), Aad::from(header), &mut body).expect("sealing");
        stream.extend_from_slice(&header);
        stream.extend_from_slice(&body);
    }
    let library = best(|| {
        let mut plain = vec![0; size + 1];
        for (seq, record) in stream.chunks_exact(size + 22).enumerate() {
            let (header, body) = record.split_at(5);
            let (content, tag) = body.split_at(size + 1);
            key.open_separate_gather(nonce(&iv, seq), Aad::from(header), content, tag, &mut plain).expect("opening");
            black_box(&plain);
        }
    });
    let (keys, workspace) = (suite.log(), Workspace::default());
    let mut heard = 0;
    let machine = best(|| {
        let (mut tls, mut said, mut common) = (Tls::default(), Vec::new(), Common::default());
        let mut events = Events::new(
            &mut said,
            &mut common,
            Mark { at: Timestamp(0), packet: PacketRef::new(0, 1), seq: 0, acked: None },
        );
        heard = 0;
        let mut push = |dir, bytes: &[u8]| {
            tls.push(
                dir,
                &Content::Data(bytes.into()),
                &keys,
                &workspace,
                &mut events.as_dyn(),
                &mut |_, content, _| {
                    if let Content::Data(bytes) = &content {
                        heard += bytes.len();
                        black_box(bytes);
                    }
                },
            );
        };
        push(Dir::Forward, &client_hello());
        push(Dir::Reverse, &suite.server_hello());
        stream.chunks(SEGMENT).for_each(|segment| push(Dir::Reverse, segment));
    });
    assert_eq!(heard, records * size, "everything is read");
    let speed = |time: Duration| heard as f64 / time.as_secs_f64() / 1e9;
    let per_segment = machine.as_nanos() as f64 / (stream.len() as f64 / SEGMENT as f64);
    let ratio = machine.as_secs_f64() / library.as_secs_f64();
    println!(
        "{:18} {size:6}   {:5.2} GB/s    {:5.2} GB/s    {ratio:4.2}    {per_segment:5.0} ns",
        suite.name,
        speed(library),
        speed(machine)
    );
}

/// The shortest of many short rounds: a busy machine lengthens the others.
fn best(mut work: impl FnMut()) -> Duration {
    let once = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..ROUNDS).map(|_| once(&mut work)).min().unwrap_or_default()
}

fn nonce(iv: &[u8; 12], seq: usize) -> Nonce {
    let mut nonce = *iv;
    nonce.iter_mut().skip(4).zip((seq as u64).to_be_bytes()).for_each(|(byte, seq)| *byte ^= seq);
    Nonce::assume_unique_for_key(nonce)
}

impl Suite {
    /// HKDF-Expand-Label (RFC 8446 §7.1).
    fn expand(&self, label: &str, len: usize) -> Vec<u8> {
        let label = [b"tls13 ", label.as_bytes()].concat();
        let info = [&[0, len.to_be_bytes()[7], label.len().to_be_bytes()[7]], &label[..], &[0, 1]].concat();
        let tag = sign(&Key::new(self.hash, &self.secret), &info);
        tag.as_ref().iter().copied().take(len).collect()
    }

    fn keys(&self) -> (LessSafeKey, [u8; 12]) {
        let key = UnboundKey::new(self.algorithm, &self.expand("key", self.algorithm.key_len())).expect("a key");
        (LessSafeKey::new(key), self.expand("iv", 12).try_into().expect("12 bytes"))
    }

    fn log(&self) -> Keys {
        let mut keys = Keys::default();
        let line = format!("SERVER_TRAFFIC_SECRET_0 {} {}\n", "c1".repeat(32), "07".repeat(self.secret.len()));
        keys.append(line.as_bytes());
        keys
    }

    fn server_hello(&self) -> Vec<u8> {
        let [high, low] = self.number.to_be_bytes();
        handshake(2, &[&[3, 3], &[0x5E; 32][..], &[0, high, low, 0, 0, 6, 0, 43, 0, 2, 3, 4]].concat())
    }
}

fn client_hello() -> Vec<u8> {
    handshake(1, &[&[3, 3], &[0xC1; 32][..], &[0, 0, 2, 0x13, 1, 1, 0, 0, 0]].concat())
}

fn handshake(kind: u8, body: &[u8]) -> Vec<u8> {
    let len = body.len().to_be_bytes()[7];
    [&[22, 3, 3, 0, len + 4, kind, 0, 0, len], body].concat()
}
