//! Captures read through the library's own reader, and packets written into captures again.

use std::fs;
use std::path::{Path, PathBuf};

use wsclose_sniff::analyzer::{Config, ServerAddress};
use wsclose_sniff::capture::{Input, Source};
use wsclose_sniff::diagnosis::Finding;
use wsclose_sniff::packet::{Item, LinkType, PointId};
use wsclose_sniff::time::Timestamp;

use crate::fixtures::Fixture;
use crate::script::{Frame, packets};
use crate::whole::Whole;

/// A packet of its own.
#[derive(Clone, PartialEq, Debug)]
pub struct Owned {
    pub at: Timestamp,
    pub link: LinkType,
    pub data: Vec<u8>,
    pub original_len: u32,
}

/// What a capture holds.
#[derive(Clone, Default)]
pub struct Recording {
    pub packets: Vec<Owned>,
    pub secrets: Vec<Vec<u8>>,
    pub servers: Vec<ServerAddress>,
}

impl Recording {
    pub fn of(fixture: &Fixture) -> Self {
        let mut recording = Self::default();
        recording.secrets.extend(fixture.keylog().map(|keys| fs::read(keys).unwrap()));
        let address = |text: String| {
            let address: std::net::SocketAddr = text.parse().unwrap();
            ServerAddress { ip: address.ip(), port: Some(address.port()) }
        };
        recording.servers.extend(fixture.websocket_servers().into_iter().map(address));
        read(std::slice::from_ref(&fixture.capture), |item| match item {
            Item::Packet(packet) => recording.packets.push(Owned {
                at: packet.at,
                link: packet.link,
                data: packet.data.to_vec(),
                original_len: packet.original_len,
            }),
            Item::Secrets(secrets) => recording.secrets.push(secrets.to_vec()),
            Item::Idle(_) => {}
        });
        recording
    }

    /// What is found in capture files with these packets.
    pub fn findings_in(&self, files: &[PathBuf]) -> Vec<Finding> {
        let mut whole = Whole::new(Config { websocket_servers: self.servers.clone(), ..Config::default() });
        self.secrets.iter().for_each(|secrets| whole.take(Item::Secrets(secrets)));
        read(files, |item| whole.take(item));
        whole.finish().findings
    }
}

fn read(files: &[PathBuf], mut each: impl FnMut(Item<'_>)) {
    let inputs = files.iter().map(|path| Input { path: path.clone(), point: PointId(0) }).collect();
    let mut source = Source::files(inputs, None);
    while let Some(item) = source.next().unwrap() {
        each(item);
    }
}

/// A nanosecond pcap. All packets have one link type.
pub fn write_pcap(path: &Path, packets: &[Owned]) {
    let link = packets.first().map_or(LinkType::ETHERNET, |packet| packet.link);
    let mut bytes = words(&[0xa1b2_3c4d, 0x0004_0002, 0, 0, 262_144, u32::from(link.0)]);
    for packet in packets {
        assert_eq!(packet.link, link, "a pcap has one link type");
        let (seconds, nanoseconds) = (packet.at.0 / 1_000_000_000, packet.at.0 % 1_000_000_000);
        let header = [seconds, nanoseconds, packet.data.len() as i64, i64::from(packet.original_len)];
        bytes.extend(words(&header.map(|value| u32::try_from(value).unwrap())));
        bytes.extend(&packet.data);
    }
    fs::write(path, bytes).unwrap();
}

/// A pcapng with nanosecond times, an interface for each link type, and a comment on each packet.
pub fn write_pcapng(path: &Path, packets: &[Owned]) {
    let mut links: Vec<LinkType> = Vec::new();
    let mut bytes = block(0x0a0d_0d0a, &[words(&[0x1a2b_3c4d, 1, u32::MAX, u32::MAX])].concat());
    for packet in packets {
        let interface = links.iter().position(|link| *link == packet.link).unwrap_or_else(|| {
            links.push(packet.link);
            // if_tsresol 9, padded to a word; end of options.
            bytes.extend(block(1, &words(&[u32::from(packet.link.0), 262_144, 0x0001_0009, 9, 0])));
            links.len() - 1
        });
        let (high, low) = ((packet.at.0 >> 32) as u32, packet.at.0 as u32);
        let len = u32::try_from(packet.data.len()).unwrap();
        let mut body = words(&[u32::try_from(interface).unwrap(), high, low, len, packet.original_len]);
        body.extend(&packet.data);
        body.resize(body.len().next_multiple_of(4), 0);
        body.extend([&words(&[0x0004_0001]), b"seen".as_slice(), &[0; 4]].concat());
        bytes.extend(block(6, &body));
    }
    fs::write(path, bytes).unwrap();
}

fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 12).unwrap();
    [&words(&[kind, len]), body, &words(&[len])].concat()
}

fn words(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

impl From<&Frame> for Owned {
    fn from(frame: &Frame) -> Self {
        let original_len = u32::try_from(frame.data.len()).unwrap();
        Self { at: frame.at, link: LinkType::ETHERNET, data: frame.data.clone(), original_len }
    }
}

/// A script as a pcap file.
pub fn write_script(path: &Path, script: &str) {
    write_pcap(path, &packets(script).iter().map(Owned::from).collect::<Vec<_>>());
}
