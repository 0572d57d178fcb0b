//! What to change: what the rules say of this very connection, else what the cause's page says.

use serde::Serialize;

use super::Texts;
use super::values::{MessageText, SaidView, ids, rendered};
use crate::catalogue::Cause;
use crate::diagnosis::{Fixes, Incident};
use crate::report::encode::Ready;

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
