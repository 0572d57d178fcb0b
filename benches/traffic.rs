//! Packets for the benchmarks: many connections side by side, each with a handshake, messages, pings and a Close.

use std::io::Write;

use tempfile::NamedTempFile;
use wsclose_sniff::packet::{LinkType, Packet, PacketRef, PointId};
use wsclose_sniff::time::Timestamp;

/// Connections that are open at a time.
const SIDE_BY_SIDE: u32 = 500;
/// What happens between two packets, in ns.
const STEP_NS: i64 = 20_000;

/// Ethernet frames in the order of capture.
pub struct Traffic {
    frames: Vec<Vec<u8>>,
}

#[derive(Clone, Copy)]
enum From {
    Client,
    Server,
}

/// One connection in the making.
struct Connection {
    number: u32,
    seq: [u32; 2],
}

const SYN: u8 = 2;
const ACK: u8 = 16;
const FIN: u8 = 17;
/// Turns of a connection; in each both sides may speak.
const TURNS: u32 = 20;

impl Traffic {
    /// So many connections, a few side by side.
    pub fn new(connections: u32) -> Self {
        let mut frames = Vec::new();
        for first in (0..connections).step_by(SIDE_BY_SIDE as usize) {
            let last = connections.min(first + SIDE_BY_SIDE);
            let mut open: Vec<Connection> =
                (first..last).map(|number| Connection { number, seq: [1000, 2000] }).collect();
            for turn in 0..TURNS {
                open.iter_mut().for_each(|connection| connection.turn(turn, &mut frames));
            }
        }
        Self { frames }
    }

    /// Packets.
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// The packets in order.
    pub fn packets(&self) -> impl Iterator<Item = Packet<'_>> {
        (1..).zip(&self.frames).map(|(number, frame)| Packet {
            at: Timestamp(number * STEP_NS),
            reference: PacketRef::new(0, number.unsigned_abs()),
            point: PointId(0),
            interface: 0,
            link: LinkType::ETHERNET,
            data: frame,
            original_len: frame.len().try_into().unwrap(),
        })
    }

    /// The same as a pcap file.
    pub fn file(&self) -> NamedTempFile {
        let mut bytes = Vec::from(b"\x4d\x3c\xb2\xa1\x02\x00\x04\x00\0\0\0\0\0\0\0\0\xff\xff\0\0\x01\0\0\0");
        for packet in self.packets() {
            let (seconds, nanoseconds) = (packet.at.0 / 1_000_000_000, packet.at.0 % 1_000_000_000);
            for word in [seconds, nanoseconds, packet.original_len.into(), packet.original_len.into()] {
                bytes.extend(u32::try_from(word).unwrap().to_le_bytes());
            }
            bytes.extend(packet.data);
        }
        let mut file = NamedTempFile::new().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }
}

impl Connection {
    fn turn(&mut self, turn: u32, frames: &mut Vec<Vec<u8>>) {
        let mut send =
            |connection: &mut Self, from, flags, payload: &[u8]| frames.push(connection.segment(from, flags, payload));
        match turn {
            0 => send(self, From::Client, SYN, b""),
            1 => send(self, From::Server, SYN | ACK, b""),
            2 => send(self, From::Client, ACK, REQUEST),
            3 => send(self, From::Server, ACK, ANSWER),
            17 => send(self, From::Client, ACK, &masked(8, b"\x03\xe8bye")),
            18 => send(self, From::Server, FIN, b"\x88\x05\x03\xe8bye"),
            19 => send(self, From::Client, FIN, b""),
            turn if turn % 5 == 0 => send(self, From::Server, ACK, b"\x89\x04ping"),
            turn if turn % 5 == 1 => send(self, From::Client, ACK, &masked(10, b"ping")),
            turn if turn % 2 == 0 => {
                send(self, From::Client, ACK, &masked(1, b"{\"type\":\"position\",\"x\":103,\"y\":77}"))
            }
            _ => send(self, From::Server, ACK, b"\x81\x1d{\"type\":\"update\",\"players\":[]}"),
        }
    }

    fn segment(&mut self, from: From, flags: u8, payload: &[u8]) -> Vec<u8> {
        let [client, server] = [[10, 0, self.number.to_be_bytes()[2], self.number.to_be_bytes()[3]], [10, 1, 0, 1]];
        let [low, high] = [40_000 + (self.number >> 16) as u16, 80].map(u16::to_be_bytes);
        let (addresses, ports, own, other) = match from {
            From::Client => ([client, server], [low, high], 0, 1),
            From::Server => ([server, client], [high, low], 1, 0),
        };
        let total = u16::try_from(40 + payload.len()).unwrap().to_be_bytes();
        let mut frame =
            vec![2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 8, 0, 0x45, 0, total[0], total[1], 0, 0, 0x40, 0, 64, 6, 0, 0];
        frame.extend(addresses.concat());
        frame.extend(ports.concat());
        frame.extend(self.seq[own].to_be_bytes());
        frame.extend(self.seq[other].to_be_bytes());
        frame.extend([0x50, flags, 0xff, 0xff, 0, 0, 0, 0]);
        frame.extend(payload);
        let counts = u32::from(flags & SYN != 0 || flags == FIN);
        self.seq[own] += u32::try_from(payload.len()).unwrap() + counts;
        frame
    }
}

fn masked(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let key = [7, 77, 177, 27];
    let mut frame = vec![0x80 | opcode, 0x80 | u8::try_from(payload.len()).unwrap()];
    frame.extend(key);
    frame.extend(payload.iter().zip(key.iter().cycle()).map(|(byte, key)| byte ^ key));
    frame
}

const REQUEST: &[u8] = b"GET /chat HTTP/1.1\r\nHost: chat.example.com\r\nUser-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 \
(KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36\r\nOrigin: https://app.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
const ANSWER: &[u8] =
    b"HTTP/1.1 101 Switching Protocols\r\nServer: nginx/1.24.0\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
