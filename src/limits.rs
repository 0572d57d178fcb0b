//! Every bound of the program in one table, each with its reason.

use std::time::Duration;

/// Longest HTTP head (request or response) that is kept while it is incomplete, in bytes. Servers allow 8–64 KiB.
pub const HTTP_HEAD_BYTES: usize = 64 * 1024;

/// What a capture file is read with at a time, in bytes: 512 KiB to 1 MiB measured best, mmap and libpcap were slower.
pub const READ_BYTES: usize = 512 * 1024;

/// The same while only the first packet of a file is wanted, to learn when the file begins.
pub const PEEK_BYTES: usize = 32 * 1024;

/// Largest packet of a pcap file that is believed, in bytes, whatever snaplen the file states. Larger lengths are damage.
pub const PACKET_BYTES: usize = 16 * 1024 * 1024;

/// Largest packet that is believed where a pcap file states a smaller snaplen, in bytes: libpcap's and Wireshark's own
/// bound. Writers exist that capture more than they state.
pub const PACKET_USUAL_BYTES: usize = 256 * 1024;

/// Largest pcapng block that is believed, in bytes: name resolution and secrets blocks of tens of MiB exist.
pub const BLOCK_BYTES: usize = 64 * 1024 * 1024;

/// Most interfaces that one capture file may describe: each costs memory, and 16 bits were enough for the old format.
pub const INTERFACES_MAX: usize = 65_536;

/// Longest interface name that is kept, in bytes. Linux allows 15, Windows device names take 50.
pub const INTERFACE_NAME_BYTES: usize = 256;

/// How far a damaged capture file is searched for the next intact packet, in bytes: several times the largest usual packet.
pub const RESYNC_BYTES: usize = 4 * 1024 * 1024;

/// How long the kernel may collect packets before it hands them over: findings within 100 ms need half of it.
pub const LIVE_BATCH_TIME: Duration = Duration::from_millis(50);

/// How long a live capture waits for packets before it says that time went on.
pub const LIVE_IDLE_TIME: Duration = Duration::from_millis(100);
