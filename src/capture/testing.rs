//! Capture files made of bytes, for tests.

use super::format::{ByteOrder, Format, Frame, Step};

/// A classic pcap file in the making.
pub struct Pcap {
    pub bytes: Vec<u8>,
    /// Bytes that each record header has beyond the usual 16.
    pub extra: usize,
    order: ByteOrder,
}

impl Pcap {
    pub fn new(order: ByteOrder, magic: u32, link: u32) -> Self {
        let mut this = Self { bytes: Vec::new(), extra: 0, order };
        this.words(&[magic]);
        this.bytes.extend(match order {
            ByteOrder::Little => [2, 0, 4, 0],
            ByteOrder::Big => [0, 2, 0, 4],
        });
        this.words(&[0, 0, 65535, link]);
        this
    }

    /// Little endian, microseconds, Ethernet.
    pub fn usual() -> Self {
        Self::new(ByteOrder::Little, 0xa1b2_c3d4, 1)
    }

    pub fn packet(mut self, seconds: u32, fraction: u32, data: &[u8]) -> Self {
        let len = u32::try_from(data.len()).unwrap();
        self.words(&[seconds, fraction, len, len]);
        self.bytes.extend(vec![0; self.extra]);
        self.bytes.extend(data);
        self
    }

    fn words(&mut self, words: &[u32]) {
        words.iter().for_each(|&word| self.bytes.extend(bytes_of(self.order, word)));
    }
}

/// A pcapng file in the making. Byte order may change from block to block, as the sections want it.
pub struct Pcapng {
    pub bytes: Vec<u8>,
    pub order: ByteOrder,
}

impl Pcapng {
    /// With a section header.
    pub fn new(order: ByteOrder) -> Self {
        Self { bytes: Vec::new(), order }.section(order)
    }

    pub fn section(mut self, order: ByteOrder) -> Self {
        self.order = order;
        let mut body = bytes_of(order, 0x1a2b_3c4d).to_vec();
        body.extend(self.u16s(&[1, 0]));
        body.extend([0xff; 8]);
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface with raw options.
    pub fn interface(self, link: u16, options: &[(u16, &[u8])]) -> Self {
        let mut body = self.u16s(&[link, 0]);
        body.extend(bytes_of(self.order, 65535));
        body.extend(self.options(options));
        self.block(1, &body)
    }

    pub fn packet(self, interface: u32, ticks: u64, data: &[u8]) -> Self {
        let len = u32::try_from(data.len()).unwrap();
        let (high, low) = (u32::try_from(ticks >> 32).unwrap(), u32::try_from(ticks & 0xffff_ffff).unwrap());
        let mut body: Vec<u8> =
            [interface, high, low, len, len].iter().flat_map(|&w| bytes_of(self.order, w)).collect();
        body.extend(padded(data));
        // A comment, as Wireshark adds them: opt_comment.
        body.extend(self.options(&[(1, b"seen here")]));
        self.block(6, &body)
    }

    pub fn block(mut self, kind: u32, body: &[u8]) -> Self {
        let body = padded(body);
        let len = u32::try_from(body.len() + 12).unwrap();
        self.bytes.extend(bytes_of(self.order, kind));
        self.bytes.extend(bytes_of(self.order, len));
        self.bytes.extend(body);
        self.bytes.extend(bytes_of(self.order, len));
        self
    }

    pub fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.u16s(&[*code, u16::try_from(value.len()).unwrap()]));
            bytes.extend(padded(value));
        }
        bytes.extend([0; 4]);
        bytes
    }

    pub fn words(&self, words: &[u32]) -> Vec<u8> {
        words.iter().flat_map(|&word| bytes_of(self.order, word)).collect()
    }

    fn u16s(&self, values: &[u16]) -> Vec<u8> {
        let bytes = |value: &u16| match self.order {
            ByteOrder::Little => value.to_le_bytes(),
            ByteOrder::Big => value.to_be_bytes(),
        };
        values.iter().flat_map(bytes).collect()
    }
}

pub fn bytes_of(order: ByteOrder, word: u32) -> [u8; 4] {
    match order {
        ByteOrder::Little => word.to_le_bytes(),
        ByteOrder::Big => word.to_be_bytes(),
    }
}

fn padded(bytes: &[u8]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes.resize(bytes.len().next_multiple_of(4), 0);
    bytes
}

/// What a whole file says, by format alone.
#[derive(Default, Debug)]
pub struct Steps {
    pub packets: Vec<(Frame, Vec<u8>)>,
    pub secrets: Vec<Vec<u8>>,
    pub interfaces: Vec<Option<String>>,
    pub bad: Vec<&'static str>,
    pub damage: Option<&'static str>,
    pub left: usize,
    pub dropped: u64,
}

pub fn steps(file: &[u8]) -> Steps {
    let mut format = Format::of(file).expect("a known magic number");
    let (mut steps, mut rest) = (Steps::default(), file);
    loop {
        let used = match format.step(rest) {
            Step::Packet { frame, start, len, used } => {
                steps.packets.push((frame, rest[start..start + len].to_vec()));
                used
            }
            Step::Secrets { start, len, used } => {
                steps.secrets.push(rest[start..start + len].to_vec());
                used
            }
            Step::Interface { name, used } => {
                steps.interfaces.push(name);
                used
            }
            Step::Bad { what, used, .. } => {
                steps.bad.push(what);
                used
            }
            Step::Skip { used } => used,
            Step::Need(bytes) => {
                assert!(bytes > rest.len());
                break;
            }
            Step::Damaged(what) => {
                steps.damage = Some(what);
                break;
            }
        };
        assert!(used > 0);
        rest = &rest[used..];
    }
    Steps { left: rest.len(), dropped: format.dropped(), ..steps }
}
