//! The bytes of one input: a file or standard input, unpacked if it is gzip or zstd.
//!
//! Compression is told by the first bytes, never by the file name. Several gzip members or zstd frames in a row are one
//! stream, as the tools write them. Deliberately no mmap (slower here) and no thread.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use flate2::bufread::MultiGzDecoder;
use ruzstd::decoding::errors::{FrameDecoderError, ReadFrameHeaderError};
use ruzstd::decoding::{BlockDecodingStrategy, FrameDecoder};

/// Compressed bytes are read in smaller pieces: unpacking is the slow part.
const COMPRESSED_READ_BYTES: usize = 128 * 1024;

pub(super) enum Bytes {
    Plain(Start),
    Gzip(Box<MultiGzDecoder<BufReader<Start>>>),
    Zstd(Box<Zstd>),
}

/// The first bytes, read to learn what the input is, and then the rest.
pub(super) type Start = io::Chain<Cursor<Vec<u8>>, Raw>;

impl Bytes {
    pub fn new(mut raw: Raw) -> io::Result<Self> {
        let mut magic = Vec::with_capacity(4);
        raw.by_ref().take(4).read_to_end(&mut magic)?;
        let compression = Compression::of(&magic);
        let start = Cursor::new(magic).chain(raw);
        let buffered = |start| BufReader::with_capacity(COMPRESSED_READ_BYTES, start);
        Ok(match compression {
            Compression::None => Self::Plain(start),
            Compression::Gzip => Self::Gzip(Box::new(MultiGzDecoder::new(buffered(start)))),
            Compression::Zstd => Self::Zstd(Box::new(Zstd::new(buffered(start)))),
        })
    }

    /// Bytes of the input as it lies on disk that were read so far.
    pub fn position(&self) -> u64 {
        let start = match self {
            Self::Plain(start) => start,
            Self::Gzip(gzip) => gzip.get_ref().get_ref(),
            Self::Zstd(zstd) => zstd.input.get_ref(),
        };
        start.get_ref().1.position
    }

    pub fn is_compressed(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }
}

impl Read for Bytes {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(start) => start.read(into),
            Self::Gzip(gzip) => gzip.read(into),
            Self::Zstd(zstd) => zstd.read(into),
        }
    }
}

#[derive(Clone, Copy)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

impl Compression {
    fn of(magic: &[u8]) -> Self {
        match magic {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Self::Zstd,
            // RFC 8878 §3.1.2: a skippable frame; pzstd writes one first.
            [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Self::Zstd,
            _ => Self::None,
        }
    }
}

/// An input before unpacking. Counts what is read, for progress.
pub(super) struct Raw {
    input: RawInput,
    position: u64,
}

enum RawInput {
    File(File),
    Stdin(io::Stdin),
    #[cfg(test)]
    Memory(Cursor<Vec<u8>>),
}

impl Raw {
    pub fn file(file: File) -> Self {
        Self { input: RawInput::File(file), position: 0 }
    }

    pub fn stdin() -> Self {
        Self { input: RawInput::Stdin(io::stdin()), position: 0 }
    }

    #[cfg(test)]
    pub fn memory(bytes: Vec<u8>) -> Self {
        Self { input: RawInput::Memory(Cursor::new(bytes)), position: 0 }
    }
}

impl Read for Raw {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let count = match &mut self.input {
            RawInput::File(file) => file.read(into)?,
            RawInput::Stdin(stdin) => stdin.read(into)?,
            #[cfg(test)]
            RawInput::Memory(memory) => memory.read(into)?,
        };
        self.position = self.position.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
        Ok(count)
    }
}

/// zstd frames in a row (RFC 8878 §3.1); the crate's own reader stops after the first.
pub(super) struct Zstd {
    input: BufReader<Start>,
    decoder: FrameDecoder,
    failed: Option<io::Error>,
}

impl Zstd {
    fn new(input: BufReader<Start>) -> Self {
        Self { input, decoder: FrameDecoder::new(), failed: None }
    }

    /// Starts the next frame; false at the end of the input.
    fn next_frame(&mut self) -> io::Result<bool> {
        use FrameDecoderError::ReadFrameHeaderError as Header;
        while !self.input.fill_buf()?.is_empty() {
            match self.decoder.reset(&mut self.input) {
                Ok(()) => return Ok(true),
                Err(Header(ReadFrameHeaderError::SkipFrame { length, .. })) => {
                    io::copy(&mut self.input.by_ref().take(u64::from(length)), &mut io::sink())?;
                }
                Err(error) => return Err(damaged(error)),
            }
        }
        Ok(false)
    }

    /// Decodes one more block. Where that fails, what was decoded before it must still come out: the decoder keeps as
    /// much as its window (MiBs) until a frame ends, so the frame is ended by hand.
    fn next_block(&mut self) -> io::Result<()> {
        // RFC 8878 §3.1.1.2: last block, raw, of length 0; then a checksum, which nobody compares.
        const LAST_BLOCK: [u8; 7] = [1, 0, 0, 0, 0, 0, 0];
        let one = BlockDecodingStrategy::UptoBlocks(1);
        if let Err(error) = self.decoder.decode_blocks(&mut self.input, one) {
            self.failed = Some(damaged(error));
            self.decoder.decode_blocks(&LAST_BLOCK[..], BlockDecodingStrategy::UptoBlocks(1)).map_err(damaged)?;
        }
        Ok(())
    }
}

impl Read for Zstd {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.decoder.can_collect() == 0 {
            if !self.decoder.is_finished() {
                self.next_block()?;
            } else if let Some(error) = self.failed.take() {
                return Err(error);
            } else if !self.next_frame()? {
                return Ok(0);
            }
        }
        self.decoder.read(into)
    }
}

fn damaged(error: FrameDecoderError) -> io::Error {
    let text = error.to_string();
    // The crate's errors nest the reader's, each in its own words.
    let cut = text.contains("UnexpectedEof") || text.contains("failed to fill whole buffer");
    io::Error::new(io::ErrorKind::InvalidData, if cut { "incomplete zstd frame".to_owned() } else { text })
}
