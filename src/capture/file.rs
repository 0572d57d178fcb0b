//! One capture file, from its first byte to its last.
//!
//! Given a path or `-`, finds out compression and format by content, and gives its packets as places in its buffer,
//! numbered as Wireshark does. A cut tail and damage end or shorten the file with a [`Warning`]; only I/O fails.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;

use super::buffer::Buffer;
use super::decompress::{Bytes, Raw};
use super::error::{Error, Trouble, Warning};
use super::format::{Format, Found, Frame, MAGIC_BYTES, Step};
use crate::limits::{PACKET_USUAL_BYTES, RESYNC_BYTES};
use crate::packet::LinkType;
use crate::time::Timestamp;

/// What is known of one input so far.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct FileInfo {
    /// The path or device as given; "standard input" for `-`.
    pub name: String,
    /// Packets read, also those that a filter left out.
    pub packets: u64,
    /// Bytes of these packets, as far as they were captured.
    pub bytes: u64,
    /// Packets that were longer on the wire than in the capture.
    pub snaplen_cut: u64,
    /// Packets lost while capturing, where the capture says so (pcapng statistics; live: the kernel).
    pub dropped: u64,
    /// The input was cut short or damaged: there was more.
    pub truncated: bool,
    /// Names of its interfaces in the order of [`Packet::interface`](crate::packet::Packet::interface).
    pub interfaces: Vec<Option<String>>,
}

impl FileInfo {
    pub(super) fn new(path: &Path) -> Self {
        Self { name: name_of(path), ..Self::default() }
    }

    #[inline]
    fn count(&mut self, len: usize, frame: &Frame) {
        let len = u64::try_from(len).unwrap_or(u64::MAX);
        self.packets += 1;
        self.bytes = self.bytes.saturating_add(len);
        self.snaplen_cut += u64::from(len < u64::from(frame.original_len));
    }
}

/// How people call an input.
fn name_of(path: &Path) -> String {
    if is_stdin(path) { "standard input".to_owned() } else { path.display().to_string() }
}

pub(super) fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// What a file has next. The entry itself stays in the file: it is not to be copied at every packet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    Packet,
    Secrets,
    End,
}

pub(super) struct File {
    input: Bytes,
    buffer: Buffer,
    format: Format,
    /// The entry that [`File::advance`] told of: its bytes, and for a packet what the file says of it.
    place: Range<usize>,
    frame: Frame,
    ended: bool,
    /// Each is a warning; a file of random bytes must not fill the screen.
    resyncs_left: u8,
    bad_block_told: bool,
}

const RESYNCS_MAX: u8 = 8;

impl File {
    /// Opens an input and finds out what it is.
    pub fn open(path: &Path, buffer_bytes: usize) -> Result<Self, Error> {
        let raw = if is_stdin(path) {
            Raw::stdin()
        } else {
            if fs::metadata(path).map_err(|source| Error::open(path, source))?.is_dir() {
                return Err(Error::Directory { file: path.display().to_string() });
            }
            Raw::file(fs::File::open(path).map_err(|source| Error::open(path, source))?)
        };
        Self::start(raw, buffer_bytes, path)
    }

    pub(super) fn start(raw: Raw, buffer_bytes: usize, path: &Path) -> Result<Self, Error> {
        let file = || name_of(path);
        let mut input = Bytes::new(raw).map_err(|source| Error::Read { file: file(), source })?;
        let mut buffer = Buffer::new(buffer_bytes);
        match buffer.refill(&mut input, MAGIC_BYTES) {
            Ok(_) => {}
            Err(_) if input.is_compressed() && buffer.unread().len() < MAGIC_BYTES => {
                return Err(Error::Format {
                    file: file(),
                    what: "compressed data that ends or is damaged at its start",
                    hint: "test it with gzip -t or zstd -t".to_owned(),
                });
            }
            Err(source) => return Err(Error::Read { file: file(), source }),
        }
        match Format::of(buffer.unread()) {
            Some(format) => {
                let frame = Frame { at: Timestamp(0), interface: 0, link: LinkType::NULL, original_len: 0 };
                let (place, ended, resyncs_left, bad_block_told) = (0..0, false, RESYNCS_MAX, false);
                Ok(Self { input, buffer, format, place, frame, ended, resyncs_left, bad_block_told })
            }
            None if buffer.unread().is_empty() => Err(Error::Empty { file: file() }),
            None => {
                let (what, hint) = foreign(buffer.unread(), &file());
                Err(Error::Format { file: file(), what, hint })
            }
        }
    }

