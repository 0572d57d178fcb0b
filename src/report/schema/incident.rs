//! Several endings that belong together.

use super::Context;
use super::cause::EvidenceView;
use super::fix::FixView;
use super::phrase::{Form, Phrased};
use super::values::params;
use crate::diagnosis::Incident;
use crate::report::encode::{Encode, Encoded, Hex, List, Word, object};

/// An incident.
pub(in crate::report) struct IncidentView<'a> {
    pub incident: &'a Incident,
    pub context: Context<'a>,
}

impl Encode for IncidentView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { incident, context } = self;
        let texts = context.texts;
        object!(json, {
            // `incident`.
            type: Word("incident"),
            // `wsclose-sniff/1`, where the object stands alone.
            schema?: context.schema.map(Word),
            // Unique within a run.
            id: Hex(incident.id),
            // `mass-close`, `same-lifetime`, `same-idle`, `reconnect-storm` or `proxy-hop`.
            kind: Word(incident.kind.id()),
            // The first of the endings.
            started_at: incident.started_at,
            // The last of them.
            ended_at: incident.ended_at,
            // Nothing will be added.
            final: incident.is_final,
            // Ids of the connections that belong to it.
            connections: List(incident.connections.iter().copied().map(Hex)),
            // The server they share, `ip:port`.
            server: incident.server,
            // Id of the probable cause behind all of them.
            cause: incident.cause.map(|cause| Word(cause.id())),
            // A few words about that cause.
            title?: incident.cause.map(|cause| &texts.page(cause).title),
            // The story in one or two sentences.
            summary: Phrased::new(texts, &texts.incident, Form::Sentence, &incident.summary),
            // `incident.<id>` of the catalogue.
            summary_id: Word(incident.summary.id),
            // Measured values.
            params: params(&incident.summary.params),
            // What supports it, strongest first.
            evidence: List(incident.evidence.iter().map(|evidence| EvidenceView { evidence, context })),
            // What to change.
            fix?: FixView::of_incident(incident, texts),
        });
    }
}
