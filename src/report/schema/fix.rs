//! What to change: what the rules say of this very connection, else what the cause's page says.

use super::phrase::{Form, Phrased};
use super::texts::Texts;
use crate::catalogue::{Cause, Fix};
use crate::diagnosis::{Fixes, Incident};
use crate::report::encode::{Encode, Encoded, List, object};

/// What to change, by who can change it: lists of texts.
pub(super) enum FixView<'a> {
    /// What the cause's page says.
    Page(&'a Encoded),
    /// What the rules say of this very connection.
    Said(&'a Fixes, &'a Texts<'a>),
}

impl<'a> FixView<'a> {
    pub fn new(fixes: &'a Fixes, cause: Cause, texts: &'a Texts<'a>) -> Self {
        if is_empty(fixes) { Self::Page(&texts.page(cause).fix) } else { Self::Said(fixes, texts) }
    }

    /// None where neither a rule nor a cause speaks.
    pub fn of_incident(incident: &'a Incident, texts: &'a Texts<'a>) -> Option<Self> {
        match incident.cause {
            Some(cause) => Some(Self::new(&incident.fixes, cause, texts)),
            None if is_empty(&incident.fixes) => None,
            None => Some(Self::Said(&incident.fixes, texts)),
        }
    }
}

impl Encode for FixView<'_> {
    fn encode(self, json: &mut Encoded) {
        match self {
            Self::Page(fix) => fix.encode(json),
            Self::Said(fixes, texts) => object!(json, {
                // In the client.
                client: Phrased::list(texts, &texts.fix, Form::Sentence, &fixes.client),
                // In the server.
                server: Phrased::list(texts, &texts.fix, Form::Sentence, &fixes.server),
                // On the way between them.
                infrastructure: Phrased::list(texts, &texts.fix, Form::Sentence, &fixes.infrastructure),
                // What the three were made from, in the same order.
                ids: FixIds(fixes, texts),
            }),
        }
    }
}

/// `fix.<id>` and parameters behind the texts of a fix.
struct FixIds<'a>(&'a Fixes, &'a Texts<'a>);

impl Encode for FixIds<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self(fixes, texts) = self;
        object!(json, {
            // In the client.
            client: Phrased::list(texts, &texts.fix, Form::Ids, &fixes.client),
            // In the server.
            server: Phrased::list(texts, &texts.fix, Form::Ids, &fixes.server),
            // On the way between them.
            infrastructure: Phrased::list(texts, &texts.fix, Form::Ids, &fixes.infrastructure),
        });
    }
}

/// The texts of a cause's page.
impl Encode for &Fix {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // In the client.
            client: texts(&self.client),
            // In the server.
            server: texts(&self.server),
            // On the way between them.
            infrastructure: texts(&self.infrastructure),
        });
    }
}

fn texts(texts: &[String]) -> impl Encode {
    List(texts.iter().map(String::as_str))
}

/// No rule said anything: the cause's page speaks.
pub(in crate::report) fn is_empty(fixes: &Fixes) -> bool {
    fixes.client.is_empty() && fixes.server.is_empty() && fixes.infrastructure.is_empty()
}
