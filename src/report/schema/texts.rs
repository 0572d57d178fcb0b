//! English texts for the JSON: those that no finding changes are escaped once, not once a finding.

use super::values::Written;
use crate::catalogue::{Catalogue, Cause, Fix, Reconnect, Value};
use crate::report::compact::write_json;
use serde::Serialize;

/// The catalogue, and its cause pages as JSON.
pub(in crate::report) struct Texts<'a> {
    catalogue: &'a Catalogue,
    pages: Vec<PageTexts>,
}

/// The parts of a cause's page that stand in every finding of that cause.
pub(super) struct PageTexts {
    cause: Cause,
    title: Vec<u8>,
    explanation: Vec<u8>,
    fix: Vec<u8>,
    reconnect: (Reconnect, Vec<u8>),
}

impl<'a> Texts<'a> {
    pub fn new(catalogue: &'a Catalogue) -> Self {
        let page = |cause: &Cause| PageTexts::new(catalogue, *cause);
        Self { catalogue, pages: Cause::ALL.iter().map(page).collect() }
    }

    /// The sentence `section.id.part`; `part` may be empty.
    pub fn message(&self, section: &str, id: &str, part: &str, params: &[(&str, Value)]) -> String {
        let dot = if part.is_empty() { "" } else { "." };
        self.catalogue.message(&[section, ".", id, dot, part].concat(), params)
    }

    /// The section of the RFC that a rule stands in, where the catalogue names one.
    pub fn rfc(&self, section: &str, id: &str) -> Option<String> {
        let key = [section, ".", id, ".rfc"].concat();
        self.catalogue.knows(&key).then(|| self.catalogue.message(&key, &[]))
    }

    pub(super) fn catalogue(&self) -> &'a Catalogue {
        self.catalogue
    }

    pub(super) fn page(&self, cause: Cause) -> Option<&PageTexts> {
        self.pages.iter().find(|page| page.cause == cause)
    }
}

impl PageTexts {
    fn new(catalogue: &Catalogue, cause: Cause) -> Self {
        let page = catalogue.cause(cause);
        let reconnect = cause.reconnect();
        Self {
            cause,
            title: json(&page.title),
            explanation: json(&page.explanation),
            fix: json(&PageFix::new(&page.fix)),
            reconnect: (reconnect, json(&catalogue.reconnect(reconnect))),
        }
    }

    pub fn title(&self) -> Written<'_> {
        Written(&self.title)
    }

    pub fn explanation(&self) -> Written<'_> {
        Written(&self.explanation)
    }

    pub fn fix(&self) -> Written<'_> {
        Written(&self.fix)
    }

    /// The usual advice after this cause, where it is this one.
    pub fn reconnect(&self, advice: Reconnect) -> Option<Written<'_>> {
        let (usual, text) = &self.reconnect;
        (*usual == advice).then_some(Written(text))
    }
}

fn json(value: &impl Serialize) -> Vec<u8> {
    let mut out = Vec::new();
    // Texts and lists of them are what JSON is made of: this cannot fail.
    let _ = write_json(&mut out, value);
    out
}

#[derive(Serialize)]
struct PageFix<'a> {
    client: &'a [String],
    server: &'a [String],
    infrastructure: &'a [String],
}

impl<'a> PageFix<'a> {
    fn new(fix: &'a Fix) -> Self {
        Self { client: &fix.client, server: &fix.server, infrastructure: &fix.infrastructure }
    }
}
