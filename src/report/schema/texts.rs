//! English texts for the JSON: those that no finding changes are escaped once, not once a finding.

use std::cell::OnceCell;

use serde::Serialize;

use crate::catalogue::{Catalogue, Cause, CausePage, Fix, Value};
use crate::report::encode::Ready;

/// The catalogue, and its cause pages as JSON.
pub(in crate::report) struct Texts<'a> {
    catalogue: &'a Catalogue,
    pages: Vec<OnceCell<Option<PageTexts>>>,
}

/// The parts of a cause's page that stand in every finding of that cause.
pub(super) struct PageTexts {
    pub title: Ready,
    pub explanation: Ready,
    pub fix: Ready,
}

impl<'a> Texts<'a> {
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue, pages: Cause::ALL.iter().map(|_| OnceCell::new()).collect() }
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
        // A text always is valid JSON: nothing is lost here that a test would not show.
        self.pages.get(cause as usize)?.get_or_init(|| PageTexts::new(self.catalogue.cause(cause))).as_ref()
    }
}

impl PageTexts {
    fn new(page: &CausePage) -> Option<Self> {
        Some(Self {
            title: Ready::new(&page.title)?,
            explanation: Ready::new(&page.explanation)?,
            fix: Ready::new(&PageFix::new(&page.fix))?,
        })
    }
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
