//! Every bound of the program in one table, each with its reason.

use std::time::Duration;

/// Longest HTTP head (request or response) that is kept while it is incomplete, in bytes. Servers allow 8–64 KiB.
pub const HTTP_HEAD_BYTES: usize = 64 * 1024;

/// Early TCP payload held for one direction, in bytes: a common receive window. Beyond it the hole is declared a gap.
pub const HELD_BYTES: usize = 1 << 20;
/// Early TCP segments held for one direction: bounds the cost of keeping them sorted.
pub const HELD_SEGMENTS: usize = 2048;
/// How many packets of the flow may go by after the peer acknowledged past a hole before it is a gap: capture queues
/// reorder by a few packets, never by dozens.
pub const HOLE_PATIENCE_PACKETS: u8 = 24;
/// How long after the peer acknowledged past a hole it becomes a gap.
pub const HOLE_PATIENCE: Duration = Duration::from_secs(1);
/// Headers stepped over in one frame before it is ignored. Real stacks (VLANs, VXLAN, PPPoE, MPLS in one) stay below 16.
pub const PACKET_HEADERS: usize = 24;

/// Fragmented IP datagrams held at a time; the oldest goes first. Fragments travel together: only losses linger.
pub const FRAGMENTED_DATAGRAMS: usize = 256;

/// Bytes held in IP fragments. Linux allows 4 MiB (`net.ipv4.ipfrag_high_thresh`).
pub const FRAGMENT_BYTES: usize = 4 * 1024 * 1024;

/// Fragments of one datagram: 64 KiB in the smallest MTU hosts must take (576, RFC 791 §3.2) are 119.
pub const FRAGMENTS_PER_DATAGRAM: usize = 128;

/// How long a datagram waits for its fragments, as in Linux (`net.ipv4.ipfrag_time`); then its number means another one.
pub const FRAGMENT_AGE: Duration = Duration::from_secs(30);

/// How long after its end further fragments of a datagram are copies of it (mirror ports, `-i any`), not a new one.
pub const FRAGMENT_ECHO: Duration = Duration::from_secs(1);

/// Longest line of a key log that can matter, in bytes: the longest label and 64 + 96 digits.
pub const KEY_LOG_LINE_BYTES: usize = 256;
/// Connections whose TLS secrets are kept, the oldest going first: about 45 MiB.
pub const KEY_LOG_CONNECTIONS: usize = 1 << 17;
/// Longest TLS handshake message that is put together, in bytes: certificate chains of browsers' servers stay below.
pub const TLS_MESSAGE_BYTES: usize = 64 * 1024;
/// Protected records held for each direction until their keys can be known, in bytes: early data, or a request and its
/// answer while the key log of a live capture is still being written.
pub const TLS_BACKLOG_BYTES: usize = 16 * 1024;
/// Records that a gap may have swallowed, at most: how many sequence numbers are tried to read on after it.
pub const TLS_LOST_RECORDS: u64 = 1 << 16;
/// What trying keys and sequence numbers may cost one connection, in bytes of records tried (each counts at least 2 KiB):
/// about 20 ms. What can be read gives the credit back.
pub const TLS_TRIAL_BYTES: u64 = 64 << 20;
/// Records in a row that do not authenticate before keys are held for wrong: a handshake whose own secrets are missing
/// from the key log has fewer.
pub const TLS_FAILURES: u32 = 24;
/// Sequence numbers tried where the beginning of a connection is missing, for each key of the key log.
pub const TLS_MIDSTREAM_RECORDS: u64 = 4096;
/// Bytes kept of a server name, an ALPN protocol or a certificate's name.
pub const TLS_NAME_BYTES: usize = 255;
/// First records of each direction that are kept of a TLS connection without keys: handshake, tickets, request, answer.
pub const TLS_FIRST_RECORDS: usize = 8;
/// Last records of both directions that are kept of it: a closing handshake and the traffic before it, to compare.
pub const TLS_LAST_RECORDS: usize = 16;
