//! English texts for the JSON: those that no finding changes are escaped once, not once a finding.

use std::cell::OnceCell;

use super::cause::ReconnectView;
use crate::catalogue::{Catalogue, Cause, Section, Value};
use crate::report::encode::Encoded;
use crate::report::escape::escaped;

/// The catalogue, and as JSON what findings take from it.
pub(in crate::report) struct Texts<'a> {
    catalogue: &'a Catalogue,
    pages: Vec<OnceCell<PageTexts>>,
    pub(super) evidence: Messages<'a>,
    pub(super) fix: Messages<'a>,
    pub(super) next: Messages<'a>,
    pub(super) why_not: Messages<'a>,
    pub(super) incident: Messages<'a>,
    pub(super) reconnect: Messages<'a>,
    pub(super) word: Messages<'a>,
}

/// A section of the catalogue's messages, escaped when it is first needed.
pub(super) struct Messages<'a> {
    catalogue: &'a Catalogue,
    pub name: &'static str,
    escaped: OnceCell<Section>,
}

/// The parts of a cause's page that stand in every finding of that cause.
pub(super) struct PageTexts {
    pub title: Encoded,
    pub explanation: Encoded,
    pub fix: Encoded,
    pub reconnect: Encoded,
}

impl<'a> Texts<'a> {
    pub fn new(catalogue: &'a Catalogue) -> Self {
        let messages = |name| Messages { catalogue, name, escaped: OnceCell::new() };
        Self {
            catalogue,
            pages: Cause::ALL.iter().map(|_| OnceCell::new()).collect(),
            evidence: messages("evidence"),
            fix: messages("fix"),
            next: messages("next"),
            why_not: messages("why_not"),
            incident: messages("incident"),
            reconnect: messages("reconnect"),
            word: messages("word"),
        }
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
        let page = self.pages.get(cause as usize)?;
        Some(page.get_or_init(|| PageTexts::new(cause, self)))
    }
}

impl Messages<'_> {
    pub fn escaped(&self) -> &Section {
        self.escaped.get_or_init(|| self.catalogue.section(self.name, escaped))
    }
}

impl PageTexts {
    fn new(cause: Cause, texts: &Texts<'_>) -> Self {
        let page = texts.catalogue.cause(cause);
        Self {
            title: Encoded::of(page.title.as_str()),
            explanation: Encoded::of(page.explanation.as_str()),
            fix: Encoded::of(&page.fix),
            reconnect: Encoded::of(ReconnectView::Own(cause.reconnect(), texts)),
        }
    }
}
