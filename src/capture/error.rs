//! What can go wrong with input: the one error type of the library.
//!
//! Each variant names the operation and the input, and its message says what to type next. Damage inside a capture
//! is no error but a [`Warning`]: what was read before it counts.

use std::fmt;
use std::io;
use std::path::Path;

/// One input could not be read. The others are not concerned: ask [`Source::next`](super::Source::next) again.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file could not be opened.
    #[error("cannot open {file}: {}{hint}", plain(source))]
    Open {
        /// As given.
        file: String,
        /// What the system says.
        source: io::Error,
        /// What to type next; may be empty.
        hint: String,
    },
    /// Reading failed, now or after some packets.
    #[error("cannot read {file}: {}", plain(source))]
    Read {
        /// As given.
        file: String,
        /// What the system says.
        source: io::Error,
    },
    /// A directory was given.
    #[error("cannot read {file}: it is a directory — name the captures in it: {file}/*.pcap*")]
    Directory {
        /// As given.
        file: String,
    },
    /// The input holds no byte.
    #[error(
        "cannot read {file}: it is empty, not even a capture header — has the capture started, and did it end in good order?"
    )]
    Empty {
        /// As given.
        file: String,
    },
    /// The input is something else than pcap or pcapng.
    #[error("cannot read {file}: it is {what}, neither pcap nor pcapng — {hint}")]
    Format {
        /// As given.
        file: String,
        /// What it seems to be.
        what: &'static str,
        /// What to type next.
        hint: String,
    },
    /// The filter expression does not compile.
    #[error("cannot use the filter '{expression}': {reason} — man pcap-filter has the syntax, as in: 'tcp port 443'")]
    Filter {
        /// As given.
        expression: String,
        /// What libpcap says.
        reason: String,
    },
    /// This build has no libpcap.
    #[error(
        "cannot use the filter '{expression}': this build has no libpcap — build with the feature `live`, or filter first: tcpdump -r FILE -w - '{expression}' | wsclose-sniff -"
    )]
    FilterUnsupported {
        /// As given.
        expression: String,
    },
    /// The device cannot be captured from.
    #[error("cannot capture from {device}: {reason} — {hint}")]
    Device {
        /// As given.
        device: String,
        /// What libpcap says.
        reason: String,
        /// What to type next.
        hint: String,
    },
}

impl Error {
    pub(super) fn open(path: &Path, source: io::Error) -> Self {
        let file = path.display().to_string();
        let hint = match source.kind() {
            io::ErrorKind::NotFound if Path::new("/sys/class/net").join(path).is_dir() => {
                format!(" — to capture from the device {file}: wsclose-sniff -i {file}")
            }
            io::ErrorKind::PermissionDenied => format!(" — run with sudo, or: sudo chmod a+r {file}"),
            _ => String::new(),
        };
        Self::Open { file, source, hint }
    }
}

/// Something in an input that limits the view. Shown to people; what was read counts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Warning {
    /// The input, as given.
    pub file: String,
    /// Packets of it that were read before.
    pub packets: u64,
    /// What happened.
    pub trouble: Trouble,
}

/// What a [`Warning`] is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// The input ends in the middle of a packet or block.
    CutShort,
    /// The compressed data around the packets is cut or damaged; the decompressor's words.
    Compression(String),
    /// A length or marker is wrong, and no intact packet was found behind it.
    Damaged(&'static str),
    /// The same, but reading went on this many bytes further.
    Skipped(&'static str, u64),
    /// One block is wrong, its neighbours are not. Said once a file.
    BadBlock(&'static str),
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, packets, trouble } = self;
        match trouble {
            Trouble::CutShort => {
                write!(f, "{file}: cut short inside packet {}: the {packets} before it count", packets + 1)
            }
            Trouble::Compression(reason) => {
                write!(
                    f,
                    "{file}: the compressed data ends or is damaged after packet {packets} ({reason}): what came before counts"
                )
            }
            Trouble::Damaged(what) => {
                write!(
                    f,
                    "{file}: damaged after packet {packets} ({what}): what came before counts, the rest of the file is left out"
                )
            }
            Trouble::Skipped(what, bytes) => {
                write!(f, "{file}: damaged after packet {packets} ({what}): left out {bytes} bytes and went on")
            }
            Trouble::BadBlock(what) => write!(f, "{file}: a bad block after packet {packets} ({what}): left out"),
        }
    }
}

/// The system's words without Rust's "(os error 2)".
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    match text.rfind(" (os error ") {
        Some(end) => text.get(..end).unwrap_or(&text).to_lowercase(),
        None => text,
    }
}
