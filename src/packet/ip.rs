//! IPv4 and IPv6: addresses, and what they carry.
//!
//! Given the bytes of an IP packet, gives an [`Ip`] whose payload ends where the packet does (Ethernet padding gone),
//! with extension headers stepped over. Checks no checksum: the sending host leaves that to its network card.

use etherparse::{
    IpAuthHeaderSlice, IpNumber, Ipv4HeaderSlice, Ipv6FragmentHeaderSlice, Ipv6HeaderSlice, Ipv6RawExtHeaderSlice, err,
};

use super::bytes::{Bytes, Unusable};
use super::segment::Endpoint;

pub(super) struct Ip<'a> {
    /// Addresses as in [`Endpoint`].
    pub source: [u8; 16],
    pub destination: [u8; 16],
    pub ttl: u8,
    pub id: Option<u16>,
    /// What `payload` is; for a fragment, what the whole datagram's payload begins with.
    pub protocol: IpNumber,
    pub fragment: Option<Fragment>,
    pub payload: Bytes<'a>,
}

/// One piece of a datagram.
#[derive(Clone, Copy)]
pub(super) struct Fragment {
    pub id: u32,
    /// Where it belongs, in bytes.
    pub offset: usize,
    pub more: bool,
}

impl<'a> Ip<'a> {
    pub fn endpoints(&self, source_port: u16, destination_port: u16) -> (Endpoint, Endpoint) {
        (Endpoint::v6(self.source, source_port), Endpoint::v6(self.destination, destination_port))
    }

    /// Steps over extension headers (RFC 8200 §4; AH in IPv4 too) until a protocol, or the piece of one.
    pub fn step_over_extensions(mut self) -> Result<Self, Unusable> {
        // Each takes at least 8 bytes: the packet ends before the loop runs away.
        while self.fragment.is_none() {
            let bytes = self.payload;
            let too_short = |_| bytes.too_short();
            let (next, header_len) = match self.protocol {
                IpNumber::IPV6_HEADER_HOP_BY_HOP
                | IpNumber::IPV6_ROUTE_HEADER
                | IpNumber::IPV6_DESTINATION_OPTIONS
                | IpNumber::MOBILITY_HEADER
                | IpNumber::HIP
                | IpNumber::SHIM6 => {
                    let header = Ipv6RawExtHeaderSlice::from_slice(bytes.captured).map_err(too_short)?;
                    (header.next_header(), header.slice().len())
                }
                IpNumber::AUTHENTICATION_HEADER => {
                    let header = IpAuthHeaderSlice::from_slice(bytes.captured).map_err(|_| bytes.too_short())?;
                    (header.next_header(), header.slice().len())
                }
                IpNumber::IPV6_FRAGMENTATION_HEADER => {
                    let header = Ipv6FragmentHeaderSlice::from_slice(bytes.captured).map_err(too_short)?;
                    // RFC 6946: offset 0 without more fragments is a whole packet that a translator passed.
                    self.fragment = header.is_fragmenting_payload().then(|| Fragment {
                        id: header.identification(),
                        offset: usize::from(header.fragment_offset().byte_offset()),
                        more: header.more_fragments(),
                    });
                    (header.next_header(), header.slice().len())
                }
                _ => break,
            };
            self.protocol = next;
            self.payload = bytes.skip(header_len)?;
        }
        Ok(self)
    }

    /// The whole datagram a fragment was part of.
    pub fn joined(self, protocol: IpNumber, payload: Bytes<'_>) -> Result<Ip<'_>, Unusable> {
        Ip { protocol, payload, fragment: None, ..self }.step_over_extensions()
    }
}

pub(super) fn v4(bytes: Bytes<'_>) -> Result<Ip<'_>, Unusable> {
    let header = Ipv4HeaderSlice::from_slice(bytes.captured).map_err(|error| match error {
        err::ipv4::HeaderSliceError::Len(_) => bytes.too_short(),
        err::ipv4::HeaderSliceError::Content(_) => Unusable::Malformed,
    })?;
    let header_len = header.slice().len();
    let payload = match usize::from(header.total_len()) {
        // Segmentation offload hands the card packets longer than the field can say; the capture's length is true.
        0 => bytes,
        total => bytes.limit(total),
    };
    Ok(Ip {
        source: Endpoint::v4(header.source(), 0).address,
        destination: Endpoint::v4(header.destination(), 0).address,
        ttl: header.ttl(),
        id: Some(header.identification()),
        protocol: header.protocol(),
        fragment: header.is_fragmenting_payload().then(|| Fragment {
            id: header.identification().into(),
            offset: usize::from(header.fragments_offset().byte_offset()),
            more: header.more_fragments(),
        }),
        payload: payload.skip(header_len)?,
    })
}

pub(super) fn v6(bytes: Bytes<'_>) -> Result<Ip<'_>, Unusable> {
    let header = Ipv6HeaderSlice::from_slice(bytes.captured).map_err(|error| match error {
        err::ipv6::HeaderSliceError::Len(_) => bytes.too_short(),
        err::ipv6::HeaderSliceError::Content(_) => Unusable::Malformed,
    })?;
    let payload = bytes.skip(header.slice().len())?;
    Ok(Ip {
        source: header.source(),
        destination: header.destination(),
        ttl: header.hop_limit(),
        id: None,
        protocol: header.next_header(),
        fragment: None,
        payload: match usize::from(header.payload_length()) {
            // A jumbogram (RFC 2675 §3), or offload as in IPv4.
            0 => payload,
            len => payload.limit(len),
        },
    })
}
