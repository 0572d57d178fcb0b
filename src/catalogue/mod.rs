//! What the tool can say to people: codes, causes, evidence and fixes, in five languages.
//!
//! Given ids and typed parameters, gives texts. The texts are files (`<lang>/codes/*.md`, `<lang>/causes/*.md`,
//! `<lang>/messages.toml`, `<lang>/pairs.toml`) that a translator edits without Rust; `build/catalogue.rs` puts them into
//! the form in which they are built into the program.
//! Reads no files, knows no connections, and never fails: what a language lacks is said in English.

mod cause;
pub mod codes;
mod embedded;
mod glob;
mod language;
mod messages;
mod page;
pub mod pages;
mod reconnect;
mod sentence;
mod value;
pub mod vocabulary;

use std::cell::OnceCell;

pub use cause::{Cause, EndedBy, Severity};
pub use codes::code_name;
pub use language::Language;
pub use messages::{Messages, Section, Template, parameters};
pub use page::{CausePage, CodePage, Fix, RankedCause};
pub use reconnect::{Advice, Reconnect};
pub use sentence::Sentence;
pub use value::{Rules, Value, seconds_text};
pub use vocabulary::{Hints, Vocabularies};

/// Everything there is to say, in one language, with English behind it. Read part by part when first needed: a report of
/// a few connections needs a few pages.
#[derive(Debug)]
pub struct Catalogue {
    language: Language,
    messages: Lazy,
    english: Lazy,
    causes: Vec<OnceCell<CausePage>>,
    codes: Vec<OnceCell<CodePage>>,
    // What is shown for a page that does not exist. None is missing (a test), but a library must not panic on it.
    no_cause: CausePage,
    no_code: CodePage,
    pairs: Lazy,
    english_pairs: Lazy,
}

/// Texts that are read when they are first needed.
#[derive(Debug)]
struct Lazy {
    language: Language,
    source: &'static str,
    messages: OnceCell<Messages>,
}

impl Lazy {
    fn new(language: Language, source: fn(Language) -> &'static str) -> Self {
        Self { language, source: source(language), messages: OnceCell::new() }
    }
}

impl std::ops::Deref for Lazy {
    type Target = Messages;

    fn deref(&self) -> &Messages {
        self.messages.get_or_init(|| Messages::parse(self.language, self.source))
    }
}

impl Catalogue {
    /// The texts of one language.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            messages: Lazy::new(language, embedded::messages),
            english: Lazy::new(Language::English, embedded::messages),
            causes: Cause::ALL.iter().map(|_| OnceCell::new()).collect(),
            codes: all_codes().map(|_| OnceCell::new()).collect(),
            no_cause: CausePage::parse(Cause::Unknown, ""),
            no_code: CodePage::parse(codes::facts(0), ""),
            pairs: Lazy::new(language, embedded::pairs),
            english_pairs: Lazy::new(Language::English, embedded::pairs),
        }
    }

    /// The language it was made for.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of an id such as `evidence.fin-first`, with its parameters filled in: in the language, else in
    /// English, else the id and its parameters.
    pub fn message(&self, id: &str, params: &[(&str, Value)]) -> String {
        let (section, id) = id.split_once('.').unwrap_or(("", id));
        self.sentence(section, id, params).to_string()
    }

    /// The same, with the id in two parts, to be written where it is wanted.
    pub fn sentence<'a>(&'a self, section: &'a str, id: &'a str, params: &'a [(&'a str, Value)]) -> Sentence<'a> {
        Sentence { catalogue: self, section, id, params }
    }

    /// A section of the messages in another writing, such as escaped for JSON; empty where the language lacks it.
    pub fn section(&self, section: &str, rewrite: impl Fn(&str) -> String) -> Section {
        let found = self.messages.section(section);
        found.map_or_else(|| Section::new(self.language), |section| section.rewritten(rewrite))
    }

    /// A word of the reports (`label.client`, given as `client`), or the word itself where it has no translation.
    pub fn label(&self, id: &str) -> String {
        self.text("label", id).unwrap_or(id).to_owned()
    }

    /// Whether there is a text for this id, in English at least.
    pub fn knows(&self, id: &str) -> bool {
        self.behind().template(id).is_some()
    }

    /// The page of a cause.
    pub fn cause(&self, cause: Cause) -> &CausePage {
        self.causes
            .get(cause as usize)
            .map_or(&self.no_cause, |page| page.get_or_init(|| cause_page(self.language, cause)))
    }

    /// The page of a code, or of the range that it lies in.
    pub fn code(&self, code: u16) -> &CodePage {
        self.page_of(codes::facts(code))
    }

    /// The page of an entry of the registry: a code's, or a range's own.
    pub fn page_of(&self, facts: &codes::CodeFacts) -> &CodePage {
        let found = all_codes().zip(&self.codes).find(|(known, _)| *known == facts);
        found.map_or(&self.no_code, |(facts, page)| page.get_or_init(|| code_page(self.language, facts)))
    }

    /// The sentence for advice about reconnecting.
    pub fn reconnect(&self, reconnect: Reconnect) -> String {
        self.message(reconnect.message_id(), &reconnect.params())
    }

    /// A value as people read it in this language.
    pub fn written(&self, value: &Value) -> String {
        let mut out = String::new();
        // Writing to memory does not fail.
        let _ = self.write_value(&mut out, value, &[]);
        out
    }

    /// A label as it stands inside a sentence: “the client” where the label is “Client”.
    fn word<'a>(&'a self, id: &'a str) -> &'a str {
        self.text("word", id).or_else(|| self.text("label", id)).unwrap_or(id)
    }

    /// What stands behind the language: English, which is not read twice.
    fn behind(&self) -> &Messages {
        if self.language == Language::English { &self.messages } else { &self.english }
    }

    fn text(&self, section: &str, id: &str) -> Option<&str> {
        let found = self.messages.find(section, id).or_else(|| self.behind().find(section, id));
        found.map(|(_, text)| text.as_str())
    }

    /// A part of a comparison that was written by hand: of `1001-1010` the `cause`.
    fn pair(&self, pair: &str, part: &str) -> Option<&str> {
        let key = format!("{pair}.{part}");
        self.pairs.template(&key).or_else(|| self.english_pairs.template(&key))
    }
}

fn all_codes() -> impl Iterator<Item = &'static codes::CodeFacts> {
    codes::CODES.iter().chain(codes::RANGES)
}

fn cause_page(language: Language, cause: Cause) -> CausePage {
    let page = |language| CausePage::parse(cause, file(embedded::causes(language), cause.id()));
    match language {
        Language::English => page(language),
        other => page(other).or(&page(Language::English)),
    }
}

fn code_page(language: Language, facts: &'static codes::CodeFacts) -> CodePage {
    let name = facts.page();
    let page = |language| CodePage::parse(facts, file(embedded::codes(language), &name));
    match language {
        Language::English => page(language),
        other => page(other).or(&page(Language::English)),
    }
}

fn file(files: &'static [embedded::File], name: &str) -> &'static str {
    files.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).unwrap_or_default()
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
