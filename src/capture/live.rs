//! A network device, through libpcap.
//!
//! Packets reach the caller within 100 ms, and on a quiet link it is told that time goes on. The kernel filters and counts
//! what it drops. A stop (a readable descriptor, or time) ends the capture after what had arrived by then.

use std::os::fd::{AsFd, OwnedFd};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use pcap::{Active, Capture};
use rustix::event::{PollFd, PollFlags, Timespec, poll};

use super::devices::{device_error, filter_error, reason};
use super::error::Error;
use super::file::FileInfo;
use super::format::link_type;
use crate::limits::{LIVE_BATCH_TIME, LIVE_IDLE_TIME};
use crate::packet::{Item, LinkType, Packet, PacketRef, PointId};
use crate::time::Timestamp;

/// How to capture.
#[derive(Debug)]
pub struct LiveOptions {
    /// Name of the device; `any` is all of them.
    pub device: String,
    /// A BPF expression that the kernel applies.
    pub filter: Option<String>,
    /// Bytes kept of each packet.
    pub snaplen: u32,
    /// What the kernel may hold for us, in bytes.
    pub buffer_bytes: u32,
    /// Also packets that are for other machines.
    pub promiscuous: bool,
    /// Where it was captured.
    pub point: PointId,
    /// Ends the capture after so long.
    pub duration: Option<Duration>,
    /// Ends the capture when it becomes readable: the reading end of a signal pipe.
    pub stop: Option<OwnedFd>,
}

impl LiveOptions {
    /// Whole packets, as large as offloading makes them.
    pub const SNAPLEN: u32 = 262_144;
    /// Measured: 2 MiB drops packets in every burst, 16 MiB in some, 64 MiB in none.
    pub const BUFFER_BYTES: u32 = 64 * 1024 * 1024;

    /// The usual way to capture from `device`.
    pub fn new(device: impl Into<String>) -> Self {
        Self {
            device: device.into(),
            filter: None,
            snaplen: Self::SNAPLEN,
            buffer_bytes: Self::BUFFER_BYTES,
            promiscuous: true,
            point: PointId(0),
            duration: None,
            stop: None,
        }
    }
}

/// An open device.
pub struct Live {
    capture: Capture<Active>,
    link: LinkType,
    point: PointId,
    info: FileInfo,
    stop: Option<OwnedFd>,
    ends_at: Option<Instant>,
    /// When the stop came: packets until then are still read.
    stopped_at: Option<Timestamp>,
    /// There may be packets without waiting.
    ready: bool,
    packets_until_look: u32,
    last_at: Timestamp,
    ended: bool,
}

/// On a busy link nobody waits, so the stop is looked for every so many packets, and what was found is shown.
const LOOK_EVERY: u32 = 256;

enum Wake {
    Packets,
    Idle,
    Stop,
}

impl Live {
    /// Opens the device; from here on no privileges are needed.
    pub(super) fn open(options: LiveOptions) -> Result<Self, Error> {
        let device = &options.device;
        let failed = |error| device_error(device, &reason(&error));
        let activate = |promiscuous| activate(&options, promiscuous);
        // Devices that cannot be promiscuous say so by a libpcap warning, which the crate takes for an error.
        let wanted = options.promiscuous && device != "any";
        let capture = match activate(wanted) {
            Err(error) if wanted && reason(&error).to_lowercase().contains("promiscuous") => activate(false),
            result => result,
        };
        let mut capture = capture.map_err(failed)?;
        if let Some(expression) = &options.filter {
            capture.filter(expression, true).map_err(|error| filter_error(expression, &error))?;
        }
        let link = u32::try_from(capture.get_datalink().0).map_or(LinkType(u16::MAX), link_type);
        let info = FileInfo { name: device.clone(), interfaces: vec![Some(device.clone())], ..FileInfo::default() };
        Ok(Self {
            capture,
            link,
            info,
            point: options.point,
            stop: options.stop,
            ends_at: options.duration.and_then(|duration| Instant::now().checked_add(duration)),
            stopped_at: None,
            ready: false,
            packets_until_look: LOOK_EVERY,
            last_at: Timestamp(0),
            ended: false,
        })
    }

