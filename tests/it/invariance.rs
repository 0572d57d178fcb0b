//! Same bytes, same story: however the packets were cut, doubled, reordered, tagged or filed.
//!
//! Each fixture is told again from changed packets; code, reason, clean, ended_by, cause and Close frames must be the
//! same. Packet numbers, times and counters may differ. Packets that cannot be changed so (other link types, IP fragments,
//! cut packets, tunnels) are left as they are.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::Duration;

use etherparse::{EtherType, Ethernet2Header, IpHeaders, LinkSlice, NetSlice, SlicedPacket, TransportSlice};
use wsclose_sniff::packet::LinkType;

use crate::fixtures::{Fixture, fixtures};
use crate::replay::{Owned, Recording, write_pcap, write_pcapng};
use crate::script::Frame;
use crate::story::unvarying;

/// A way to change a capture without changing what happened.
type Change = fn(Vec<Owned>) -> Vec<Owned>;

/// Joined after its start, a stream is recognised by what segments begin with: where each byte is a segment, nothing is
/// left to go by, so those captures are not judged here.
#[test]
fn cut_into_single_bytes() {
    same_story_where(|packets| recut(packets, 1), |story| !story.contains("handshake unseen"));
}

#[test]
fn cut_into_7_bytes() {
    same_story(|packets| recut(packets, 7));
}

#[test]
fn cut_into_536_bytes() {
    same_story(|packets| recut(packets, 536));
}

/// As a mirror port of both directions of a switch does it.
#[test]
fn every_packet_twice() {
    same_story(doubled);
}

/// As capture queues do it: two segments of one side change places. SYN, FIN, RST and bare ACKs stay.
#[test]
fn segments_in_another_order() {
    same_story(swap_neighbours);
}

#[test]
fn with_a_vlan_tag() {
    same_story(|packets| packets.into_iter().map(tagged).collect());
}

#[test]
fn as_pcapng() {
    same_story_in(|packets, folder| {
        let file = folder.join("again.pcapng");
        write_pcapng(&file, &packets);
        vec![file]
    });
}

/// Files of one point, given in the wrong order.
#[test]
fn split_into_two_files() {
    same_story_in(|packets, folder| {
        let (first, second) = packets.split_at(packets.len() / 2);
        let files = [folder.join("1.pcapng"), folder.join("2.pcapng")];
        files.iter().zip([first, second]).for_each(|(file, packets)| write_pcapng(file, packets));
        files.into_iter().rev().collect()
    });
}

/// Packets of a script in other clothes.
pub fn changed(frames: &[Frame]) -> Vec<(&'static str, Vec<Frame>)> {
    let packets: Vec<Owned> = frames.iter().map(Owned::from).collect();
    let frames =
        |packets: Vec<Owned>| packets.into_iter().map(|packet| Frame { at: packet.at, data: packet.data }).collect();
    vec![
        ("byte by byte", frames(recut(packets.clone(), 1))),
        ("with every packet twice", frames(doubled(packets.clone()))),
        ("with a VLAN tag", frames(packets.into_iter().map(tagged).collect())),
    ]
}

fn doubled(packets: Vec<Owned>) -> Vec<Owned> {
    packets.into_iter().flat_map(|packet| [packet.clone(), packet]).collect()
}

/// `change` alters no story; written as pcap where one link type allows it.
#[track_caller]
fn same_story(change: Change) {
    same_story_where(change, |_| true);
}

