//! Every bound of the program in one table, each with its reason.

use std::time::Duration;

/// Longest HTTP head (request or response) that is kept while it is incomplete, in bytes. Servers allow 8–64 KiB.
pub const HTTP_HEAD_BYTES: usize = 64 * 1024;
