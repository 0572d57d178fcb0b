//! Where packets come from: capture files, standard input, or a device.
//!
//! Gives [`Item`]s in time order, borrowed until the next call, each packet with its file and number. The only module of
//! the library that does I/O. Knows link types by number only; what is inside a frame is `packet`'s business.

mod batch;
mod buffer;
mod decompress;
#[cfg(feature = "live")]
mod devices;
mod error;
mod file;
mod filter;
mod format;
#[cfg(feature = "live")]
mod live;
mod merge;
mod pcap;
mod pcapng;
#[cfg(test)]
mod testing;

use std::path::PathBuf;

#[cfg(feature = "live")]
pub use devices::{Device, interfaces};
pub use error::{Error, Trouble, Warning};
pub use file::FileInfo;
pub use filter::Filter;
#[cfg(feature = "live")]
pub use live::{Live, LiveOptions};
pub use merge::Files;

use crate::packet::{Item, PointId};
pub use batch::{Batch, Packets};

/// Where packets come from.
pub enum Source {
    /// Files, merged in time order where there are several.
    Files(Box<Files>),
    /// A network device.
    #[cfg(feature = "live")]
    Live(Box<Live>),
}

/// One capture file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Input {
    /// `-` is standard input.
    pub path: PathBuf,
    /// Where it was captured.
    pub point: PointId,
}

/// How far reading is, in bytes on disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Read so far.
    pub bytes_done: u64,
    /// All files together.
    pub bytes_total: u64,
}

/// What was read so far, all inputs together.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Stats {
    /// Packets read, also those that a filter left out.
    pub packets: u64,
    /// Their bytes, as far as they were captured.
    pub bytes: u64,
    /// Packets that were longer on the wire than in the capture.
    pub snaplen_cut: u64,
    /// Packets lost while capturing, where the capture or the kernel says so.
    pub dropped: u64,
    /// Inputs that were cut short or damaged.
    pub truncated_files: u64,
    /// Live: packets that passed the kernel's filter.
    pub received: Option<u64>,
}

impl Source {
    /// Files as one capture in time order. What cannot be read is told by [`Source::next`], one error a file.
    pub fn files(inputs: Vec<Input>, filter: Option<Filter>) -> Self {
        Self::Files(Box::new(Files::new(inputs, filter)))
    }

    /// A device. Opens it, so that privileges may be dropped afterwards.
    #[cfg(feature = "live")]
    pub fn live(options: LiveOptions) -> Result<Self, Error> {
        Ok(Self::Live(Box::new(Live::open(options)?)))
    }

    /// The next item; None when all inputs have ended. An error concerns one input: ask again for the others.
    #[inline]
    #[expect(clippy::should_implement_trait, reason = "an Iterator cannot lend")]
    pub fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        match self {
            Self::Files(files) => files.next(),
            #[cfg(feature = "live")]
            Self::Live(live) => live.next(),
        }
    }

    /// The same, or the packets at hand, `max` at most: whoever takes them together may look ahead.
    #[inline]
    pub fn next_batch(&mut self, max: usize) -> Result<Option<Batch<'_>>, Error> {
        match self {
            Self::Files(files) => files.next_batch(max),
            #[cfg(feature = "live")]
            Self::Live(live) => Ok(live.next()?.map(Batch::Item)),
        }
    }

    /// The next item is not at hand, and may be long in coming: what was found so far should be shown.
    pub fn is_dry(&self) -> bool {
        match self {
            Self::Files(files) => files.is_dry(),
            #[cfg(feature = "live")]
            Self::Live(live) => live.is_dry(),
        }
    }

    /// There is a warning: asked after each item.
    #[inline]
    pub fn has_warning(&self) -> bool {
        match self {
            Self::Files(files) => files.has_warning(),
            #[cfg(feature = "live")]
            Self::Live(_) => false,
        }
    }

    /// What limits the view, in the order it was met. Cheap enough to ask after each item.
    #[inline]
    pub fn next_warning(&mut self) -> Option<Warning> {
        match self {
            Self::Files(files) => files.next_warning(),
            #[cfg(feature = "live")]
            Self::Live(_) => None,
        }
    }

    /// What is known of the inputs, in the order of [`PacketRef::file`](crate::packet::PacketRef::file).
    pub fn inputs(&self) -> &[FileInfo] {
        match self {
            Self::Files(files) => files.files(),
            #[cfg(feature = "live")]
            Self::Live(live) => live.files(),
        }
    }

    /// Everything together. Live: asks the kernel for its counters.
    pub fn stats(&mut self) -> Stats {
        #[cfg(feature = "live")]
        let received = match self {
            Self::Files(_) => None,
            Self::Live(live) => live.update_counters(),
        };
        #[cfg(not(feature = "live"))]
        let received = None;
        self.inputs().iter().fold(Stats { received, ..Stats::default() }, |sum, file| Stats {
            packets: sum.packets.saturating_add(file.packets),
            bytes: sum.bytes.saturating_add(file.bytes),
            snaplen_cut: sum.snaplen_cut.saturating_add(file.snaplen_cut),
            dropped: sum.dropped.saturating_add(file.dropped),
            truncated_files: sum.truncated_files + u64::from(file.truncated),
            received,
        })
    }

    /// How far reading is; None where nobody knows the end.
    pub fn progress(&self) -> Option<Progress> {
        match self {
            Self::Files(files) => files.progress(),
            #[cfg(feature = "live")]
            Self::Live(_) => None,
        }
    }
}
