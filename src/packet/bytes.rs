//! Bytes as they were on the wire, of which the last ones may not have been captured.
//!
//! Every header parser takes [`Bytes`] and gives what is left of them, so that the length on the wire is known at
//! every depth although the snaplen has cut the packet. Parses nothing itself.

use nom::Parser;

/// Why a frame gives no segment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Unusable {
    /// Well-formed, but something else.
    NotTcp,
    /// A header contradicts itself.
    Malformed,
    /// The capture ends before the TCP header does.
    Cut,
    /// More headers than a limit allows.
    TooDeep,
    /// A fragment whose datagram is not complete.
    Fragment,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Bytes<'a> {
    /// What was captured.
    pub captured: &'a [u8],
    /// What followed on the wire.
    missing: usize,
}

impl<'a> Bytes<'a> {
    /// A frame that was `original_len` bytes long.
    #[inline]
    pub fn new(captured: &'a [u8], original_len: u32) -> Self {
        let original_len = usize::try_from(original_len).unwrap_or(usize::MAX);
        Self { captured, missing: original_len.saturating_sub(captured.len()) }
    }

    #[inline]
    pub fn wire_len(&self) -> usize {
        self.captured.len().saturating_add(self.missing)
    }

    #[inline]
    pub fn is_cut(&self) -> bool {
        self.missing > 0
    }

    /// Cuts off what follows the first `len` bytes (padding, trailers). Where fewer were captured, the header that
    /// states `len` is believed: mirror ports shorten frames without saying so.
    #[inline]
    pub fn limit(self, len: usize) -> Self {
        match self.captured.get(..len) {
            Some(captured) => Self { captured, missing: 0 },
            None => Self { missing: len - self.captured.len(), ..self },
        }
    }

    /// Steps over a header of `len` bytes.
    #[inline]
    pub fn skip(self, len: usize) -> Result<Self, Unusable> {
        match self.captured.get(len..) {
            Some(captured) => Ok(Self { captured, ..self }),
            None => Err(self.too_short()),
        }
    }

    /// Reads a header with a nom parser.
    #[inline]
    pub fn read<T>(
        self,
        mut parser: impl Parser<&'a [u8], Output = T, Error = nom::error::Error<&'a [u8]>>,
    ) -> Result<(T, Self), Unusable> {
        match parser.parse(self.captured) {
            Ok((captured, value)) => Ok((value, Self { captured, ..self })),
            Err(_) => Err(self.too_short()),
        }
    }

    /// The reason when a header does not fit: cut by the capture, or never whole.
    #[cold]
    pub fn too_short(&self) -> Unusable {
        if self.is_cut() { Unusable::Cut } else { Unusable::Malformed }
    }
}
