//! Whole files: compression, cut tails, damage, and what is no capture.

use std::io::Write;

use proptest::prelude::*;

use super::super::format::ByteOrder;
use super::super::testing::{Pcap, Pcapng};
use super::*;

/// What is in a file, as far as a person would care.
#[derive(Debug, PartialEq, Eq)]
struct Told {
    packets: Vec<(u64, Timestamp, Vec<u8>)>,
    secrets: Vec<Vec<u8>>,
    warnings: Vec<Warning>,
    info: FileInfo,
}

fn read(bytes: Vec<u8>) -> Result<Told, Error> {
    let path = Path::new("trace");
    // A small buffer, so that packets fall across reads.
    let mut file = File::start(Raw::memory(bytes), 40, path)?;
    let (mut info, mut warnings) = (FileInfo::new(path), VecDeque::new());
    let (mut packets, mut secrets) = (Vec::new(), Vec::new());
    loop {
        match file.advance(&mut info, &mut warnings).map_err(|error| *error)? {
            Next::Packet => packets.push((info.packets, file.frame().at, file.data().to_vec())),
            Next::Secrets => secrets.push(file.data().to_vec()),
            Next::End => break,
        }
    }
    assert_eq!(file.advance(&mut info, &mut warnings).unwrap(), Next::End, "the end stays the end");
    Ok(Told { packets, secrets, warnings: warnings.into(), info })
}

