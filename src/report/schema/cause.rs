//! Why it ended: cause, evidence, what to change, what else it might be.

use super::Context;
use super::fix::FixView;
use super::phrase::{Form, Phrased};
use super::texts::Texts;
use crate::catalogue::{Cause, CausePage, Reconnect};
use crate::diagnosis::{Alternative, Confidence, Diagnosis, Evidence};
use crate::packet::PacketRef;
use crate::report::encode::{Encode, Encoded, List, Word, object};

/// The probable cause.
pub(super) struct CauseView<'a> {
    pub diagnosis: &'a Diagnosis,
    pub context: Context<'a>,
}

impl Encode for CauseView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { diagnosis, context } = self;
        let texts = context.texts;
        let page = texts.page(diagnosis.cause);
        let reconnect = advice(diagnosis);
        let is_usual = reconnect == diagnosis.cause.reconnect();
        let next_steps = Some(&diagnosis.next_steps).filter(|steps| !steps.is_empty());
        object!(json, {
            // What the cause alone, and its confidence, say.
            ..page.start(diagnosis.confidence),
            // What supports it, strongest first.
            evidence: List(diagnosis.evidence.iter().map(|evidence| EvidenceView { evidence, context })),
            // What to change.
            fix: FixView::new(&diagnosis.fixes, diagnosis.cause, texts),
            // Whether and when to connect again.
            reconnect: if is_usual { ReconnectView::Usual(&page.reconnect) } else { ReconnectView::Own(reconnect, texts) },
            // What to capture or look at next, to decide.
            next_steps: Phrased::list(texts, &texts.next, Form::Sentence, &diagnosis.next_steps),
            // What `next_steps` were made from, in the same order.
            next_step_ids?: next_steps.map(|steps| Phrased::list(texts, &texts.next, Form::Ids, steps)),
            // Weaker candidates.
            alternatives: List(diagnosis.alternatives.iter().map(|other| AlternativeView { other, texts })),
        });
    }
}

/// The beginning of [`CauseView`].
pub(super) struct Start<'a> {
    pub cause: Cause,
    pub confidence: Confidence,
    pub page: &'a CausePage,
}

impl Encode for Start<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { cause, confidence, page } = self;
        object!(json, {
            // Stable id.
            id: Word(cause.id()),
            // The general id that this one belongs to; else the same.
            family: Word(cause.family().id()),
            // `certain`: at least 99 in 100 are right; `likely`: 9 in 10; `possible`: half.
            confidence: Word(confidence.id()),
            // A few words.
            title: page.title.as_str(),
            // One to three sentences.
            explanation: page.explanation.as_str(),
        });
    }
}

/// Something seen that supports a cause.
pub(super) struct EvidenceView<'a> {
    pub evidence: &'a Evidence,
    pub context: Context<'a>,
}

impl Encode for EvidenceView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { evidence: Evidence { said, packet }, context: Context { texts, places, .. } } = self;
        object!(json, {
            // `evidence.<id>` of the catalogue, measured values, and the sentence.
            ..Phrased::new(texts, &texts.evidence, Form::Evidence, said),
            // The input that holds the packet.
            file?: packet.and_then(|packet| places.file_json(packet)),
            // The packet that shows it.
            packet?: packet.map(PacketRef::number),
        });
    }
}

/// Whether and when to connect again.
pub(super) enum ReconnectView<'a> {
    /// What the cause advises.
    Usual(&'a Encoded),
    /// What is advised after this very connection.
    Own(Reconnect, &'a Texts<'a>),
}

impl Encode for ReconnectView<'_> {
    fn encode(self, json: &mut Encoded) {
        let (reconnect, texts) = match self {
            Self::Usual(made) => return made.encode(json),
            Self::Own(reconnect, texts) => (reconnect, texts),
        };
        let (advice, params) = (reconnect.advice.id(), reconnect.params());
        object!(json, {
            // `no`, `short-delay`, `backoff` or `conditional`.
            advice: Word(advice),
            // First delay.
            delay_s?: reconnect.delay_s,
            // Bound of the delay.
            delay_max_s?: reconnect.delay_max_s,
            // The sentence.
            text: Phrased { texts, messages: &texts.reconnect, form: Form::Sentence, id: advice, params: &params },
        });
    }
}

/// The advice in the form that the catalogue renders.
pub(in crate::report) fn advice(diagnosis: &Diagnosis) -> Reconnect {
    let advice = &diagnosis.reconnect;
    Reconnect { advice: advice.advice, delay_s: advice.delay_s, delay_max_s: advice.delay_max_s }
}

/// A cause that was considered and found weaker.
struct AlternativeView<'a> {
    other: &'a Alternative,
    texts: &'a Texts<'a>,
}

impl Encode for AlternativeView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { other: Alternative { cause, confidence, why_not }, texts } = self;
        object!(json, {
            // Stable id of that cause.
            id: Word(cause.id()),
            // How sure it would be.
            confidence: Word(confidence.id()),
            // What speaks against it, `why_not.<id>` of the catalogue, and its parameters.
            ..Phrased::new(texts, &texts.why_not, Form::WhyNot, why_not),
        });
    }
}
