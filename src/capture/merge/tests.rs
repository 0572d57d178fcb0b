//! Several files at once.

use std::io::Write;

use super::super::format::ByteOrder;
use super::super::testing::{Pcap, Pcapng};
use super::*;

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn file(&self, name: &str, bytes: &[u8]) -> Input {
        let path = self.0.path().join(name);
        fs::File::create(&path).unwrap().write_all(bytes).unwrap();
        Input { path, point: PointId(0) }
    }
}

fn capture(times: &[u32]) -> Vec<u8> {
    times.iter().fold(Pcap::usual(), |file, at| file.packet(*at, 0, &at.to_be_bytes())).bytes
}

fn described(packet: &Packet<'_>) -> (i64, usize, u64) {
    let seconds = packet.at.0 / 1_000_000_000;
    assert_eq!(packet.data, u32::try_from(seconds).unwrap().to_be_bytes());
    (seconds, packet.reference.file(), packet.reference.number())
}

/// Seconds, file and number of every packet; errors as text.
fn read(files: &mut Files) -> (Vec<(i64, usize, u64)>, Vec<String>) {
    let (mut packets, mut errors) = (Vec::new(), Vec::new());
    loop {
        match files.next() {
            Ok(Some(Item::Packet(packet))) => packets.push(described(&packet)),
            Ok(Some(item)) => panic!("{item:?}"),
            Ok(None) => return (packets, errors),
            Err(error) => errors.push(error.to_string()),
        }
    }
}

/// The same, `max` at a time.
fn read_batches(files: &mut Files, max: usize) -> (Vec<(i64, usize, u64)>, Vec<String>) {
    let (mut packets, mut errors) = (Vec::new(), Vec::new());
    loop {
        match files.next_batch(max) {
            Ok(Some(Batch::Packets(batch))) => {
                let before = packets.len();
                packets.extend(batch.map(|packet| described(&packet)));
                assert!((1..=max).contains(&(packets.len() - before)));
            }
            Ok(Some(Batch::Item(Item::Packet(packet)))) => packets.push(described(&packet)),
            Ok(Some(Batch::Item(item))) => panic!("{item:?}"),
            Ok(None) => return (packets, errors),
            Err(error) => errors.push(error.to_string()),
        }
    }
}

#[test]
fn in_batches_come_the_same_packets_in_the_same_order() {
    let folder = Folder::new();
    let damaged = {
        let mut bytes = capture(&[2, 3, 6, 7, 8, 9, 10, 11]);
        bytes[24 + 20 + 8..24 + 20 + 12].copy_from_slice(&u32::MAX.to_le_bytes()); // the second packet's length
        bytes
    };
    let inputs = || {
        vec![
            folder.file("late", &capture(&[30, 31, 32, 33])),
            folder.file("early", &capture(&[1, 5, 5, 20, 29, 30])),
            folder.file("damaged", &damaged),
            folder.file("overlapping", &capture(&[4, 5, 30, 31, 31])),
        ]
    };
    let one_by_one = read(&mut Files::new(inputs(), None));
    for max in [1, 2, 3, 32] {
        assert_eq!(read_batches(&mut Files::new(inputs(), None), max), one_by_one, "{max} at a time");
    }
}

#[test]
fn overlapping_files_come_in_time_order_with_their_own_numbers() {
    let folder = Folder::new();
    let inputs = vec![
        folder.file("late", &capture(&[30, 31])),
        folder.file("early", &capture(&[1, 5, 20])),
        folder.file("overlapping", &capture(&[4, 5, 30])),
    ];
    let (packets, errors) = read(&mut Files::new(inputs, None));
    assert_eq!(packets, [(1, 1, 1), (4, 2, 1), (5, 2, 2), (5, 1, 2), (20, 1, 3), (30, 0, 1), (30, 2, 3), (31, 0, 2)]);
    assert!(errors.is_empty());
}

