//! How the connection was opened, and why it is taken for a WebSocket.

use serde::Serialize;

use super::{Context, Texts};
use crate::diagnosis::Params;
use crate::event::Via;
use crate::record::{Detected, Handshake, Problem};

/// The opening handshake.
#[derive(Serialize)]
pub struct HandshakeView<'a> {
    /// `accepted`, `refused` (any answer that is no upgrade, or a 101 that the client must reject), `incomplete`
    /// (asked, no whole answer), `unseen`, `none` (TCP or TLS failed before any request).
    pub state: &'static str,
    /// HTTP status of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Statuses of refusals before it on the same connection.
    pub earlier: &'a [u16],
    /// What is wrong with it.
    pub problems: Vec<ProblemView<'a>>,
}

/// Something wrong with the opening handshake.
#[derive(Serialize)]
pub struct ProblemView<'a> {
    /// `problem.<id>` of the catalogue.
    pub id: &'static str,
    /// `found` and `expected`, where they help.
    pub params: FoundView<'a>,
    /// The sentence.
    pub text: String,
    /// Section of the RFC that rules it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rfc: Option<String>,
}

/// What was found, and what should have been.
#[derive(Serialize)]
pub struct FoundView<'a> {
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<&'a str>,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<&'a str>,
}

/// Why this is taken for a WebSocket.
#[derive(Serialize)]
pub struct DetectedView {
    /// `handshake`, `frames`, `known-server` or `tls-shape`.
    pub by: &'static str,
    /// `certain`, `likely` or `possible`.
    pub confidence: &'static str,
}

/// A wrapper that was stepped over.
#[derive(Serialize)]
pub struct ViaView<'a> {
    /// `proxy-protocol`, `connect` or `socks5`.
    pub kind: &'static str,
    /// The true client, where the wrapper tells it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client: Option<&'a str>,
    /// Where the wrapper was asked to go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<&'a str>,
}

impl<'a> HandshakeView<'a> {
    pub(super) fn new(handshake: &'a Handshake, context: Context<'a>) -> Self {
        Self {
            state: handshake.state.id(),
            status: handshake.answered.as_ref().map(|answered| answered.status),
            earlier: &handshake.odd.earlier,
            problems: handshake.odd.problems.iter().map(|problem| ProblemView::new(problem, context.texts)).collect(),
        }
    }
}

impl<'a> ProblemView<'a> {
    fn new(problem: &'a Problem, texts: &Texts<'_>) -> Self {
        Self {
            id: problem.id,
            params: FoundView { found: problem.found.as_deref(), expected: problem.expected.as_deref() },
            text: texts.message("problem", problem.id, "text", &problem_params(problem)),
            rfc: texts.rfc("problem", problem.id),
        }
    }
}

/// The parameters of a problem's sentence.
pub(in crate::report) fn problem_params(problem: &Problem) -> Params {
    let found = problem.found.as_deref().map(|text| ("found", text.into()));
    let expected = problem.expected.as_deref().map(|text| ("expected", text.into()));
    found.into_iter().chain(expected).collect()
}

impl DetectedView {
    pub(super) fn new(detected: Detected) -> Self {
        // A frame header that fits by chance: 1 in 16 or rarer; so many in a row do not.
        let (by, confidence) = match detected {
            Detected::Handshake => ("handshake", "certain"),
            Detected::Frames(8..) => ("frames", "certain"),
            Detected::Frames(3..) => ("frames", "likely"),
            Detected::Frames(_) => ("frames", "possible"),
            Detected::KnownServer => ("known-server", "likely"),
            Detected::TlsShape => ("tls-shape", "possible"),
        };
        Self { by, confidence }
    }
}

impl<'a> ViaView<'a> {
    pub(super) fn new(via: &'a Via) -> Self {
        Self { kind: via.kind, client: via.client.as_deref(), target: via.target.as_deref() }
    }
}
