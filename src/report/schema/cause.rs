//! Why it ended: cause, evidence, what to change, what else it might be.

use serde::Serialize;

use super::fix::FixView;
use super::values::{MessageText, ParamMap, SaidView, ids, rendered};
use super::{Context, Ready, Texts};
use crate::catalogue::Reconnect;
use crate::diagnosis::{Alternative, Diagnosis, Evidence};
use crate::packet::PacketRef;

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
        let Self { texts, reconnect } = self;
        serializer.collect_str(&texts.catalogue().sentence("reconnect", reconnect.advice.id(), &reconnect.params()))
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