#[test]
fn a_file_is_open_only_in_its_time() {
    let folder = Folder::new();
    let inputs: Vec<_> = (0..100).map(|n| folder.file(&n.to_string(), &capture(&[99 - n, 99 - n]))).collect();
    let mut files = Files::new(inputs, None);
    let mut count = 0;
    while files.next().unwrap().is_some() {
        count += 1;
        assert!(files.others.len() <= 1);
    }
    assert_eq!(count, 200);
}

#[test]
fn a_clock_that_goes_back_within_a_file_keeps_that_files_order() {
    let folder = Folder::new();
    let inputs = vec![folder.file("a", &capture(&[5, 3, 6])), folder.file("b", &capture(&[4, 7]))];
    let (packets, _) = read(&mut Files::new(inputs, None));
    assert_eq!(packets, [(4, 1, 1), (5, 0, 1), (3, 0, 2), (6, 0, 3), (7, 1, 2)]);
}

#[test]
fn one_unreadable_file_does_not_stop_the_others() {
    let folder = Folder::new();
    let missing = Input { path: folder.0.path().join("missing"), point: PointId(0) };
    let inputs = vec![
        folder.file("text", b"hello"),
        folder.file("good", &capture(&[1, 2])),
        missing,
        folder.file("empty", b""),
        folder.file("no packets", &capture(&[])),
    ];
    let mut files = Files::new(inputs, None);
    let (packets, errors) = read(&mut files);
    assert_eq!(packets, [(1, 1, 1), (2, 1, 2)]);
    assert_eq!(errors.len(), 3, "{errors:?}");
    assert_eq!(files.files()[1].packets, 2);
}

#[test]
fn points_are_told_apart() {
    let folder = Folder::new();
    let client = folder.file("client", &capture(&[1, 3]));
    let server = Input { point: PointId(1), ..folder.file("server", &capture(&[2])) };
    let mut files = Files::new(vec![client, server], None);
    let mut points = Vec::new();
    while let Some(Item::Packet(packet)) = files.next().unwrap() {
        points.push(packet.point.0);
    }
    assert_eq!(points, [0, 1, 0]);
}

#[test]
fn secrets_come_before_the_packets_of_every_file() {
    let folder = Folder::new();
    let keys = Pcapng::new(ByteOrder::Little);
    let body = [keys.words(&[0x544c_534b, 4]), b"keys".to_vec()].concat();
    let inputs = vec![folder.file("packets", &capture(&[1])), folder.file("keys", &keys.block(10, &body).bytes)];
    let mut files = Files::new(inputs, None);
    assert!(matches!(files.next().unwrap(), Some(Item::Secrets(b"keys"))));
    assert!(matches!(files.next().unwrap(), Some(Item::Packet(_))));
    assert!(files.next().unwrap().is_none());
}

#[test]
fn progress_ends_at_the_sum_of_all_files() {
    let folder = Folder::new();
    let inputs = vec![folder.file("a", &capture(&[1, 4])), folder.file("b", &capture(&[2]))];
    let mut files = Files::new(inputs, None);
    let begin = files.progress().unwrap();
    assert_eq!(begin.bytes_done, 0);
    read(&mut files);
    let end = files.progress().unwrap();
    assert_eq!((end.bytes_done, end.bytes_total), (begin.bytes_total, begin.bytes_total));
}

#[cfg(feature = "live")]
#[test]
fn a_filter_leaves_packets_out_but_keeps_their_numbers() {
    let folder = Folder::new();
    let bytes = [b"short".to_vec(), vec![0; 100], vec![1; 100]];
    let file = bytes.iter().fold(Pcap::usual(), |file, data| file.packet(1, 0, data));
    let filter = Filter::new("greater 50").unwrap();
    let mut files = Files::new(vec![folder.file("a", &file.bytes)], Some(filter));
    let mut numbers = Vec::new();
    while let Some(Item::Packet(packet)) = files.next().unwrap() {
        numbers.push(packet.reference.number());
    }
    assert_eq!((numbers, files.files()[0].packets), (vec![2, 3], 3));
}
