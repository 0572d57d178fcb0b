//! The published JSON, `wsclose-sniff/1`: field names and their order never change, fields may be added.
//!
//! Given a finding, an incident or the summary, gives a view of it that borrows and is written at once. A value that is
//! not known is null or absent, never guessed. Texts are English, with ids and parameters beside them; times are
//! RFC 3339 in UTC with nanoseconds, other times seconds; packets are numbered from 1 within their file.

mod cause;
mod connection;
mod ending;
mod fix;
mod flow;
mod handshake;
mod incident;
mod summary;
mod texts;
mod tls;
mod traffic;
mod values;
mod violation;
mod vocabulary;

pub use cause::{AlternativeView, CauseView, EvidenceView, ReconnectText, ReconnectView};
pub use connection::{Connection, LegView};
pub use ending::{ApiReportView, CloseFrameView, TransportEndView};
pub use fix::{FixIdsView, FixView};
pub use flow::{CommunityId, Filter, KeyHash};
pub use handshake::{DetectedView, FoundView, HandshakeView, ProblemView, ViaView};
pub use incident::IncidentView;
pub use summary::{Counts, LimitedByView, SummaryView};
pub use tls::{AlertView, CertificateView, TlsView};
pub use traffic::{BySide, KeepaliveView, SideTraffic, TrafficView};
pub use values::{Hex, MessageText, ParamMap, SaidView, Text};
pub use violation::{Detail, ViolationView};
pub use vocabulary::VocabularyView;

pub use super::encode::Ready;
pub(super) use cause::advice;
pub(super) use fix::is_empty;
pub(super) use handshake::problem_params;
pub(super) use texts::Texts;
pub(super) use violation::violation_params;

use super::Places;

/// Name and version of the schema; the number changes when a field changes its meaning or goes away.
pub const SCHEMA: &str = "wsclose-sniff/1";

/// What every view needs beside the thing itself.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Texts, in English.
    pub texts: &'a Texts<'a>,
    /// Names of files, points, interfaces.
    pub places: &'a Places<'a>,
    /// [`SCHEMA`] where each object stands alone.
    pub schema: Option<&'static str>,
}
