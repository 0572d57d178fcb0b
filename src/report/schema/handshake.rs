//! How the connection was opened, and why it is taken for a WebSocket.

use super::{Context, Texts};
use crate::diagnosis::Params;
use crate::event::Via;
use crate::record::{Detected, Handshake, HandshakeState, Problem};
use crate::report::encode::{Encode, Encoded, List, Map, Word, object};

/// The opening handshake.
pub(super) struct HandshakeView<'a> {
    pub handshake: &'a Handshake,
    pub context: Context<'a>,
}

impl Encode for HandshakeView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { handshake, context: Context { texts, .. } } = self;
        let (state, status) = (handshake.state, handshake.answered.as_ref().map(|answered| answered.status));
        let (earlier, problems) = (handshake.odd.earlier.as_slice(), handshake.odd.problems.as_slice());
        let opening = || Opening { state, status, earlier, problems, texts };
        if earlier.is_empty() && problems.is_empty() {
            texts.recent.handshakes.made(status.unwrap_or(0), (state, status), opening).encode(json);
        } else {
            opening().encode(json);
        }
    }
}

struct Opening<'a> {
    state: HandshakeState,
    status: Option<u16>,
    earlier: &'a [u16],
    problems: &'a [Problem],
    texts: &'a Texts<'a>,
}

impl Encode for Opening<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { state, status, earlier, problems, texts } = self;
        object!(json, {
            // `accepted`, `refused` (any answer that is no upgrade, or a 101 that the client must reject), `incomplete`
            // (asked, no whole answer), `unseen`, `none` (TCP or TLS failed before any request).
            state: Word(state.id()),
            // HTTP status of the answer.
            status?: status,
            // Statuses of refusals before it on the same connection.
            earlier: List(earlier.iter().copied()),
            // What is wrong with it.
            problems: List(problems.iter().map(|problem| ProblemView { problem, texts })),
        });
    }
}

/// Something wrong with the opening handshake.
struct ProblemView<'a> {
    problem: &'a Problem,
    texts: &'a Texts<'a>,
}

impl Encode for ProblemView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { problem, texts } = self;
        let params = problem_params(problem);
        object!(json, {
            // `problem.<id>` of the catalogue.
            id: Word(problem.id),
            // `found` and `expected`, where they help.
            params: Map(params.iter().map(|(name, value)| (*name, value))),
            // The sentence.
            text: texts.message("problem", problem.id, "text", &params).as_str(),
            // Section of the RFC that rules it.
            rfc?: texts.rfc("problem", problem.id).as_deref(),
        });
    }
}

/// The parameters of a problem's sentence.
pub(in crate::report) fn problem_params(problem: &Problem) -> Params {
    let found = problem.found.as_deref().map(|text| ("found", text.into()));
    let expected = problem.expected.as_deref().map(|text| ("expected", text.into()));
    found.into_iter().chain(expected).collect()
}

/// Why this is taken for a WebSocket.
impl Encode for Detected {
    fn encode(self, json: &mut Encoded) {
        // A frame header that fits by chance: 1 in 16 or rarer; so many in a row do not.
        let (by, confidence) = match self {
            Self::Handshake => ("handshake", "certain"),
            Self::Frames(8..) => ("frames", "certain"),
            Self::Frames(3..) => ("frames", "likely"),
            Self::Frames(_) => ("frames", "possible"),
            Self::KnownServer => ("known-server", "likely"),
            Self::TlsShape => ("tls-shape", "possible"),
        };
        object!(json, {
            // `handshake`, `frames`, `known-server` or `tls-shape`.
            by: Word(by),
            // `certain`, `likely` or `possible`.
            confidence: Word(confidence),
        });
    }
}

/// A wrapper that was stepped over.
impl Encode for &Via {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // `proxy-protocol`, `connect` or `socks5`.
            kind: Word(self.kind),
            // The true client, where the wrapper tells it.
            client?: self.client.as_deref(),
            // Where the wrapper was asked to go.
            target?: self.target.as_deref(),
        });
    }
}
