//! Why it ended: cause, evidence, what to change, what else it might be.

use serde::Serialize;

use super::values::{MessageText, ParamMap, SaidView};
use super::{Context, Ready, Texts};
use crate::catalogue::{Cause, Reconnect, Value};
use crate::diagnosis::{Alternative, Diagnosis, Evidence, Fixes, Incident, Params, Said};
use crate::packet::PacketRef;
use crate::record::{BreachSeen, Record};

/// The probable cause.
#[derive(Serialize)]
pub struct CauseView<'a> {
    /// Stable id.
    pub id: &'static str,
    /// The general id that this one belongs to; else the same.
    pub family: &'static str,
    /// `certain`: at least 99 in 100 are right; `likely`: 9 in 10; `possible`: half.
    pub confidence: &'static str,
    /// A few words.
    pub title: Option<&'a Ready>,
    /// One to three sentences.
    pub explanation: Option<&'a Ready>,
    /// What supports it, strongest first.
    pub evidence: Vec<EvidenceView<'a>>,
    /// What to change.
    pub fix: FixView<'a>,
    /// Whether and when to connect again.
    pub reconnect: ReconnectView<'a>,
    /// What to capture or look at next, to decide.
    pub next_steps: Vec<MessageText<'a>>,
    /// What `next_steps` were made from, in the same order.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub next_step_ids: Vec<SaidView<'a>>,
    /// Weaker candidates.
    pub alternatives: Vec<AlternativeView<'a>>,
}

/// Something seen that supports a cause.
#[derive(Serialize)]
pub struct EvidenceView<'a> {
    /// `evidence.<id>` of the catalogue.
    pub id: &'static str,
    /// Measured values.
    pub params: ParamMap<'a>,
    /// The sentence.
    pub text: MessageText<'a>,
    /// The input that holds the packet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// The packet that shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub packet: Option<u64>,
}

/// What to change, by who can change it: lists of texts.
#[derive(Serialize)]
#[serde(untagged)]
pub enum FixView<'a> {
    /// What the cause's page says.
    Page(Option<&'a Ready>),
    /// What the rules say of this very connection.
    Said {
        /// In the client.
        client: Vec<MessageText<'a>>,
        /// In the server.
        server: Vec<MessageText<'a>>,
        /// On the way between them.
        infrastructure: Vec<MessageText<'a>>,
        /// What the three were made from, in the same order.
        ids: FixIdsView<'a>,
    },
}

/// `fix.<id>` and parameters behind the texts of a fix.
#[derive(Serialize)]
pub struct FixIdsView<'a> {
    /// In the client.
    pub client: Vec<SaidView<'a>>,
    /// In the server.
    pub server: Vec<SaidView<'a>>,
    /// On the way between them.
    pub infrastructure: Vec<SaidView<'a>>,
}

/// Whether and when to connect again.
#[derive(Serialize)]
pub struct ReconnectView<'a> {
    /// `no`, `short-delay`, `backoff` or `conditional`.
    pub advice: &'static str,
    /// First delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_s: Option<u32>,
    /// Bound of the delay.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub delay_max_s: Option<u32>,
    /// The sentence.
    pub text: ReconnectText<'a>,
}

/// The sentence about connecting again, rendered as it is written.
pub struct ReconnectText<'a> {
    texts: &'a Texts<'a>,
    reconnect: Reconnect,
}

/// A cause that was considered and found weaker.
#[derive(Serialize)]
pub struct AlternativeView<'a> {
    /// Stable id of that cause.
    pub id: &'static str,
    /// How sure it would be.
    pub confidence: &'static str,
    /// What speaks against it.
    pub why_not: MessageText<'a>,
    /// `why_not.<id>` of the catalogue.
    pub why_not_id: &'static str,
    /// Its parameters.
    pub params: ParamMap<'a>,
}

/// A rule of the protocol that was broken.
#[derive(Serialize)]
pub struct ViolationView<'a> {
    /// `violation.<id>` of the catalogue.
    pub id: &'static str,
    /// The number that goes with it.
    pub params: Detail,
    /// `client` or `server`: who broke it.
    pub from: &'static str,
    /// The packet.
    pub packet: u64,
    /// The input that holds it, where it is not the connection's `file`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub file: Option<&'a str>,
    /// Section of the RFC that rules it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rfc: Option<String>,
    /// The sentence.
    pub text: String,
}

/// Parameters that the view owns.
pub struct Detail(pub Params);

impl<'a> CauseView<'a> {
    pub(super) fn new(diagnosis: &'a Diagnosis, context: Context<'a>) -> Self {
        let texts = context.texts;
        let page = texts.page(diagnosis.cause);
        Self {
            id: diagnosis.cause.id(),
            family: diagnosis.cause.family().id(),
            confidence: diagnosis.confidence.id(),
            title: page.map(|page| &page.title),
            explanation: page.map(|page| &page.explanation),
            evidence: diagnosis.evidence.iter().map(|evidence| EvidenceView::new(evidence, context)).collect(),
            fix: FixView::new(&diagnosis.fixes, diagnosis.cause, texts),
            reconnect: ReconnectView::new(diagnosis, texts),
            next_steps: rendered(texts, "next", &diagnosis.next_steps),
            next_step_ids: ids(&diagnosis.next_steps),
            alternatives: diagnosis.alternatives.iter().map(|other| AlternativeView::new(other, texts)).collect(),
        }
    }
}

