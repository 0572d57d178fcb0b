//! Conversations: sealed here as endpoints seal them, cut, damaged and joined late, and read by the machine.

mod sealer;

use std::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::event::{Common, Events, Mark, What};
use crate::packet::PacketRef;
use crate::time::Timestamp;
use crate::wire::tls::{CipherSuite, hex, parse_record_header};
use sealer::{Legacy, Sealer, client_hello, encrypted_extensions, message, record, server_hello};

const CLIENT: Dir = Dir::Forward;
const SERVER: Dir = Dir::Reverse;
const RANDOM: [u8; 32] = [0xC1; 32];

/// A piece of a conversation on the wire.
type Wire = Vec<(Dir, Vec<u8>)>;

/// One TLS 1.3 connection, with one byte value for each of its secrets.
struct Tls13 {
    suite: u16,
    early: Sealer,
    handshake: ByDir<Sealer>,
    application: ByDir<Sealer>,
}

impl Tls13 {
    fn new(suite: u16) -> Self {
        let len = CipherSuite(suite).protection().unwrap().hash.output_len();
        let sealer = |byte: u8| Sealer::tls13(suite, &vec![byte; len]);
        let (handshake, application) = (ByDir([sealer(0x31), sealer(0x41)]), ByDir([sealer(0x51), sealer(0x61)]));
        Self { suite, early: sealer(0x21), handshake, application }
    }

    fn log(&self) -> String {
        let len = CipherSuite(self.suite).protection().unwrap().hash.output_len();
        let mut log = String::new();
        for (label, byte) in [
            ("CLIENT_EARLY_TRAFFIC_SECRET", "21"),
            ("CLIENT_HANDSHAKE_TRAFFIC_SECRET", "31"),
            ("SERVER_HANDSHAKE_TRAFFIC_SECRET", "41"),
            ("CLIENT_TRAFFIC_SECRET_0", "51"),
            ("SERVER_TRAFFIC_SECRET_0", "61"),
        ] {
            writeln!(log, "{label} {} {}", "c1".repeat(32), byte.repeat(len)).unwrap();
        }
        log
    }

    fn hellos(&self) -> Wire {
        let hello = server_hello(self.suite, Version::TLS_1_3, false, false, [0x5E; 32]);
        vec![(CLIENT, client_hello(RANDOM, true, false)), (SERVER, hello)]
    }

    /// What follows the hellos, up to both Finished.
    fn finish(&mut self, early_data: bool) -> Wire {
        let flight = [encrypted_extensions(early_data), message(20, &[0; 32])].concat();
        let end = message(5, &[]);
        let mut wire = vec![(SERVER, self.handshake[SERVER].seal(22, &flight))];
        if early_data {
            wire.push((CLIENT, self.early.seal(22, &end)));
        }
        wire.push((CLIENT, self.handshake[CLIENT].seal(22, &message(20, &[0; 32]))));
        wire
    }

    fn say(&mut self, dir: Dir, content: &[u8]) -> (Dir, Vec<u8>) {
        (dir, self.application[dir].seal(23, content))
    }

    /// The whole story: hellos, Finished, a ticket, a request, an answer, goodbyes.
    fn story(&mut self) -> Wire {
        let mut wire = self.hellos();
        wire.extend(self.finish(false));
        wire.push((SERVER, self.application[SERVER].seal(22, &message(4, &[9; 40]))));
        wire.push(self.say(CLIENT, b"GET /chat"));
        wire.push(self.say(SERVER, b"101 Switching"));
        wire.push(self.say(CLIENT, b"frames"));
        wire.push((SERVER, self.application[SERVER].seal(21, &[1, 0])));
        wire.push((CLIENT, self.application[CLIENT].seal(21, &[1, 0])));
        wire
    }
}

/// The machine with all around it, and all it said: content as text, gaps as `<bytes>`.
#[derive(Default)]
struct Reader {
    tls: Tls,
    keys: Keys,
    workspace: Workspace,
    common: Common,
    heard: ByDir<String>,
    said: Vec<(Dir, TlsEvent)>,
}

impl Reader {
    fn with(log: &str) -> Self {
        let mut reader = Self::default();
        reader.keys.append(log.as_bytes());
        reader
    }