    /// The next packet, or [`Item::Idle`] about every 100 ms without one.
    pub(super) fn next(&mut self) -> Result<Option<Item<'_>>, Error> {
        if !self.is_ready()? {
            return Ok((!self.ended).then(|| Item::Idle(idle_since(self.last_at))));
        }
        match self.capture.next_packet() {
            Ok(packet) => {
                let at = Timestamp::new(packet.header.ts.tv_sec, nanoseconds(packet.header.ts.tv_usec));
                if self.stopped_at.is_some_and(|stopped_at| at > stopped_at) {
                    self.ended = true;
                    return Ok(None);
                }
                self.last_at = at;
                self.info.packets += 1;
                self.info.bytes = self.info.bytes.saturating_add(u64::from(packet.header.caplen));
                self.info.snaplen_cut += u64::from(packet.header.caplen < packet.header.len);
                Ok(Some(Item::Packet(Packet {
                    at,
                    reference: PacketRef::new(0, self.info.packets),
                    point: self.point,
                    interface: 0,
                    link: self.link,
                    data: packet.data,
                    original_len: packet.header.len.max(packet.header.caplen),
                })))
            }
            Err(pcap::Error::TimeoutExpired) => {
                self.ready = false;
                Ok(Some(Item::Idle(idle_since(self.last_at))))
            }
            Err(error) => {
                self.ended = true;
                Err(device_error(&self.info.name, &reason(&error)))
            }
        }
    }

    /// The kernel has no packet at hand. On a busy link it always has one: there every look for the stop counts too.
    pub(super) fn is_dry(&self) -> bool {
        !self.ready || self.packets_until_look == LOOK_EVERY
    }

    pub(super) fn files(&self) -> &[FileInfo] {
        std::slice::from_ref(&self.info)
    }

    /// Asks the kernel what it received and dropped: packets received, if it tells.
    pub(super) fn update_counters(&mut self) -> Option<u64> {
        let counters = self.capture.stats().ok()?;
        self.info.dropped = u64::from(counters.dropped) + u64::from(counters.if_dropped);
        Some(u64::from(counters.received))
    }

    /// Waits for packets if there are none; false if time went on without one, or the capture has ended.
    fn is_ready(&mut self) -> Result<bool, Error> {
        if self.ended {
            return Ok(false);
        }
        self.packets_until_look -= 1;
        if self.ready && self.packets_until_look > 0 {
            return Ok(true);
        }
        self.packets_until_look = LOOK_EVERY;
        loop {
            let wait = if self.ready { Duration::ZERO } else { LIVE_IDLE_TIME };
            match self.wait(wait).map_err(|error| device_error(&self.info.name, &error.to_string()))? {
                Wake::Packets => self.ready = true,
                Wake::Stop => {
                    self.stopped_at = Some(now());
                    (self.stop, self.ends_at) = (None, None);
                    continue;
                }
                // All that had arrived by the stop has been handed over: the kernel holds packets for less time than this.
                Wake::Idle if self.stopped_at.is_some() && !self.ready => self.ended = true,
                Wake::Idle => {}
            }
            return Ok(self.ready);
        }
    }

    fn wait(&self, time: Duration) -> rustix::io::Result<Wake> {
        let device = PollFd::new(&self.capture, PollFlags::IN);
        let timeout = Timespec::try_from(time).ok();
        let mut descriptors = [device.clone(), device];
        if let ([_, stop], Some(descriptor)) = (&mut descriptors, &self.stop) {
            *stop = PollFd::from_borrowed_fd(descriptor.as_fd(), PollFlags::IN);
        }
        if self.ends_at.is_some_and(|ends_at| Instant::now() >= ends_at) {
            return Ok(Wake::Stop);
        }
        match poll(&mut descriptors, timeout.as_ref()) {
            Ok(_) => {}
            // A signal: its pipe tells at the next wait.
            Err(rustix::io::Errno::INTR) => return Ok(Wake::Idle),
            Err(error) => return Err(error),
        }
        let [device, stop] = descriptors.map(|descriptor| !descriptor.revents().is_empty());
        Ok(match (device, stop && self.stop.is_some()) {
            (_, true) => Wake::Stop,
            (true, false) => Wake::Packets,
            (false, false) => Wake::Idle,
        })
    }
}

/// Without `immediate_mode`: that means few slots of full snaplen each, and a single connection on `any` overflows them.
fn activate(options: &LiveOptions, promiscuous: bool) -> Result<Capture<Active>, pcap::Error> {
    let millis = i32::try_from(LIVE_BATCH_TIME.as_millis()).unwrap_or(50);
    Capture::from_device(options.device.as_str())?
        .snaplen(i32::try_from(options.snaplen).unwrap_or(i32::MAX))
        .buffer_size(i32::try_from(options.buffer_bytes).unwrap_or(i32::MAX))
        .promisc(promiscuous)
        .timeout(millis)
        .precision(PRECISION)
        .open()?
        .setnonblock()
}

/// Only Linux can always count nanoseconds, and libpcap's refusal does not reach us through the crate.
const PRECISION: pcap::Precision =
    if cfg!(target_os = "linux") { pcap::Precision::Nano } else { pcap::Precision::Micro };

fn nanoseconds(fraction: impl TryInto<u32>) -> u32 {
    let fraction = fraction.try_into().unwrap_or(0);
    match PRECISION {
        pcap::Precision::Nano => fraction,
        pcap::Precision::Micro => fraction.saturating_mul(1000),
    }
}

/// The time up to which all packets have been handed over: never later than a packet to come.
fn idle_since(last_at: Timestamp) -> Timestamp {
    (now() - LIVE_IDLE_TIME).max(last_at)
}

fn now() -> Timestamp {
    Timestamp(0) + SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests;
