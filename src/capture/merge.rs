//! Several files as one capture, in time order.
//!
//! Given inputs of one or more observation points, looks at the first packet of each, and opens each for good when its
//! time comes: hundreds of ring-buffer files need few open files and little memory. Packets of one file keep their order.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};

use super::batch::{Batch, Packets};
use super::error::{Error, Warning};
use super::file::{File, FileInfo, Next, is_stdin};
use super::filter::Filter;
use super::{Input, Progress};
use crate::limits::{PEEK_BYTES, READ_BYTES};
use crate::packet::{Item, Packet, PacketRef, PointId};
use crate::time::Timestamp;

/// Capture files, merged.
pub struct Files {
    files: Vec<FileInfo>,
    /// Not opened yet; the one that begins first stands last.
    waiting: Vec<Waiting>,
    /// The file whose turn it is.
    current: Option<Reading>,
    /// What `current` went to was handed over already.
    given: bool,
    others: BinaryHeap<Reading>,
    /// Up to here `current` may go on before anybody else's turn.
    until: Timestamp,
    filter: Option<Filter>,
    errors: VecDeque<Error>,
    warnings: VecDeque<Warning>,
    bytes_total: Option<u64>,
    bytes_finished: u64,
}

struct Waiting {
    path: PathBuf,
    index: u32,
    point: PointId,
    begins: Timestamp,
}

/// An open file and what it gives next.
struct Reading {
    /// Boxed: overlapping files change places at every packet.
    file: Box<File>,
    next: Next,
    /// Of the packet; secrets are given at once.
    at: Timestamp,
    number: u64,
    index: u32,
    point: PointId,
}

/// Before every packet: secrets and files without packets must not wait.
const AT_ONCE: Timestamp = Timestamp(i64::MIN);
const NEVER: Timestamp = Timestamp(i64::MAX);

impl Files {
    /// Looks at the inputs. What cannot be read is told by [`Files::next`], before the first packet.
    pub(super) fn new(inputs: Vec<Input>, filter: Option<Filter>) -> Self {
        let mut this = Self {
            files: inputs.iter().map(|input| FileInfo::new(&input.path)).collect(),
            waiting: Vec::with_capacity(inputs.len()),
            current: None,
            given: false,
            others: BinaryHeap::new(),
            until: AT_ONCE,
            filter,
            errors: VecDeque::new(),
            warnings: VecDeque::new(),
            bytes_total: Some(0),
            bytes_finished: 0,
        };
        let alone = inputs.len() == 1;
        for (index, input) in (0..).zip(inputs) {
            let waiting = Waiting { path: input.path, index, point: input.point, begins: AT_ONCE };
            this.admit(waiting, alone);
        }
        // Latest first, so that the next one is popped from the end; as given where they begin together.
        this.waiting.sort_by_key(|waiting| std::cmp::Reverse((waiting.begins, waiting.index)));
        this
    }

