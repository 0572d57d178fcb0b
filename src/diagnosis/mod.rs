//! From a record to its probable cause: with its evidence, its confidence, and what speaks for something else.
//!
//! Every rule is asked, its answers are ranked. Everything here is ids with typed parameters; sentences are made by
//! `report`, from the catalogue. Facts are never changed here.

mod api;
mod case;
mod incident;
mod keepalive;
mod product;
mod reasons;
mod rules;
mod timer;
mod together;
mod vocabulary;

#[cfg(test)]
mod tests;

pub use incident::{Incident, IncidentKind};
pub use together::Correlator;

use arrayvec::ArrayVec;

use crate::catalogue::{Advice, Cause, EndedBy, Severity, Value, Vocabularies};
use crate::packet::PacketRef;
use crate::record::{Ending, Record, Side, connection_id};
use crate::wire::websocket::CloseCode;
use case::{Case, ended_by};

/// How sure a diagnosis is; calibrated over labelled captures.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Confidence {
    /// At least half are right.
    Possible,
    /// At least nine in ten are right.
    Likely,
    /// At least 99 in a hundred are right.
    Certain,
}

impl Confidence {
    /// Every one, ascending.
    pub const ALL: [Self; 3] = [Self::Possible, Self::Likely, Self::Certain];

    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Certain => "certain",
            Self::Likely => "likely",
            Self::Possible => "possible",
        }
    }
}

/// Named, typed parameters of a text, kept where the text is named: nearly every one has some.
pub type Params = ArrayVec<(&'static str, Value), PARAMS_MAX>;

/// As many as any text has.
const PARAMS_MAX: usize = 4;

/// These parameters.
pub fn given<const N: usize>(params: [(&'static str, Value); N]) -> Params {
    const { assert!(N <= PARAMS_MAX, "no text has so many parameters") }
    params.into_iter().collect()
}

/// Those of `some`, and these.
pub fn given_with<const N: usize>(some: Params, others: [(&'static str, Value); N]) -> Params {
    some.into_iter().chain(others).take(PARAMS_MAX).collect()
}

/// A text to be said: its id in the catalogue (without the section), and its parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Said {
    /// Id within its section of the messages.
    pub id: &'static str,
    /// Its parameters.
    pub params: Params,
}

impl Said {
    /// A text without parameters.
    pub fn bare(id: &'static str) -> Self {
        Self { id, params: Params::new() }
    }
}

/// Something seen that supports a cause.
#[derive(Clone, PartialEq, Debug)]
pub struct Evidence {
    /// `evidence.<id>` and its parameters.
    pub said: Said,
    /// The packet that shows it.
    pub packet: Option<PacketRef>,
}

/// A cause that was considered and found weaker.
#[derive(Clone, PartialEq, Debug)]
pub struct Alternative {
    /// Which.
    pub cause: Cause,
    /// How sure it would be.
    pub confidence: Confidence,
    /// `why_not.<id>`: what speaks against it.
    pub why_not: Said,
}

/// Where a fix applies.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Fixes {
    /// `fix.<id>` for the client. Where all three are empty, the cause's own page gives the fix.
    pub client: Vec<Said>,
    /// For the server.
    pub server: Vec<Said>,
    /// For what stands between and around.
    pub infrastructure: Vec<Said>,
}

/// What one endpoint's own API most likely reported (RFC 6455 §7.1.5).
#[derive(Clone, PartialEq, Debug)]
pub struct ApiView {
    /// The code it gave; None while open or where it cannot be told.
    pub code: Option<CloseCode>,
    /// The reason it gave.
    pub reason: Option<String>,
    /// What `wasClean` said.
    pub clean: bool,
    /// Nothing speaks for another value.
    pub certain: bool,
}

/// What to do about connecting again.
#[derive(Clone, PartialEq, Debug)]
pub struct ReconnectAdvice {
    /// Whether and when.
    pub advice: Advice,
    /// First delay in seconds.
    pub delay_s: Option<u32>,
    /// Bound of the delay in seconds.
    pub delay_max_s: Option<u32>,
}

/// A code named by a private vocabulary.
#[derive(Clone, PartialEq, Debug)]
pub struct NamedCode {
    /// The vocabulary's name.
    pub vocabulary: String,
    /// What it was told by: `clue.<kind>`, and what was seen.
    pub clues: Vec<(&'static str, String)>,
    /// The code's name there.
    pub code_name: Option<String>,
    /// What it means there.
    pub meaning: Option<String>,
    /// What to do.
    pub fix: Option<String>,
    /// Whether to connect again.
    pub advice: Option<Advice>,
}

/// How well the connection was kept alive.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Keepalive {
    /// Mean time between pings, in seconds.
    pub ping_period_s: Option<f64>,
    /// Longest silence of the client, then of the server, in seconds.
    pub longest_silence_s: (f64, f64),
    /// Pings without a Pong at the end.
    pub unanswered_pings: u64,
    /// The idle limit that this traffic would satisfy, in seconds.
    pub suffices_for_s: Option<f64>,
    /// Recommended ping interval, in seconds.
    pub recommended_s: Option<f64>,
}

/// Why a connection ended, probably.
#[derive(Clone, PartialEq, Debug)]
pub struct Diagnosis {
    /// The probable cause.
    pub cause: Cause,
    /// How sure.
    pub confidence: Confidence,
    /// Whose act ended it.
    pub ended_by: EndedBy,
    /// How bad.
    pub severity: Severity,
    /// What supports it, strongest first.
    pub evidence: Vec<Evidence>,
    /// What to change.
    pub fixes: Fixes,
    /// `next.<id>`: what to capture or look at to decide.
    pub next_steps: Vec<Said>,
    /// Weaker candidates.
    pub alternatives: Vec<Alternative>,
    /// Connecting again.
    pub reconnect: ReconnectAdvice,
    /// What the client's API reported.
    pub client_api: ApiView,
    /// What the server's API reported.
    pub server_api: ApiView,
    /// What the code means in the private vocabulary that is spoken.
    pub vocabulary: Option<Box<NamedCode>>,
    /// How it was kept alive.
    pub keepalive: Option<Keepalive>,
}

/// One connection, whole: what was seen, how it ended, why.
#[derive(Clone, Debug)]
pub struct Finding {
    /// Stable id: the same in every run over the same packets.
    pub id: u64,
    /// The facts.
    pub record: Box<Record>,
    /// How it ended, derived from the facts.
    pub ending: Ending,
    /// The judgement.
    pub diagnosis: Diagnosis,
    /// The other leg, where it runs through a proxy and both were seen.
    pub leg: Option<Leg>,
}

/// The other leg of a proxied connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Leg {
    /// Id of its finding.
    pub of: u64,
    /// Which leg this one is.
    pub role: Role,
}

/// Which leg of a proxied connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// From the client to the proxy.
    Front,
    /// From the proxy to the server behind it.
    Back,
}

impl Role {
    /// As published.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Front => "front",
            Self::Back => "back",
        }
    }
}

