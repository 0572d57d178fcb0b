//! One guess where frames begin, and what speaks for it.
//!
//! Given a direction's bytes from a guessed boundary on, follows the frames and weighs them in bits: how much likelier
//! these bytes are if they are frames than if they are anything else. A broken rule ends the walk. Keeps no payload but
//! the first bytes of the frame in work.

use super::utf8::Utf8;
use crate::wire::websocket::{
    CloseBody, FrameHeader, HEADER_BYTES_MAX, Opcode, parse_close_body, parse_frame_header, unmask,
};

/// Longest payload believed in without knowing anything: larger ones exist, but a random length is larger still.
const PAYLOAD_MAX: u64 = 1 << 30;
/// Bytes of a payload that are weighed: a whole control frame's.
const SAMPLE: usize = 128;
/// What ends of frames at ends of segments may add up to: whatever has lengths shows as much.
const ALIGNED_MAX: i32 = 24;
/// Text that is no UTF-8 is wrong (RFC 6455 §8.1), and sent all the same.
const BITS_BAD_TEXT: i32 = -6;
/// What frames like those before may add up to, one bit each: empty pings repeat, but so does padding.
const REPEATS_MAX: i32 = 16;

/// A guess followed so far.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// Stream offset of the first boundary of which the bytes are still at hand.
    pub anchor: u64,
    /// Frames followed to their end.
    pub frames: u32,
    /// They are masked.
    pub masked: Option<bool>,
    /// What its content alone is worth: text that is text, codes that are codes.
    pub content_bits: i32,
    /// A Close was followed: nothing may come after it (RFC 6455 §5.5.1).
    pub closed: bool,
    /// Offset of the next byte.
    at: u64,
    bits: i32,
    /// How many other guesses were as good before anything was read.
    doubt: i32,
    aligned: i32,
    deflate: Option<bool>,
    head: [u8; HEADER_BYTES_MAX],
    head_len: u8,
    header: FrameHeader,
    /// None between frames.
    remaining: Option<u64>,
    sample: [u8; SAMPLE],
    sample_len: u8,
    last_byte: u8,
    holed: bool,
    in_message: Option<bool>,
    /// The first fragment of the message was followed, not only what would continue one.
    begun: bool,
    /// Digests of the frames before: what only repeats itself says little new.
    digests: [u32; 4],
    repeats: i32,
}

/// The walk led nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Broken;

impl Walk {
    /// A frame may begin at stream offset `at`.
    pub(super) fn new(at: u64, masked: Option<bool>, deflate: Option<bool>, doubt: i32) -> Self {
        Self {
            anchor: at,
            frames: 0,
            masked,
            content_bits: 0,
            closed: false,
            at,
            bits: 0,
            doubt,
            aligned: 0,
            deflate,
            head: [0; HEADER_BYTES_MAX],
            head_len: 0,
            header: FrameHeader::default(),
            remaining: None,
            sample: [0; SAMPLE],
            sample_len: 0,
            last_byte: 0,
            holed: false,
            in_message: None,
            begun: false,
            digests: [0; 4],
            repeats: 0,
        }
    }

    /// A frame may begin with this byte: RSV and opcode are sane.
    #[inline]
    pub(super) fn may_begin(byte: u8, deflate: Option<bool>) -> bool {
        matches!(byte, 0x00..=0x02 | 0x80..=0x82 | 0x88..=0x8A)
            || (deflate != Some(false) && matches!(byte, 0x41 | 0x42 | 0xC1 | 0xC2))
    }

    /// What speaks for it, less the doubt.
    pub(super) fn belief(&self) -> i32 {
        self.bits + self.aligned + self.repeats - self.doubt
    }

    /// Between two frames.
    pub(super) fn at_boundary(&self) -> bool {
        self.remaining.is_none() && self.head_len == 0
    }

    /// The body of the Close that was followed last, unmasked.
    pub(super) fn close_body(&self) -> Option<&[u8]> {
        if self.closed { self.sample.get(..usize::from(self.sample_len)) } else { None }
    }

    /// Bytes before `kept_from` are not at hand any more: the anchor must be a later boundary.
    pub(super) fn forget_before(&mut self, kept_from: u64) {
        if self.anchor < kept_from {
            self.anchor = u64::MAX;
        }
    }

