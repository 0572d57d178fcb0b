//! Memory brought near before it is needed.
//!
//! A place that no cache holds is a thousand instructions away. Places asked for ahead of their use come while other work
//! is done, many at a time.

/// Asks for the cache line of `place` and does not wait for it.
#[inline(always)]
pub fn prefetch<T: Copy>(place: &T) {
    #[cfg(target_arch = "x86_64")]
    safe_arch::prefetch_t0(place);
    // Elsewhere it is read, which waits no longer than its use would.
    #[cfg(not(target_arch = "x86_64"))]
    std::hint::black_box(*place);
}