#[track_caller]
fn same_story_where(change: Change, judged: fn(&str) -> bool) {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let recording = Recording::of(&fixture);
        if !stories(&recording, std::slice::from_ref(&fixture.capture)).iter().all(|story| judged(story)) {
            continue;
        }
        let changed = change(recording.packets.clone());
        wrong.extend(compare(&fixture, &recording, |folder| {
            let file = folder.join("again.pcap");
            match changed.iter().all(|packet| packet.link == changed[0].link) {
                true => write_pcap(&file, &changed),
                false => write_pcapng(&file, &changed),
            }
            vec![file]
        }));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[track_caller]
fn same_story_in(written: fn(Vec<Owned>, PathBuf) -> Vec<PathBuf>) {
    let mut wrong = Vec::new();
    for fixture in fixtures() {
        let recording = Recording::of(&fixture);
        wrong.extend(compare(&fixture, &recording, |folder| written(recording.packets.clone(), folder)));
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// What is told differently. A fixture that is ahead of the program is judged when the program has come so far.
fn compare(fixture: &Fixture, recording: &Recording, write: impl FnOnce(PathBuf) -> Vec<PathBuf>) -> Option<String> {
    if let Some(awaits) = fixture.awaits() {
        eprintln!("fixture {} awaits {awaits}: not compared", fixture.name);
        return None;
    }
    let folder = tempfile::tempdir().unwrap();
    let again = stories(recording, &write(folder.path().to_owned()));
    let before = stories(recording, std::slice::from_ref(&fixture.capture));
    let only = |these: &[String], those: &[String], sign: &str| {
        let only = these.iter().filter(|story| !those.contains(story));
        only.map(|story| format!("\n  {sign} {story}")).collect::<String>()
    };
    (before != again).then(|| format!("{}:{}{}", fixture.name, only(&before, &again, "-"), only(&again, &before, "+")))
}

/// The stories of all connections, in no order: what is decided sooner is told sooner.
fn stories(recording: &Recording, files: &[PathBuf]) -> Vec<String> {
    let mut stories: Vec<String> = recording.findings_in(files).iter().map(unvarying).collect();
    stories.sort();
    stories
}

/// Each segment's payload in pieces of at most `len` bytes; FIN and PSH on the last.
fn recut(packets: Vec<Owned>, len: usize) -> Vec<Owned> {
    packets.into_iter().flat_map(|packet| pieces(&packet, len).unwrap_or_else(|| vec![packet])).collect()
}

fn pieces(packet: &Owned, len: usize) -> Option<Vec<Owned>> {
    let sliced = plain_ethernet(packet)?;
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return None };
    let (header, payload) = (tcp.to_header(), tcp.payload());
    if payload.len() <= len || header.syn {
        return None;
    }
    let last = payload.len().div_ceil(len) - 1;
    let piece = |(i, bytes): (usize, &[u8])| {
        let mut header = header.clone();
        header.sequence_number = header.sequence_number.wrapping_add(u32::try_from(i * len).unwrap());
        (header.fin, header.psh) = (header.fin && i == last, header.psh && i == last);
        rebuilt(packet, &sliced, header, bytes, u16::try_from(i).unwrap())
    };
    payload.chunks(len).enumerate().map(piece).collect()
}

/// An untagged Ethernet frame with a whole IP datagram.
fn plain_ethernet(packet: &Owned) -> Option<SlicedPacket<'_>> {
    if packet.link != LinkType::ETHERNET || packet.data.len() != packet.original_len as usize {
        return None;
    }
    let sliced = SlicedPacket::from_ethernet(&packet.data).ok()?;
    let fragment = match &sliced.net {
        Some(NetSlice::Ipv4(ip)) => ip.is_payload_fragmented(),
        Some(NetSlice::Ipv6(ip)) => ip.is_payload_fragmented(),
        _ => true,
    };
    (!fragment && sliced.link_exts.is_empty()).then_some(sliced)
}

fn rebuilt(
    packet: &Owned,
    sliced: &SlicedPacket<'_>,
    header: etherparse::TcpHeader,
    bytes: &[u8],
    nth: u16,
) -> Option<Owned> {
    let Some(LinkSlice::Ethernet2(ethernet)) = &sliced.link else { return None };
    let ip = match &sliced.net {
        Some(NetSlice::Ipv4(ip)) => {
            let mut header = ip.header().to_header();
            // Pieces are packets of their own, and close enough not to look like somebody else's.
            header.identification = header.identification.wrapping_add(nth);
            IpHeaders::Ipv4(header, Default::default())
        }
        Some(NetSlice::Ipv6(ip)) => IpHeaders::Ipv6(ip.header().to_header(), Default::default()),
        _ => return None,
    };
    let mut data = Vec::new();
    let builder = etherparse::PacketBuilder::ethernet2(ethernet.source(), ethernet.destination());
    builder.ip(ip).tcp_header(header).write(&mut data, bytes).ok()?;
    let at = packet.at + Duration::from_nanos(u64::from(nth));
    Some(Owned { at, link: packet.link, original_len: u32::try_from(data.len()).unwrap(), data })
}

/// Of each side's segments with payload, every second changes places with the one after it, where that comes next in
/// the capture and within 1 ms.
fn swap_neighbours(mut packets: Vec<Owned>) -> Vec<Owned> {
    let mut swapped: HashMap<Vec<u8>, bool> = HashMap::new();
    let mut i = 0;
    while i + 1 < packets.len() {
        if let (Some(a), Some(b)) = (data_of(&packets[i]), data_of(&packets[i + 1]))
            && a == b
            && packets[i + 1].at.since(packets[i].at) < Duration::from_millis(1)
        {
            let turn = swapped.entry(a).or_default();
            *turn = !*turn;
            if *turn {
                let (first, second) = (packets[i].at, packets[i + 1].at);
                packets.swap(i, i + 1);
                (packets[i].at, packets[i + 1].at) = (first, second);
                i += 1;
            }
        }
        i += 1;
    }
    packets
}

/// Addresses and ports of a segment that carries payload and nothing else.
fn data_of(packet: &Owned) -> Option<Vec<u8>> {
    let sliced = plain_ethernet(packet)?;
    let Some(TransportSlice::Tcp(tcp)) = &sliced.transport else { return None };
    if tcp.payload().is_empty() || tcp.syn() || tcp.fin() || tcp.rst() {
        return None;
    }
    let (source, destination) = match &sliced.net {
        Some(NetSlice::Ipv4(ip)) => (ip.header().source().to_vec(), ip.header().destination().to_vec()),
        Some(NetSlice::Ipv6(ip)) => (ip.header().source().to_vec(), ip.header().destination().to_vec()),
        _ => return None,
    };
    Some(
        [source, destination, tcp.source_port().to_be_bytes().to_vec(), tcp.destination_port().to_be_bytes().to_vec()]
            .concat(),
    )
}

fn tagged(packet: Owned) -> Owned {
    if packet.link != LinkType::ETHERNET || packet.data.len() < Ethernet2Header::LEN {
        return packet;
    }
    let (addresses, rest) = packet.data.split_at(12);
    let tag = [EtherType::VLAN_TAGGED_FRAME.0.to_be_bytes(), 42u16.to_be_bytes()].concat();
    Owned { data: [addresses, &tag, rest].concat(), original_len: packet.original_len + 4, ..packet }
}