impl Finding {
    /// Derives the ending and judges it.
    pub fn new(record: impl Into<Box<Record>>, vocabularies: &Vocabularies) -> Self {
        let record = record.into();
        let ending = record.ending();
        let diagnosis = diagnose(&record, &ending, vocabularies);
        let id = connection_id(&record.key, record.first.at, record.h2_stream);
        Self { id, record, ending, diagnosis, leg: None }
    }

    /// Becomes the finding of another record; gives the old one back.
    pub(crate) fn renew(&mut self, record: Box<Record>, vocabularies: &Vocabularies) -> Box<Record> {
        let mut frames = std::mem::take(&mut self.ending.frames);
        frames.clear();
        // One after the other: a whole finding is much to move.
        self.ending = record.ending_with(frames);
        self.diagnosis = diagnose(&record, &self.ending, vocabularies);
        self.id = connection_id(&record.key, record.first.at, record.h2_stream);
        self.leg = None;
        std::mem::replace(&mut self.record, record)
    }
}

/// Asks every rule: the first opinion wins, the later ones become alternatives.
pub fn diagnose(record: &Record, ending: &Ending, vocabularies: &Vocabularies) -> Diagnosis {
    let case = Case::new(record, ending);
    // `RULES` stand in order of precedence: a later opinion explains what an earlier one leaves over.
    let mut opinions = rules::RULES.iter().filter_map(|rule| rule(&case));
    let best = opinions.next().unwrap_or_else(|| rules::unknown(&case));
    let by = best.by.or(ending.by.map(ended_by)).unwrap_or(EndedBy::Unknown);
    let reconnect = best.cause.reconnect();
    let weaker = opinions
        .filter(|other| other.cause != Cause::Unknown)
        .map(|other| (other.cause, other.why_not.map_or_else(|| Said::bare("weaker"), |why_not| *why_not)));
    let mut alternatives: Vec<Alternative> = Vec::new();
    for (cause, why_not) in best.others.into_iter().chain(weaker) {
        if cause != best.cause && !alternatives.iter().any(|other| other.cause == cause) {
            alternatives.push(Alternative { cause, confidence: Confidence::Possible, why_not });
        }
    }
    Diagnosis {
        cause: best.cause,
        confidence: best.confidence,
        ended_by: by,
        severity: best.cause.severity(by),
        evidence: best.evidence,
        fixes: best.fixes,
        next_steps: best.next_steps,
        alternatives,
        reconnect: ReconnectAdvice {
            advice: reconnect.advice,
            delay_s: reconnect.delay_s,
            delay_max_s: reconnect.delay_max_s,
        },
        client_api: api::view(&case, Side::Client),
        server_api: api::view(&case, Side::Server),
        vocabulary: vocabulary::named(&case, vocabularies).map(Box::new),
        keepalive: keepalive::of(record, ending, best.cause),
    }
}
