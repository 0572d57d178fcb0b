//! English texts for the JSON: those that no finding changes are escaped once, not once a finding. Also what else is the
//! same in many findings.

use std::cell::OnceCell;

use super::cause::{ReconnectView, Start};
use super::connection::Manner;
use super::phrase::Phrases;
use super::recent::Recent;
use crate::catalogue::{Catalogue, Cause, Section, Value};
use crate::diagnosis::Confidence;
use crate::record::{Detected, HandshakeState};
use crate::report::encode::{Encoded, Fields};
use crate::report::escape::escaped;
use crate::wire::websocket::CloseCode;

/// The catalogue, and as JSON what findings take from it.
pub(in crate::report) struct Texts<'a> {
    catalogue: &'a Catalogue,
    pages: Vec<OnceCell<PageTexts>>,
    // What is written for a cause without a page. Every cause has one (a test).
    no_page: OnceCell<PageTexts>,
    pub(super) evidence: Messages<'a>,
    pub(super) fix: Messages<'a>,
    pub(super) next: Messages<'a>,
    pub(super) why_not: Messages<'a>,
    pub(super) incident: Messages<'a>,
    pub(super) reconnect: Messages<'a>,
    pub(super) word: Messages<'a>,
    pub(super) recent: Recently,
}

/// Parts of findings that come of few different facts.
#[derive(Default)]
pub(super) struct Recently {
    pub detected: Recent<Detected>,
    pub handshakes: Recent<(HandshakeState, Option<u16>)>,
    pub codes: Recent<Option<CloseCode>>,
    pub manners: Recent<Manner>,
    pub apis: Recent<(Option<CloseCode>, bool, bool)>,
}

/// A section of the catalogue's messages, escaped when it is first needed.
pub(super) struct Messages<'a> {
    catalogue: &'a Catalogue,
    pub name: &'static str,
    escaped: OnceCell<Section>,
    pub(super) phrases: Phrases,
}

/// The parts of a cause's page that stand in every finding of that cause.
pub(super) struct PageTexts {
    pub title: Encoded,
    /// Id to explanation, by confidence.
    starts: [Fields; Confidence::ALL.len()],
    pub fix: Encoded,
    pub reconnect: Encoded,
}

impl<'a> Texts<'a> {
    pub fn new(catalogue: &'a Catalogue) -> Self {
        let messages = |name| Messages { catalogue, name, escaped: OnceCell::new(), phrases: Phrases::default() };
        Self {
            catalogue,
            pages: Cause::ALL.iter().map(|_| OnceCell::new()).collect(),
            no_page: OnceCell::new(),
            evidence: messages("evidence"),
            fix: messages("fix"),
            next: messages("next"),
            why_not: messages("why_not"),
            incident: messages("incident"),
            reconnect: messages("reconnect"),
            word: messages("word"),
            recent: Recently::default(),
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

    pub(super) fn page(&self, cause: Cause) -> &PageTexts {
        let page = self.pages.get(cause as usize).unwrap_or(&self.no_page);
        page.get_or_init(|| PageTexts::new(cause, self))
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
            starts: Confidence::ALL.map(|confidence| Fields::of(Start { cause, confidence, page })),
            fix: Encoded::of(&page.fix),
            reconnect: Encoded::of(ReconnectView::Own(cause.reconnect(), texts)),
        }
    }

    pub fn start(&self, confidence: Confidence) -> &Fields {
        let [possible, likely, certain] = &self.starts;
        match confidence {
            Confidence::Possible => possible,
            Confidence::Likely => likely,
            Confidence::Certain => certain,
        }
    }
}
