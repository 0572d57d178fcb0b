//! Several endings that belong together.

use serde::Serialize;

use super::values::{Hex, MessageText, ParamMap, Text};
use super::{Context, EvidenceView, FixView, Ready};
use crate::diagnosis::Incident;
use crate::packet::Endpoint;
use crate::time::Timestamp;

/// An incident.
#[derive(Serialize)]
pub struct IncidentView<'a> {
    /// `incident`.
    #[serde(rename = "type")]
    pub kind_of_object: &'static str,
    /// `wsclose-sniff/1`, where the object stands alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub schema: Option<&'static str>,
    /// Unique within a run.
    pub id: Hex,
    /// `mass-close`, `same-lifetime`, `same-idle`, `reconnect-storm` or `proxy-hop`.
    pub kind: &'static str,
    /// The first of the endings.
    pub started_at: Text<Timestamp>,
    /// The last of them.
    pub ended_at: Text<Timestamp>,
    /// Nothing will be added.
    #[serde(rename = "final")]
    pub is_final: bool,
    /// Ids of the connections that belong to it.
    pub connections: Vec<Hex>,
    /// The server they share, `ip:port`.
    pub server: Option<Text<Endpoint>>,
    /// Id of the probable cause behind all of them.
    pub cause: Option<&'static str>,
    /// A few words about that cause.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<&'a Ready>,
    /// The story in one or two sentences.
    pub summary: MessageText<'a>,
    /// `incident.<id>` of the catalogue.
    pub summary_id: &'static str,
    /// Measured values.
    pub params: ParamMap<'a>,
    /// What supports it, strongest first.
    pub evidence: Vec<EvidenceView<'a>>,
    /// What to change.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<FixView<'a>>,
}

impl<'a> IncidentView<'a> {
    pub(in crate::report) fn new(incident: &'a Incident, context: Context<'a>) -> Self {
        let texts = context.texts;
        Self {
            kind_of_object: "incident",
            schema: context.schema,
            id: Hex(incident.id),
            kind: incident.kind.id(),
            started_at: Text(incident.started_at),
            ended_at: Text(incident.ended_at),
            is_final: incident.is_final,
            connections: incident.connections.iter().copied().map(Hex).collect(),
            server: incident.server.map(Text),
            cause: incident.cause.map(|cause| cause.id()),
            title: incident.cause.and_then(|cause| texts.page(cause)).map(|page| &page.title),
            summary: MessageText::new(texts, "incident", &incident.summary),
            summary_id: incident.summary.id,
            params: ParamMap(&incident.summary.params),
            evidence: incident.evidence.iter().map(|evidence| EvidenceView::new(evidence, context)).collect(),
            fix: FixView::of_incident(incident, texts),
        }
    }
}