    /// Goes on through a segment's bytes.
    pub(super) fn push(&mut self, mut bytes: &[u8]) -> Result<(), Broken> {
        while !bytes.is_empty() {
            if self.closed {
                return Err(Broken);
            }
            bytes = match self.remaining {
                Some(remaining) => self.pay(bytes, remaining)?,
                None => self.head(bytes)?,
            };
        }
        // Two bytes of length look like fragments without end: only what is begun counts.
        let counts = self.header.opcode != Opcode::CONTINUATION || self.header.fin || self.begun;
        if counts && self.at_boundary() && self.frames > 0 && self.header.payload_len > 0 {
            self.aligned = (self.aligned + 4).min(ALIGNED_MAX);
        }
        Ok(())
    }

    /// Bytes are missing: a payload may be counted through, a header not.
    pub(super) fn skip(&mut self, bytes: u64) -> Result<(), Broken> {
        let remaining = self.remaining.filter(|remaining| bytes <= *remaining).ok_or(Broken)?;
        self.at += bytes;
        self.holed = true;
        self.take(remaining - bytes)
    }

    fn head<'a>(&mut self, bytes: &'a [u8]) -> Result<&'a [u8], Broken> {
        let mut rest = bytes;
        while let Some((byte, after)) = rest.split_first() {
            if self.head_len == 0 && self.anchor == u64::MAX {
                self.anchor = self.at;
            }
            let len = usize::from(self.head_len);
            *self.head.get_mut(len).ok_or(Broken)? = *byte;
            self.head_len += 1;
            self.at += 1;
            rest = after;
            self.check_start(len, *byte)?;
            if let Ok((_, header)) = parse_frame_header(self.head.get(..=len).unwrap_or_default()) {
                self.head_len = 0;
                self.begin(header)?;
                break;
            }
        }
        Ok(rest)
    }

    /// The first two bytes tell most, and soonest.
    fn check_start(&self, index: usize, byte: u8) -> Result<(), Broken> {
        let fits = match index {
            0 => Self::may_begin(byte, self.deflate),
            1 => self.masked.is_none_or(|masked| masked == (byte & 0x80 != 0)),
            _ => true,
        };
        fits.then_some(()).ok_or(Broken)
    }

    fn begin(&mut self, header: FrameHeader) -> Result<(), Broken> {
        let opcode = header.opcode;
        if header.length_not_minimal || header.payload_len > PAYLOAD_MAX {
            return Err(Broken);
        }
        if opcode.is_control() && (!header.fin || header.payload_len > 125)
            || opcode == Opcode::CLOSE && header.payload_len == 1
        {
            return Err(Broken);
        }
        let continues = opcode == Opcode::CONTINUATION;
        // An empty fragment that announces more is legal and made by nobody; zeros are everywhere.
        let empty = !header.fin && header.payload_len == 0;
        if empty || !opcode.is_control() && self.in_message.is_some_and(|open| open != continues) {
            return Err(Broken);
        }
        // A key is random (RFC 6455 §5.3); that of a run of one byte is not. Zero keys are used by some.
        if header.masking_key.is_some_and(|[a, rest @ ..]| a != 0 && rest == [a; 3]) {
            return Err(Broken);
        }
        self.bits += self.header_bits(&header);
        if !opcode.is_control() {
            self.in_message = Some(!header.fin);
            self.begun = !header.fin && (self.begun || !continues);
        }
        self.masked = Some(header.masking_key.is_some());
        self.header = header;
        self.sample_len = 0;
        self.holed = false;
        self.take(header.payload_len)
    }

    /// log2 of how much likelier this header is among frames than among other bytes.
    fn header_bits(&self, header: &FrameHeader) -> i32 {
        let first = match (header.opcode, header.fin) {
            (Opcode::TEXT | Opcode::BINARY, true) => 5,
            (Opcode::PING | Opcode::PONG, _) => 4,
            (Opcode::CLOSE, _) => 3,
            (Opcode::CONTINUATION, true) if self.begun => 4,
            (Opcode::CONTINUATION, false) if self.begun => 1,
            (Opcode::TEXT | Opcode::BINARY, false) if header.rsv == 0 => 2,
            _ => 0,
        };
        let length = match header.header_len {
            4 | 8 => 4,    // 1 of 128 random bytes announces 16 bits, a quarter of real headers do
            10 | 14 => 18, // the upper half of a 64-bit length is zero
            _ => 0,
        };
        first + length + i32::from(self.masked.is_some())
    }

    fn pay<'a>(&mut self, bytes: &'a [u8], remaining: u64) -> Result<&'a [u8], Broken> {
        let len = usize::try_from(remaining).unwrap_or(usize::MAX).min(bytes.len());
        let (payload, rest) = bytes.split_at_checked(len).unwrap_or((bytes, &[]));
        if !self.holed {
            let room = self.sample.get_mut(usize::from(self.sample_len)..).unwrap_or_default();
            for (slot, byte) in room.iter_mut().zip(payload) {
                *slot = *byte;
                self.sample_len += 1;
            }
        }
        self.last_byte = payload.last().copied().unwrap_or(self.last_byte);
        self.at += len as u64;
        self.take(remaining - len as u64)?;
        Ok(rest)
    }

    /// So much payload is still to come.
    fn take(&mut self, remaining: u64) -> Result<(), Broken> {
        self.remaining = Some(remaining);
        if remaining > 0 {
            return Ok(());
        }
        self.remaining = None;
        self.frames += 1;
        self.end()
    }

    fn end(&mut self) -> Result<(), Broken> {
        let header = self.header;
        let len = usize::from(self.sample_len);
        let digest = self.digest_of_frame(len);
        let repeated = self.digests.contains(&digest);
        self.digests.rotate_right(1);
        if let Some(newest) = self.digests.first_mut() {
            *newest = digest;
        }
        if let Some(key) = header.masking_key {
            unmask(self.sample.get_mut(..len).unwrap_or_default(), key, 0);
            let index = header.payload_len.saturating_sub(1) & 3;
            self.last_byte ^= key.get(usize::try_from(index).unwrap_or(0)).copied().unwrap_or(0);
        }
        let bits = self.content()?;
        self.closed = header.opcode == Opcode::CLOSE;
        if repeated {
            // The same bytes once more: worth no more than that they still chain.
            self.bits -= self.header_bits(&header);
            self.repeats = (self.repeats + 1).min(REPEATS_MAX);
            self.aligned = (self.aligned - 4).max(0);
        } else {
            self.bits += bits;
            self.content_bits += bits;
        }
        Ok(())
    }

    /// FNV-1a over length, mask and sample as sent.
    fn digest_of_frame(&self, len: usize) -> u32 {
        let key = self.header.masking_key.unwrap_or_default();
        let start = [
            self.header.opcode.0,
            self.header.rsv,
            self.header.payload_len.to_le_bytes().first().copied().unwrap_or(0),
        ];
        let all = start.iter().chain(&key).chain(self.sample.get(..len).unwrap_or_default());
        all.fold(0x811C_9DC5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
    }

    /// The bits that the content is worth; broken if it cannot be this frame's.
    fn content(&self) -> Result<i32, Broken> {
        let sample = self.sample.get(..usize::from(self.sample_len)).unwrap_or_default();
        let header = &self.header;
        let whole = !self.holed && header.payload_len == sample.len() as u64;
        match header.opcode {
            Opcode::CLOSE if !self.holed || sample.len() >= 2 => match parse_close_body(sample) {
                CloseBody::Empty => Ok(4),
                CloseBody::OneByte => Err(Broken),
                CloseBody::Code(code, reason) => {
                    // Thirteen codes of 65536 are the usual ones, 2000 are private.
                    let usual = if code.0 < 1016 { 12 } else { 5 };
                    let fits = code.may_be_sent() && is_text(reason, whole);
                    if fits { Ok(usual + self.text_bits(reason)) } else { Err(Broken) }
                }
            },
            Opcode::TEXT if header.rsv == 0 && !self.holed => {
                let is_text = is_text(sample, whole && header.fin);
                Ok(if is_text { self.text_bits(sample) } else { BITS_BAD_TEXT })
            }
            _ if header.rsv == 0x4 && header.fin && header.payload_len > 0 && !self.holed => {
                Ok(deflate_bits(self.last_byte))
            }
            _ => Ok(0),
        }
    }

    /// Text is worth more where it had to be unmasked to be one: no other protocol's bytes turn into text so.
    fn text_bits(&self, text: &[u8]) -> i32 {
        if text.iter().any(|byte| byte.is_ascii_control() && !byte.is_ascii_whitespace()) {
            return 0;
        }
        let len = i32::try_from(text.len()).unwrap_or(i32::MAX);
        match self.header.masking_key {
            Some([a, rest @ ..]) if rest.iter().any(|byte| *byte != a) => len.min(32),
            Some(_) => len.min(16) / 4,
            None => len.min(24) / 2,
        }
    }
}

/// UTF-8, as far as it goes.
fn is_text(bytes: &[u8], whole: bool) -> bool {
    let mut utf8 = Utf8::default();
    utf8.push(bytes) && (!whole || utf8.is_whole())
}

/// A compressed message ends with an empty stored block, of which only the zero bits are sent (RFC 7692 §7.2.1): the
/// upper bits of its last byte are clear, most often all.
fn deflate_bits(last_byte: u8) -> i32 {
    match last_byte {
        0 => 4,
        1..=0x1F => 2,
        _ => -6,
    }
}
