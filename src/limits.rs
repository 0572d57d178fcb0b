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
