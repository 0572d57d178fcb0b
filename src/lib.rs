//! Why did these WebSockets close? Packets in, findings out.
//!
//! The modules stand in the order a packet passes them:
//! `capture → packet → tcp → protocol → record → diagnosis → report`, with `wire` (pure parsers), `event` (what the
//! protocols say they saw) and `catalogue` (what the tool can say to people) beside the row. ARCHITECTURE.md is the map.

pub mod analyzer;
pub mod capture;
pub mod catalogue;
pub mod diagnosis;
mod digits;
pub mod event;
pub mod limits;
pub mod packet;
mod prefetch;
pub mod protocol;
pub mod rare;
pub mod record;
pub mod report;
pub mod tcp;
pub mod time;
pub mod wire;