    /// Goes to the next packet or secrets; what is learned on the way goes to `info` and `warnings`.
    #[inline]
    pub fn advance(&mut self, info: &mut FileInfo, warnings: &mut VecDeque<Warning>) -> Result<Next, Box<Error>> {
        loop {
            match self.format.step(self.buffer.unread()) {
                Step::Packet { frame, start, len, used } => {
                    self.take_packet(frame, start, len, used, info);
                    return Ok(Next::Packet);
                }
                Step::Secrets { start, len, used } => {
                    self.place = self.buffer.place(start, len);
                    self.buffer.consume(used);
                    return Ok(Next::Secrets);
                }
                step => {
                    if !self.go_on(step, info, warnings)? {
                        info.dropped = self.format.dropped();
                        return Ok(Next::End);
                    }
                }
            }
        }
    }

    /// When the packet behind it was captured, if it stands in the buffer and nothing is wrong with it.
    pub fn at_hand_at(&mut self) -> Option<Timestamp> {
        self.format.packet_at_hand(self.buffer.unread()).map(|found| found.frame.at)
    }

    /// The packets behind it, as long as they stand in the buffer and nothing is wrong with them.
    #[inline]
    pub fn at_hand<'a>(&'a mut self, info: &'a mut FileInfo) -> AtHand<'a> {
        let (unread, start) = self.buffer.unread_and_start();
        AtHand { format: &mut self.format, unread, start, info }
    }

    /// Bytes of the packet or secrets that [`File::advance`] went to.
    #[inline]
    pub fn data(&self) -> &[u8] {
        self.buffer.at(&self.place)
    }

    /// The packet that it went to.
    #[inline]
    pub fn frame(&self) -> &Frame {
        &self.frame
    }

    #[inline]
    fn take_packet(&mut self, frame: Frame, start: usize, len: usize, used: usize, info: &mut FileInfo) {
        self.place = self.buffer.place(start, len);
        self.frame = frame;
        self.buffer.consume(used);
        info.count(len, &frame);
    }

    /// To go on, more must be read: behind a pipe that may take hours.
    pub fn is_dry(&self) -> bool {
        let unread = self.buffer.unread();
        unread.len() < PACKET_USUAL_BYTES && !self.format.has_next(unread)
    }

    /// Bytes on disk that were read so far.
    pub fn position(&self) -> u64 {
        self.input.position()
    }