    fn push(&mut self, dir: Dir, content: Content<'_>) {
        let mark = Mark { at: Timestamp(0), packet: PacketRef::new(0, 1), seq: 0, acked: None };
        let mut events = Vec::new();
        let heard = &mut self.heard;
        self.tls.push(
            dir,
            &content,
            &self.keys,
            &self.workspace,
            &mut Events::new(&mut events, &mut self.common, mark),
            &mut |dir, content, _| match content {
                Content::Data(bytes) => heard[dir] += &String::from_utf8_lossy(&bytes),
                Content::Gap(bytes) => write!(heard[dir], "<{bytes}>").unwrap(),
            },
        );
        self.said.extend(events.into_iter().filter_map(|event| match event.what {
            What::Tls(said) => Some((event.dir, said)),
            _ => None,
        }));
    }

    fn read(&mut self, wire: &Wire) -> &mut Self {
        for (dir, bytes) in wire {
            self.push(*dir, Content::Data(bytes.as_slice().into()));
        }
        self
    }

    fn read_cut(&mut self, wire: &Wire, size: usize) -> &mut Self {
        for (dir, bytes) in wire {
            bytes.chunks(size).for_each(|piece| self.push(*dir, Content::Data(piece.into())));
        }
        self
    }

    fn heard(&self) -> [&str; 2] {
        [&self.heard[CLIENT], &self.heard[SERVER]]
    }

    fn unreadable(&self) -> Vec<Unreadable> {
        self.said
            .iter()
            .filter_map(|(_, said)| if let TlsEvent::Unreadable(why) = said { Some(*why) } else { None })
            .collect()
    }
}

const STORY: [&str; 2] = ["GET /chatframes", "101 Switching"];

#[test]
fn every_suite_of_tls_1_3_however_cut() {
    for suite in [0x1301, 0x1302, 0x1303, 0x1304, 0x1305] {
        let wire = Tls13::new(suite).story();
        let log = Tls13::new(suite).log();
        assert_eq!(Reader::with(&log).read(&wire).heard(), STORY, "{suite:04x}");
        for size in [1, 7, 100] {
            assert_eq!(Reader::with(&log).read_cut(&wire, size).heard(), STORY, "{suite:04x} in {size}");
        }
        let joined: Wire = wire
            .chunk_by(|a, b| a.0 == b.0)
            .map(|run| (run[0].0, run.iter().flat_map(|(_, bytes)| bytes.clone()).collect()))
            .collect();
        assert_eq!(Reader::with(&log).read(&joined).heard(), STORY, "{suite:04x} joined");
    }
}

#[test]
fn what_the_handshake_says() {
    let mut story = Tls13::new(0x1301);
    let mut reader = Reader::with(&story.log());
    reader.read(&story.story());
    let said: Vec<_> = reader.said.iter().map(|(dir, said)| (*dir, said)).collect();
    let [(CLIENT, TlsEvent::ClientHello(offered)), (SERVER, TlsEvent::ServerHello(chosen)), rest @ ..] =
        said.as_slice()
    else {
        panic!("{said:?}")
    };
    assert_eq!((offered.server_name.as_deref(), offered.version), (Some("ws.example"), Some(Version::TLS_1_3)));
    assert_eq!((chosen.version, chosen.suite), (Version::TLS_1_3, CipherSuite(0x1301)));
    let alert = TlsEvent::Alert { alert: Alert::parse(&[1, 0]).unwrap(), protected: true };
    let alpn = TlsEvent::Alpn("http/1.1".into());
    assert_eq!(
        rest,
        [
            (SERVER, &alpn),
            (SERVER, &TlsEvent::Finished),
            (CLIENT, &TlsEvent::Finished),
            (CLIENT, &TlsEvent::Decrypted),
            (SERVER, &TlsEvent::Decrypted),
            (SERVER, &alert),
            (CLIENT, &alert),
        ]
    );
}

#[test]
fn every_kind_of_suite_up_to_tls_1_2() {
    let v12 = Version::TLS_1_2;
    for (version, suite, encrypt_then_mac) in [
        (v12, 0xC02F, false),
        (v12, 0x009D, false),
        (v12, 0xCCA8, false),
        (v12, 0xC09C, false),
        (v12, 0xC0A1, false),
        (v12, 0xC0AF, false),
        (v12, 0xC013, false),
        (v12, 0xC013, true),
        (v12, 0x003D, false),
        (v12, 0xC028, false),
        (v12, 0xC028, true),
        (Version::TLS_1_1, 0x0035, true),
        (Version::TLS_1_0, 0x002F, false),
        (Version::TLS_1_0, 0x0035, true),
    ] {
        let hello = Legacy { version, suite, encrypt_then_mac, master: [0x4D; 48], client_random: RANDOM };
        let wire = legacy_story(&hello, client_hello(RANDOM, false, false));
        let log = format!("CLIENT_RANDOM {} {}\n", "c1".repeat(32), "4d".repeat(48));
        for size in [1, 50, 100_000] {
            let mut reader = Reader::with(&log);
            assert_eq!(reader.read_cut(&wire, size).heard(), STORY, "{version:?} {suite:04x} {encrypt_then_mac}");
            assert!(reader.unreadable().is_empty());
        }
    }
}

