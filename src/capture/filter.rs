//! BPF filters on packets that were read from files.
//!
//! Compiled by libpcap, once for each link type that occurs. Without the feature `live` there is no libpcap, and every
//! filter is an error that says so.

use super::error::Error;
use crate::packet::LinkType;

/// A filter expression, as tcpdump takes it.
pub struct Filter {
    #[cfg(feature = "live")]
    expression: String,
    #[cfg(feature = "live")]
    programs: Vec<(LinkType, pcap::BpfProgram)>,
    #[cfg(not(feature = "live"))]
    never: std::convert::Infallible,
}

#[cfg(feature = "live")]
impl Filter {
    /// Compiles for the most usual link types, so that a typing error is told before work starts.
    pub fn new(expression: &str) -> Result<Self, Error> {
        let mut filter = Self { expression: expression.to_owned(), programs: Vec::new() };
        // `ether host` makes no sense for raw IP and vice versa: one that takes the expression is enough.
        filter
            .program(LinkType::ETHERNET)
            .map(|_| ())
            .or_else(|error| filter.program(LinkType::RAW).map(|_| ()).or(Err(error)))?;
        Ok(filter)
    }

    /// Whether a packet passes. An error if the expression makes no sense for its link type.
    #[inline]
    pub(super) fn matches(&mut self, link: LinkType, data: &[u8]) -> Result<bool, Error> {
        Ok(self.program(link)?.filter(data))
    }

    fn program(&mut self, link: LinkType) -> Result<&pcap::BpfProgram, Error> {
        let place = match self.programs.iter().position(|(known, _)| *known == link) {
            Some(place) => place,
            None => {
                let program = compile(link, &self.expression).map_err(|error| self.error(link, &error))?;
                self.programs.push((link, program));
                self.programs.len() - 1
            }
        };
        self.programs
            .get(place)
            .map(|(_, program)| program)
            .ok_or_else(|| self.error(link, &pcap::Error::InvalidString))
    }

    fn error(&self, link: LinkType, error: &pcap::Error) -> Error {
        match super::devices::filter_error(&self.expression, error) {
            Error::Filter { expression, reason } if link != LinkType::ETHERNET => {
                Error::Filter { expression, reason: format!("{reason} (for packets of link type {})", link.0) }
            }
            error => error,
        }
    }
}

#[cfg(feature = "live")]
fn compile(link: LinkType, expression: &str) -> Result<pcap::BpfProgram, pcap::Error> {
    // libpcap knows raw IP by the number that this system's kernel headers give it.
    let number = match link {
        LinkType::RAW => pcap::Linktype(if cfg!(target_os = "openbsd") { 14 } else { 12 }),
        LinkType(number) => pcap::Linktype(i32::from(number)),
    };
    pcap::Capture::dead(number)?.compile(expression, true)
}

#[cfg(not(feature = "live"))]
impl Filter {
    /// Always an error.
    pub fn new(expression: &str) -> Result<Self, Error> {
        Err(Error::FilterUnsupported { expression: expression.to_owned() })
    }

    pub(super) fn matches(&mut self, _: LinkType, _: &[u8]) -> Result<bool, Error> {
        match self.never {}
    }
}