    /// The next packet or secrets of all files. After an error, which concerns one file, the others go on.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        if std::mem::take(&mut self.given) {
            self.step();
        }
        loop {
            if self.current.as_ref().is_none_or(|current| current.at > self.until) {
                self.choose();
            }
            if let Some(error) = self.errors.pop_front() {
                return Err(error);
            }
            if self.passes_filter()? {
                break;
            }
            self.step();
        }
        self.given = self.current.is_some();
        Ok(self.current.as_ref().map(Reading::item))
    }

    /// The packets that are at hand while it is their file's turn, `max` at most; else the next item.
    #[inline]
    pub(super) fn next_batch(&mut self, max: usize) -> Result<Option<Batch<'_>>, Error> {
        if !self.has_batch() {
            return Ok(self.next()?.map(Batch::Item));
        }
        Ok(self.at_hand(max).map(Batch::Packets))
    }

    /// The next item would be a packet at hand, of the file whose turn it is.
    fn has_batch(&mut self) -> bool {
        let may = self.given && self.filter.is_none() && self.errors.is_empty();
        let current = self.current.as_mut().filter(|_| may);
        current.and_then(|current| current.file.at_hand_at()).is_some_and(|at| at <= self.until)
    }

    fn at_hand(&mut self, left: usize) -> Option<Packets<'_>> {
        let Reading { file, index, point, .. } = self.current.as_mut()?;
        let info = self.files.get_mut(place(*index))?;
        Some(Packets { at_hand: file.at_hand(info), index: *index, point: *point, until: self.until, left })
    }

    /// To go on, more must be read.
    pub(super) fn is_dry(&self) -> bool {
        self.current.as_ref().is_none_or(|current| current.file.is_dry())
    }

    #[inline]
    pub(super) fn has_warning(&self) -> bool {
        !self.warnings.is_empty()
    }

    pub(super) fn next_warning(&mut self) -> Option<Warning> {
        self.warnings.pop_front()
    }

    pub(super) fn files(&self) -> &[FileInfo] {
        &self.files
    }

    /// None where an input is a pipe, whose length nobody knows.
    pub(super) fn progress(&self) -> Option<Progress> {
        let open = self.current.iter().chain(&self.others).map(|reading| reading.file.position());
        let bytes_done = open.fold(self.bytes_finished, u64::saturating_add);
        self.bytes_total.map(|bytes_total| Progress { bytes_done, bytes_total })
    }

    /// Adds an input while the list is made: finds out when it begins.
    fn admit(&mut self, mut waiting: Waiting, alone: bool) {
        let file_len = fs::metadata(&waiting.path).ok().filter(fs::Metadata::is_file).map(|file| file.len());
        let is_file = file_len.is_some() && !is_stdin(&waiting.path);
        self.bytes_total = match (self.bytes_total, file_len) {
            (Some(total), Some(len)) if is_file => Some(total.saturating_add(len)),
            _ => None,
        };
        if alone {
            self.waiting.push(waiting);
        } else if is_file {
            match begins(&waiting.path) {
                Ok(at) => {
                    waiting.begins = at;
                    self.waiting.push(waiting);
                }
                Err(error) => self.errors.push_back(error),
            }
        } else {
            // What a pipe gave is gone: it can be opened only once.
            self.open(waiting);
        }
    }

    fn open(&mut self, waiting: Waiting) {
        let Waiting { path, index, point, .. } = waiting;
        let Some(info) = self.files.get_mut(place(index)) else { return };
        let opened = File::open(&path, READ_BYTES).and_then(|file| {
            let mut reading = Reading { file: Box::new(file), next: Next::End, at: AT_ONCE, number: 0, index, point };
            reading.advance(info, &mut self.warnings).map_err(|error| *error)?;
            Ok(reading)
        });
        match opened {
            Ok(reading) if reading.next == Next::End => self.close(&reading),
            Ok(reading) => self.others.push(reading),
            Err(error) => self.errors.push_back(error),
        }
    }

    /// Goes to the next entry of the current file, or closes it.
    #[inline]
    fn step(&mut self) {
        let Some(current) = &mut self.current else { return };
        let Some(info) = self.files.get_mut(place(current.index)) else { return };
        match current.advance(info, &mut self.warnings) {
            Ok(()) if current.next != Next::End => {}
            Ok(()) => self.close_current(),
            Err(error) => {
                self.errors.push_back(*error);
                self.close_current();
            }
        }
    }

    #[cold]
    fn close_current(&mut self) {
        if let Some(reading) = self.current.take() {
            self.close(&reading);
        }
    }

    fn close(&mut self, reading: &Reading) {
        self.bytes_finished = self.bytes_finished.saturating_add(reading.file.position());
    }

    /// Makes that file the current one whose next packet is the earliest; opens those that begin before it.
    fn choose(&mut self) {
        self.others.extend(self.current.take());
        loop {
            let due = self.others.peek().map_or(NEVER, |reading| reading.at);
            let Some(waiting) = self.waiting.pop_if(|waiting| waiting.begins <= due) else { break };
            self.open(waiting);
        }
        self.current = self.others.pop();
        let other = self.others.peek().map_or(NEVER, |reading| reading.at);
        self.until = self.waiting.last().map_or(other, |waiting| waiting.begins.min(other));
    }

    #[inline]
    fn passes_filter(&mut self) -> Result<bool, Error> {
        let (Some(filter), Some(Reading { file, next: Next::Packet, .. })) = (&mut self.filter, &self.current) else {
            return Ok(true);
        };
        let passes = filter.matches(file.frame().link, file.data());
        if passes.is_err() {
            self.close_current();
        }
        passes
    }
}

/// When the first packet of a file was captured.
fn begins(path: &Path) -> Result<Timestamp, Error> {
    let mut file = File::open(path, PEEK_BYTES)?;
    let (mut info, mut warnings) = (FileInfo::new(path), VecDeque::new());
    loop {
        match file.advance(&mut info, &mut warnings).map_err(|error| *error)? {
            Next::Packet => return Ok(file.frame().at),
            Next::Secrets => {}
            Next::End => return Ok(AT_ONCE),
        }
    }
}

fn place(index: u32) -> usize {
    usize::try_from(index).unwrap_or(usize::MAX)
}

impl Reading {
    #[inline]
    fn advance(&mut self, info: &mut FileInfo, warnings: &mut VecDeque<Warning>) -> Result<(), Box<Error>> {
        self.next = self.file.advance(info, warnings)?;
        self.at = if self.next == Next::Packet { self.file.frame().at } else { AT_ONCE };
        self.number = info.packets;
        Ok(())
    }

    #[inline]
    fn item(&self) -> Item<'_> {
        if self.next == Next::Secrets {
            return Item::Secrets(self.file.data());
        }
        let frame = self.file.frame();
        Item::Packet(Packet {
            at: frame.at,
            reference: PacketRef::new(self.index, self.number),
            point: self.point,
            interface: frame.interface,
            link: frame.link,
            data: self.file.data(),
            original_len: frame.original_len,
        })
    }
}

/// The greatest is the one whose turn is next: the earliest, then the one given first.
impl Ord for Reading {
    fn cmp(&self, other: &Self) -> Ordering {
        (other.at, other.index).cmp(&(self.at, self.index))
    }
}

impl PartialOrd for Reading {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Reading {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Reading {}

#[cfg(test)]
mod tests;