    /// Everything but packets: true if there may be more.
    #[cold]
    fn go_on(&mut self, step: Step, info: &mut FileInfo, warnings: &mut VecDeque<Warning>) -> Result<bool, Box<Error>> {
        let mut warn = |packets, trouble| {
            warnings.push_back(Warning { file: info.name.clone(), packets, trouble });
        };
        let packets = info.packets;
        match step {
            Step::Need(bytes) => match self.refill(bytes) {
                Ok(true) => return Ok(true),
                Ok(false) if self.buffer.unread().is_empty() => return Ok(false),
                Ok(false) => {
                    info.truncated = true;
                    if let Some(skipped) = self.resync(bytes) {
                        warn(packets, Trouble::Skipped("a length beyond the end of the file", skipped));
                        return Ok(true);
                    }
                    warn(packets, Trouble::CutShort);
                }
                Err(error) if self.input.is_compressed() && error.raw_os_error().is_none() => {
                    info.truncated = true;
                    warn(packets, Trouble::Compression(error.to_string()));
                }
                Err(source) => {
                    info.truncated = true;
                    return Err(Box::new(Error::Read { file: info.name.clone(), source }));
                }
            },
            Step::Damaged(what) => {
                info.truncated = true;
                // A read that fails while looking for the next packet ends the search, not more.
                let _ = self.refill(RESYNC_BYTES);
                if let Some(skipped) = self.resync(RESYNC_BYTES) {
                    warn(packets, Trouble::Skipped(what, skipped));
                    return Ok(true);
                }
                warn(packets, Trouble::Damaged(what));
            }
            Step::Bad { what, packet, used } => {
                self.buffer.consume(used);
                info.packets += u64::from(packet);
                if !std::mem::replace(&mut self.bad_block_told, true) {
                    warn(packets, Trouble::BadBlock(what));
                }
                return Ok(true);
            }
            Step::Interface { name, used } => {
                self.buffer.consume(used);
                info.interfaces.push(name);
                return Ok(true);
            }
            Step::Skip { used } => {
                self.buffer.consume(used);
                return Ok(true);
            }
            Step::Packet { .. } | Step::Secrets { .. } => debug_assert!(false, "advance takes these itself"),
        }
        // Whatever is left makes no more packets: the next step must find the end.
        self.buffer.consume(usize::MAX);
        self.ended = true;
        Ok(false)
    }

    fn refill(&mut self, bytes: usize) -> io::Result<bool> {
        if self.ended { Ok(false) } else { self.buffer.refill(&mut self.input, bytes) }
    }

    /// Goes to the next intact packet, if one is found: the bytes that were left out.
    fn resync(&mut self, within: usize) -> Option<u64> {
        self.resyncs_left = self.resyncs_left.checked_sub(1)?;
        let unread = self.buffer.unread();
        let skipped = self.format.find_intact(unread.get(..within).unwrap_or(unread))?;
        self.buffer.consume(skipped);
        u64::try_from(skipped).ok()
    }
}

/// Packets of a file that need no reading: all lent together.
pub(super) struct AtHand<'a> {
    format: &'a mut Format,
    unread: &'a [u8],
    /// Where `unread` starts in the buffer.
    start: &'a mut usize,
    info: &'a mut FileInfo,
}

impl<'a> AtHand<'a> {
    /// The next one, if it was captured at `until` or before: its number, what the file says of it, and its bytes.
    #[inline]
    pub fn next_until(&mut self, until: Timestamp) -> Option<(u64, Frame, &'a [u8])> {
        let Found { frame, start, len, used } = self.format.packet_at_hand(self.unread)?;
        let (packet, rest) = self.unread.split_at_checked(used)?;
        let data = packet.get(start..start + len)?;
        if frame.at > until {
            return None;
        }
        self.unread = rest;
        *self.start += used;
        self.info.count(len, &frame);
        Some((self.info.packets, frame, data))
    }
}

/// What an input that is no capture seems to be, and how to make one of it.
fn foreign(start: &[u8], file: &str) -> (&'static str, String) {
    match start {
        [0x04, 0x22, 0x4d, 0x18, ..] => ("lz4 data", format!("unpack it: lz4 -dc {file} | wsclose-sniff -")),
        [0xfd, b'7', b'z', b'X', ..] => ("xz data", format!("unpack it: xz -dc {file} | wsclose-sniff -")),
        [b'B', b'Z', b'h', ..] => ("bzip2 data", format!("unpack it: bzip2 -dc {file} | wsclose-sniff -")),
        [b'P', b'K', 3, 4, ..] => ("a zip archive", format!("unpack it: unzip -p {file} | wsclose-sniff -")),
        [b's', b'n', b'o', b'o', ..] => ("a snoop capture", format!("convert it: editcap {file} converted.pcapng")),
        start if start.len() < MAGIC_BYTES => ("too short", "it must have at least a capture header".to_owned()),
        start if start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) => {
            ("text", "capture with: tcpdump -w FILE".to_owned())
        }
        _ => ("of an unknown format", format!("if Wireshark can read it, convert it: editcap {file} converted.pcapng")),
    }
}

#[cfg(test)]
mod tests;
