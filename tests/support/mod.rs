//! What several tests of whole captures need: dice that fall the same in every run, and packets made by hand.

#![allow(dead_code, reason = "each test uses a part")]

/// A linear congruential generator: the same in every run.
pub struct Dice(pub u64);

impl Dice {
    /// From 0 to one below `sides`.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        u8::try_from(self.roll(256)).unwrap()
    }

    /// Random bytes.
    pub fn bytes(&mut self, len: usize) -> Vec<u8> {
        (0..len).map(|_| self.byte()).collect()
    }

    /// Words and JSON's signs.
    pub fn text(&mut self, len: usize) -> Vec<u8> {
        const WORDS: &[u8] = b"abcdefghijklmnopqrstuvwxyz     ,.{}\":0123456789";
        (0..len).map(|_| WORDS[self.roll(WORDS.len())]).collect()
    }

    /// Binary as programs write it: many zeros, small numbers, some text.
    pub fn structured(&mut self, len: usize) -> Vec<u8> {
        (0..len)
            .map(|_| match self.roll(4) {
                0 | 1 => 0,
                2 => u8::try_from(self.roll(16)).unwrap(),
                _ => self.byte(),
            })
            .collect()
    }
}

/// An IPv4 packet between 10.0.0.1:`port` and 10.0.0.2:7000; `up`: from the first.
pub fn segment(up: bool, seq: u32, ack: u32, payload: &[u8], port: u16) -> Vec<u8> {
    let (a, b) = ([10, 0, 0, 1], [10, 0, 0, 2]);
    let len = u16::try_from(40 + payload.len()).unwrap();
    let mut bytes = vec![0x45, 0, 0, 0, 0, 0, 0x40, 0, 64, 6, 0, 0];
    bytes[2..4].copy_from_slice(&len.to_be_bytes());
    let (from, to, from_port, to_port) = if up { (a, b, port, 7000) } else { (b, a, 7000, port) };
    bytes.extend(from);
    bytes.extend(to);
    bytes.extend(from_port.to_be_bytes());
    bytes.extend(to_port.to_be_bytes());
    bytes.extend(seq.to_be_bytes());
    bytes.extend(ack.to_be_bytes());
    bytes.extend([0x50, 0x18, 0xFF, 0xFF, 0, 0, 0, 0]);
    bytes.extend(payload);
    bytes
}
