//! Buffers that all TLS connections of an analyzer share, so that no record allocates.

use std::cell::Cell;

/// Largest buffer that is kept, in bytes: one record.
const KEPT_BYTES: usize = 32 * 1024;

/// Buffers for one record, protected and opened. Lent to one connection at a time; who finds none makes one.
#[derive(Default)]
pub struct Workspace {
    pending: Cell<Vec<u8>>,
    plain: Cell<Vec<u8>>,
}

impl Workspace {
    pub(super) fn take_pending(&self) -> Vec<u8> {
        self.pending.take()
    }

    pub(super) fn put_pending(&self, buffer: Vec<u8>) {
        put(&self.pending, buffer);
    }

    pub(super) fn take_plain(&self) -> Vec<u8> {
        self.plain.take()
    }

    pub(super) fn put_plain(&self, buffer: Vec<u8>) {
        put(&self.plain, buffer);
    }
}

/// Keeps the larger of two.
fn put(place: &Cell<Vec<u8>>, buffer: Vec<u8>) {
    let other = place.take();
    let larger = if buffer.capacity() >= other.capacity() && buffer.capacity() <= KEPT_BYTES { buffer } else { other };
    place.set(larger);
}

impl std::fmt::Debug for Workspace {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Workspace")
    }
}
