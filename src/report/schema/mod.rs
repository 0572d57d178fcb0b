//! The published JSON, `wsclose-sniff/1`: field names and their order never change, fields may be added.
//!
//! Given a finding, an incident or the summary, writes it at once: each object stands in one place, a field a line with
//! what it means and where it is taken from. A value that is
//! not known is null or absent, never guessed. Texts are English, with ids and parameters beside them; times are
//! RFC 3339 in UTC with nanoseconds, other times seconds; packets are numbered from 1 within their file.

mod cause;
mod connection;
mod ending;
mod fix;
mod flow;
mod handshake;
mod incident;
mod phrase;
mod recent;
mod summary;
mod texts;
mod tls;
mod traffic;
mod values;
mod violation;
mod vocabulary;

pub(super) use cause::advice;
pub(super) use connection::Connection;
pub(super) use fix::is_empty;
pub(super) use flow::Filter;
pub(super) use handshake::problem_params;
pub(super) use incident::IncidentView;
pub(super) use summary::SummaryView;
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