fn legacy_story(hello: &Legacy, client_hello: Vec<u8>) -> Wire {
    let mut sealers = ByDir([Sealer::legacy(hello, true), Sealer::legacy(hello, false)]);
    let server = server_hello(hello.suite, hello.version, hello.encrypt_then_mac, false, [0x5E; 32]);
    let mut wire = vec![(CLIENT, client_hello), (SERVER, server), (SERVER, record(22, &message(14, &[])))];
    for dir in [CLIENT, SERVER] {
        wire.push((dir, record(20, &[1])));
        wire.push((dir, sealers[dir].seal(22, &message(20, &[0; 12]))));
    }
    wire.push((CLIENT, sealers[CLIENT].seal(23, b"GET /chat")));
    wire.push((SERVER, sealers[SERVER].seal(23, b"101 Switching")));
    wire.push((CLIENT, sealers[CLIENT].seal(23, b"frames")));
    wire.push((CLIENT, sealers[CLIENT].seal(21, &[1, 0])));
    wire
}

/// RFC 8448 §3: the application data of both sides, by the published traffic secrets and records.
#[test]
fn rfc_8448_application_data() {
    let secret = Secret::new(&hex("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5")).unwrap();
    let opener = opener::Opener::tls13(CipherSuite(0x1301).protection().unwrap(), &secret).unwrap();
    let sealed =
        hex("1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b6297
                      4e1f5a6292a2977014bd1e3deae63aeebb21694915e4");
    let (body, header) = parse_record_header(&sealed).unwrap();
    let mut plain = Vec::new();
    let opened = opener.open(0, header, body, &mut plain).unwrap();
    assert_eq!(opened, Opened { content_type: ContentType::APPLICATION_DATA, len: 50 });
    assert_eq!(plain[..50], (0..50).collect::<Vec<u8>>());
    assert_eq!(opener.open(1, header, body, &mut plain), None);
}

#[test]
fn key_updates_and_padding() {
    let mut story = Tls13::new(0x1302);
    let log = story.log();
    let mut wire = story.story();
    wire.truncate(wire.len() - 2);
    story.application[SERVER].seq -= 1;
    let mut secret = Secret::new(&[0x61; 48]).unwrap();
    for round in 0..3u8 {
        wire.push((SERVER, story.application[SERVER].seal(22, &message(24, &[0]))));
        secret = schedule::next_secret(crate::wire::tls::Hash::Sha384, &secret).unwrap();
        story.application[SERVER] = Sealer::tls13(0x1302, secret.as_bytes());
        story.application[SERVER].padding = usize::from(round) * 100;
        wire.push(story.say(SERVER, &[b'a' + round]));
    }
    assert_eq!(Reader::with(&log).read(&wire).heard(), ["GET /chatframes", "101 Switchingabc"]);
    // The record with the second KeyUpdate is missing.
    let mut reader = Reader::with(&log);
    let at = wire.len() - 4;
    reader.read(&wire[..at].to_vec());
    reader.push(SERVER, Content::Gap(wire[at].1.len() as u64));
    reader.read(&wire[at + 1..].to_vec());
    assert_eq!(reader.heard()[1].replace(char::is_numeric, ""), " Switchinga<>bc");
}

#[test]
fn early_data_taken_and_refused() {
    for accepted in [true, false] {
        let mut story = Tls13::new(0x1301);
        let log = story.log();
        let hello = server_hello(0x1301, Version::TLS_1_3, false, true, [0x5E; 32]);
        let mut wire = vec![
            (CLIENT, client_hello(RANDOM, true, true)),
            (CLIENT, story.early.seal(23, b"GET /early")),
            (SERVER, hello),
        ];
        wire.extend(story.finish(accepted));
        wire.push(story.say(CLIENT, b" GET /late"));
        let expected = if accepted { "GET /early GET /late" } else { " GET /late" };
        assert_eq!(Reader::with(&log).read(&wire).heard()[0], expected);
    }
}

#[test]
fn hello_retry_request() {
    let mut story = Tls13::new(0x1301);
    let log = story.log();
    let retry = hex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c");
    let retry = server_hello(0x1301, Version::TLS_1_3, false, false, retry.try_into().unwrap());
    let mut wire = vec![
        (CLIENT, client_hello(RANDOM, true, true)),
        (CLIENT, story.early.seal(23, b"GET /early")),
        (SERVER, retry),
    ];
    wire.extend(story.story());
    let mut reader = Reader::with(&log);
    assert_eq!(reader.read(&wire).heard(), STORY);
    assert!(reader.said.contains(&(SERVER, TlsEvent::RetryRequested)));
}

#[test]
fn wrong_and_missing_keys_are_said() {
    let wire = Tls13::new(0x1301).story();
    let log = Tls13::new(0x1301).log();
    for (log, why) in [
        (String::new(), Unreadable::NoKeys),
        (log.replace("c1", "c2"), Unreadable::NoKeys),
        (
            log.replace(" 31", " 99").replace(" 41", " 99").replace(" 51", " 99").replace(" 61", " 99"),
            Unreadable::WrongKeys,
        ),
    ] {
        let mut reader = Reader::with(&log);
        assert_eq!(reader.read(&wire).heard(), ["", ""]);
        assert!(!reader.unreadable().is_empty() && reader.unreadable().iter().all(|said| *said == why), "{why:?}");
    }
    let unknown = vec![wire[0].clone(), (SERVER, server_hello(0x1306, Version::TLS_1_3, false, false, [0; 32]))];
    let mut reader = Reader::with(&log);
    reader.read(&unknown).read(&wire[2..].to_vec());
    assert_eq!(reader.unreadable()[0], Unreadable::UnknownSuite);
}

#[test]
fn half_a_key_log() {
    let mut story = Tls13::new(0x1301);
    let wire = story.story();
    let only = |word: &str| story.log().lines().filter(|line| line.contains(word)).collect::<Vec<_>>().join("\n");
    let mut reader = Reader::with(&only("CLIENT"));
    assert_eq!(reader.read(&wire).heard(), ["GET /chatframes", ""]);
    assert_eq!(reader.unreadable(), [Unreadable::NoKeys]);
    let mut reader = Reader::with(&only("TRAFFIC_SECRET_0"));
    assert_eq!(reader.read(&wire).heard(), STORY);
}

#[test]
fn a_key_log_that_grows_during_the_capture() {
    let wire = Tls13::new(0x1301).story();
    let log = Tls13::new(0x1301).log();
    for at in 0..wire.len() {
        let mut reader = Reader::default();
        reader.keys.expect_more();
        reader.read(&wire[..at].to_vec());
        reader.keys.append(log.as_bytes());
        reader.read(&wire[at..].to_vec());
        // The machine takes up what it held when the next bytes come.
        assert_eq!(reader.heard(), STORY, "keys after {at} pieces");
    }
}

#[test]
fn keys_that_nobody_waited_for() {
    let wire = Tls13::new(0x1301).story();
    let mut reader = Reader::default();
    reader.read(&wire[..6].to_vec());
    reader.keys.append(Tls13::new(0x1301).log().as_bytes());
    reader.read(&wire[6..].to_vec());
    let [client, server] = reader.heard();
    assert!(client.starts_with('<') && client.ends_with("frames"), "{client}");
    assert!(server.ends_with("101 Switching"), "{server}");
}

#[test]
fn joined_in_mid_stream() {
    for suite in [0x1301, 0x1302, 0x1303] {
        let mut story = Tls13::new(suite);
        let log = story.log();
        story.story();
        story.application[CLIENT].seq += 100;
        let wire = vec![story.say(CLIENT, b"ping"), story.say(SERVER, b"pong"), story.say(CLIENT, b"!")];
        let mut reader = Reader::with(&log);
        assert_eq!(reader.read_cut(&wire, 3).heard(), ["<1>ping!", "<1>pong"], "{suite:04x}");
        assert!(matches!(reader.said[0], (SERVER, TlsEvent::ServerHello(chosen)) if chosen.inferred));
        // The first bytes are the end of a record.
        let mut reader = Reader::with(&log);
        reader.push(CLIENT, Content::Data((&[0xAB; 30]).into()));
        assert_eq!(
            reader.read(&wire).heard()[0].trim_start_matches(|c: char| "<>".contains(c) || c.is_numeric()),
            "ping!"
        );
    }
}

/// Every run of segments missing, in a direction with records of many sizes: what is heard is true, in its place.
#[test]
fn gaps_of_every_size_at_every_place() {
    for suite in [0x1301, 0x1303, 0x1304] {
        let mut story = Tls13::new(suite);
        let log = story.log();
        let handshake = [story.hellos(), story.finish(false)].concat();
        let texts: Vec<String> =
            (0..12usize).map(|at| format!("[{}]", "abcdefghijkl"[at..=at].repeat(at * at * 7))).collect();
        let stream: Vec<u8> = texts.iter().flat_map(|text| story.say(SERVER, text.as_bytes()).1).collect();
        let whole = texts.concat();
        for (from, len) in (0..stream.len()).step_by(97).flat_map(|from| [1, 60, 700, 2500].map(|len| (from, len))) {
            let Some(after) = stream.get(from + len..) else { continue };
            let mut reader = Reader::with(&log);
            reader.read(&handshake);
            reader.push(SERVER, Content::Data(stream[..from].into()));
            reader.push(SERVER, Content::Gap(len as u64));
            after.chunks(500).for_each(|piece| reader.push(SERVER, Content::Data(piece.into())));
            let (mut at, mut heard) = (0, 0);
            for piece in reader.heard[SERVER].split_inclusive(['<', '>']) {
                match piece.strip_suffix('>').map(str::parse::<usize>) {
                    Some(missing) => at += missing.unwrap(),
                    None => {
                        let text = piece.trim_end_matches('<');
                        assert_eq!(whole.get(at..at + text.len()), Some(text), "{suite:04x} gap {from}+{len}");
                        (at, heard) = (at + text.len(), heard + text.len());
                    }
                }
            }
            assert!(heard + len + 3600 >= whole.len(), "{suite:04x} gap {from}+{len}: {heard} of {}", whole.len());
        }
    }
}

#[test]
fn plain_answer_and_plain_alert() {
    let mut reader = Reader::default();
    reader.read(&vec![
        (CLIENT, client_hello(RANDOM, true, false)),
        (SERVER, b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec()),
        (SERVER, b"more".to_vec()),
    ]);
    assert_eq!(reader.said[1..], [(SERVER, TlsEvent::PlainAnswer("HTTP/1.1 400 Bad Request".into()))]);
    let mut reader = Reader::default();
    reader.read(&vec![(CLIENT, client_hello(RANDOM, true, false)), (SERVER, record(21, &[2, 70]))]);
    let alert = Alert::parse(&[2, 70]).unwrap();
    assert_eq!(reader.said[1..], [(SERVER, TlsEvent::Alert { alert, protected: false })]);
}

#[test]
fn no_key_material_in_debug_output() {
    let mut story = Tls13::new(0x1301);
    let mut reader = Reader::with(&story.log());
    reader.read(&story.story());
    let shown = format!("{:?} {:?} {:?} {:?}", reader.tls, reader.keys, reader.workspace, reader.said);
    for byte in [0x31u8, 0x41, 0x51, 0x61] {
        for planted in [format!("{byte}, {byte}, {byte}"), format!("{byte:02x}").repeat(3)] {
            assert!(!shown.contains(&planted), "{planted}");
        }
    }
}

proptest! {
    #[test]
    fn random_bytes_never_panic(pieces in prop::collection::vec((any::<bool>(), prop::option::of(prop::collection::vec(any::<u8>(), 0..300))), 0..30)) {
        let mut reader = Reader::with(&Tls13::new(0x1301).log());
        for (client, piece) in pieces {
            let dir = if client { CLIENT } else { SERVER };
            reader.push(dir, piece.map_or(Content::Gap(77), |bytes| Content::Data(bytes.into())));
        }
        prop_assert_eq!(reader.heard(), ["", ""]);
    }

    #[test]
    fn damage_is_never_heard(at in 0..2000usize, mask in 1..=255u8, size in 1..200usize) {
        let mut wire = Tls13::new(0x1301).story();
        let mut rest = at;
        for (_, bytes) in &mut wire {
            if let Some(byte) = bytes.get_mut(rest) {
                *byte ^= mask;
                break;
            }
            rest = rest.saturating_sub(bytes.len());
        }
        let mut reader = Reader::with(&Tls13::new(0x1301).log());
        reader.read_cut(&wire, size);
        let heard = |dir: usize| reader.heard()[dir].replace(|c: char| c.is_numeric() || "<>".contains(c), "");
        let [client, server] = STORY.map(|text| text.replace(char::is_numeric, ""));
        for (heard, whole) in [(heard(0), client), (heard(1), server)] {
            let parts = ["GET /chat", "frames", " Switching"];
            let left = parts.iter().fold(heard.clone(), |left, part| left.replace(part, ""));
            prop_assert!(left.is_empty(), "{heard} of {whole}");
        }
    }
}