fn three_packets() -> Vec<u8> {
    Pcap::usual().packet(1, 0, b"one").packet(2, 0, &[b'2'; 300]).packet(3, 0, b"three").bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn zstd(bytes: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(bytes, ruzstd::encoding::CompressionLevel::Fastest)
}

#[test]
fn packets_are_numbered_from_one_and_counted() {
    let told = read(three_packets()).unwrap();
    assert_eq!(told.packets.iter().map(|(number, ..)| *number).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!((told.info.packets, told.info.bytes, told.info.truncated), (3, 308, false));
    assert!(told.warnings.is_empty());
}

#[test]
fn compressed_files_are_told_by_content() {
    let plain = read(three_packets()).unwrap();
    let (first, second) = (&three_packets()[..50], &three_packets()[50..]);
    let skippable = [&[0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0][..], b"abc"].concat();
    for packed in [
        gzip(&three_packets()),
        [gzip(first), gzip(second)].concat(),
        zstd(&three_packets()),
        [skippable.clone(), zstd(first), skippable, zstd(second)].concat(),
    ] {
        assert_eq!(read(packed).unwrap(), plain);
    }
}

#[test]
fn a_cut_tail_is_a_warning_and_the_rest_counts() {
    let whole = three_packets();
    for cut in [1, 4, 5, 12, 20] {
        let told = read(whole[..whole.len() - cut].to_vec()).unwrap();
        assert_eq!((told.packets.len(), told.info.truncated), (2, true));
        assert_eq!(told.warnings[0].trouble, Trouble::CutShort);
        assert_eq!(told.warnings[0].to_string(), "trace: cut short inside packet 3: the 2 before it count");
    }
}

#[test]
fn cut_compressed_data_is_a_warning_and_the_rest_counts() {
    let noise: Vec<u8> = (0..40_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let plain = Pcap::usual().packet(1, 0, b"one").packet(2, 0, &noise).packet(3, 0, b"three").bytes;
    for packed in [gzip(&plain), zstd(&plain)] {
        let told = read(packed[..packed.len() * 9 / 10].to_vec()).unwrap();
        assert!(matches!(told.warnings[..], [Warning { trouble: Trouble::Compression(_), .. }]), "{:?}", told.warnings);
        assert!(told.info.truncated);
        assert_eq!(told.packets.len(), 1);
        let told = read(packed[..packed.len() - 1].to_vec()).unwrap();
        assert_eq!(told.warnings.len(), 1);
    }
}

#[test]
fn a_corrupt_length_is_told_and_reading_goes_on_behind_it() {
    let mut bytes = Pcap::usual().packet(1, 0, b"one").bytes;
    let damage = bytes.len();
    let mut file = Pcap::usual().packet(2, 0, b"two");
    for number in 3..8 {
        file = file.packet(number, 0, b"behind");
    }
    bytes.extend(&file.bytes[24..]);
    bytes[damage + 8..damage + 12].copy_from_slice(&0x7000_0000_u32.to_le_bytes());
    let told = read(bytes).unwrap();
    assert_eq!(told.packets.len(), 6);
    assert_eq!(told.packets[1], (2, Timestamp::new(3, 0), b"behind".to_vec()));
    assert!(matches!(told.warnings[0].trouble, Trouble::Skipped(_, 19)), "{:?}", told.warnings);
    assert!(told.info.truncated);
}

#[test]
fn damage_without_anything_behind_it_ends_the_file() {
    let mut bytes = three_packets();
    bytes.extend([0xff; 64]);
    let told = read(bytes).unwrap();
    assert_eq!((told.packets.len(), told.warnings.len()), (3, 1));
    assert!(matches!(told.warnings[0].trouble, Trouble::Damaged(_)));
}

#[test]
fn bad_blocks_are_told_once() {
    let file = Pcapng::new(ByteOrder::Big).packet(0, 1, b"x").packet(0, 1, b"y").interface(1, &[]).packet(0, 1, b"z");
    let told = read(file.bytes).unwrap();
    assert_eq!((told.packets.len(), told.packets[0].0), (1, 3));
    assert!(matches!(told.warnings[..], [Warning { trouble: Trouble::BadBlock(_), packets: 0, .. }]));
}

#[test]
fn what_is_no_capture_is_an_error_with_advice() {
    let message = |bytes: &[u8]| read(bytes.to_vec()).unwrap_err().to_string();
    assert!(message(b"").contains("empty"));
    assert!(message(b"GET / HTTP/1.1").contains("text"));
    assert!(message(b"\xfd7zXZ\0").contains("xz -dc trace | wsclose-sniff -"));
    assert!(message(b"\x00\x01\x02\x03").contains("editcap"));
    assert!(message(&gzip(b"hello")).contains("text"));
    assert!(message(b"\x1f\x8b\x08").contains("gzip -t"));
    assert!(message(b"\xd4\xc3").contains("too short"));
}

#[test]
fn paths_that_cannot_be_opened_say_why() {
    let message = |path: &str| File::open(Path::new(path), 64).err().unwrap().to_string();
    assert_eq!(message("no/such/file"), "cannot open no/such/file: no such file or directory");
    assert!(message("src").contains("src/*.pcap*"));
}

proptest! {
    #[test]
    fn no_bytes_panic_or_hang(bytes in prop::collection::vec(any::<u8>(), 0..600), magic in 0..6_usize) {
        let magics: [&[u8]; 6] = [b"", b"\xd4\xc3\xb2\xa1", b"\xa1\xb2\xcd\x34", b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd"];
        let _ = read([magics[magic], &bytes].concat());
    }

    #[test]
    fn no_damage_panics_and_what_stands_before_it_is_read(place in 24..400_usize, value: u8, pcapng: bool) {
        let mut bytes = if pcapng {
            let file = Pcapng::new(ByteOrder::Little).interface(1, &[(2, b"eth0"), (9, &[9])]);
            (0..8).fold(file, |file, n| file.packet(0, n, &[7; 20])).bytes
        } else {
            (0..10).fold(Pcap::usual(), |file, n| file.packet(n, 0, &[7; 20])).bytes
        };
        let whole = read(bytes.clone()).unwrap();
        let place = place.min(bytes.len() - 1);
        bytes[place] = value;
        let damaged = read(bytes.clone()).unwrap();
        // Every packet that ends before the damage is as it was: 36 bytes a pcap record, at least so many in pcapng.
        let intact = if pcapng { place.saturating_sub(76) / 76 } else { (place - 24) / 36 };
        prop_assert!(damaged.packets.iter().zip(&whole.packets).take(intact.min(8)).all(|(a, b)| a == b));
    }
}