impl<'a> EvidenceView<'a> {
    pub(super) fn new(evidence: &'a Evidence, context: Context<'a>) -> Self {
        Self {
            id: evidence.said.id,
            params: ParamMap(&evidence.said.params),
            text: MessageText::new(context.texts, "evidence", &evidence.said),
            file: evidence.packet.and_then(|packet| context.places.file(packet)),
            packet: evidence.packet.map(PacketRef::number),
        }
    }
}

impl<'a> FixView<'a> {
    pub(super) fn new(fixes: &'a Fixes, cause: Cause, texts: &'a Texts<'a>) -> Self {
        if is_empty(fixes) {
            return Self::Page(texts.page(cause).map(|page| &page.fix));
        }
        Self::said(fixes, texts)
    }

    /// None where neither a rule nor a cause speaks.
    pub(super) fn of_incident(incident: &'a Incident, texts: &'a Texts<'a>) -> Option<Self> {
        match incident.cause {
            Some(cause) => Some(Self::new(&incident.fixes, cause, texts)),
            None if is_empty(&incident.fixes) => None,
            None => Some(Self::said(&incident.fixes, texts)),
        }
    }

    fn said(fixes: &'a Fixes, texts: &'a Texts<'a>) -> Self {
        Self::Said {
            client: rendered(texts, "fix", &fixes.client),
            server: rendered(texts, "fix", &fixes.server),
            infrastructure: rendered(texts, "fix", &fixes.infrastructure),
            ids: FixIdsView {
                client: ids(&fixes.client),
                server: ids(&fixes.server),
                infrastructure: ids(&fixes.infrastructure),
            },
        }
    }
}

/// No rule said anything: the cause's page speaks.
pub(in crate::report) fn is_empty(fixes: &Fixes) -> bool {
    fixes.client.is_empty() && fixes.server.is_empty() && fixes.infrastructure.is_empty()
}

impl<'a> ReconnectView<'a> {
    fn new(diagnosis: &Diagnosis, texts: &'a Texts<'a>) -> Self {
        let reconnect = advice(diagnosis);
        Self {
            advice: reconnect.advice.id(),
            delay_s: reconnect.delay_s,
            delay_max_s: reconnect.delay_max_s,
            text: ReconnectText { texts, reconnect },
        }
    }
}

/// The advice in the form that the catalogue renders.
pub(in crate::report) fn advice(diagnosis: &Diagnosis) -> Reconnect {
    let advice = &diagnosis.reconnect;
    Reconnect { advice: advice.advice, delay_s: advice.delay_s, delay_max_s: advice.delay_max_s }
}

impl Serialize for ReconnectText<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.texts.catalogue().reconnect(self.reconnect))
    }
}

impl<'a> AlternativeView<'a> {
    fn new(other: &'a Alternative, texts: &'a Texts<'a>) -> Self {
        Self {
            id: other.cause.id(),
            confidence: other.confidence.id(),
            why_not: MessageText::new(texts, "why_not", &other.why_not),
            why_not_id: other.why_not.id,
            params: ParamMap(&other.why_not.params),
        }
    }
}

impl<'a> ViolationView<'a> {
    pub(super) fn new(seen: &BreachSeen, record: &Record, context: Context<'a>) -> Self {
        let (id, params) = (seen.breach.id(), violation_params(seen, record));
        Self {
            id,
            from: record.side_of(seen.dir).id(),
            packet: seen.mark.packet.number(),
            file: context.places.other_file(seen.mark.packet, record.first.packet),
            rfc: context.texts.rfc("violation", id),
            text: context.texts.message("violation", id, "text", &params),
            params: Detail(params),
        }
    }
}

/// The parameters of a violation's sentence: who, and the number that goes with it.
pub(in crate::report) fn violation_params(seen: &BreachSeen, record: &Record) -> Params {
    let side = ("side", Value::Label(record.side_of(seen.dir).id()));
    let number = |(name, number)| match name {
        "bytes" => (name, Value::Bytes(number)),
        _ => (name, Value::Count(number)),
    };
    [side].into_iter().chain(seen.breach.detail().map(number)).collect()
}

impl Serialize for Detail {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ParamMap(&self.0).serialize(serializer)
    }
}

fn rendered<'a>(texts: &'a Texts<'a>, section: &'static str, said: &'a [Said]) -> Vec<MessageText<'a>> {
    said.iter().map(|said| MessageText::new(texts, section, said)).collect()
}

fn ids(said: &[Said]) -> Vec<SaidView<'_>> {
    said.iter().map(SaidView::new).collect()
}
