//! What the tool can say to people: codes, causes, evidence and fixes, in five languages.
//!
//! Given ids and typed parameters, gives texts. The texts are files (`<lang>/codes/*.md`, `<lang>/causes/*.md`,
//! `<lang>/messages.toml`, `<lang>/pairs.toml`) that a translator edits without Rust; they are built into the program.
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
mod value;
pub mod vocabulary;

pub use cause::{Cause, EndedBy, Severity};
pub use codes::code_name;
pub use language::Language;
pub use messages::{Messages, parameters};
pub use page::{CausePage, CodePage, Fix, RankedCause};
pub use reconnect::{Advice, Reconnect};
pub use value::Value;
pub use vocabulary::{Hints, Vocabularies};

/// Everything there is to say, in one language, with English behind it.
#[derive(Debug)]
pub struct Catalogue {
    language: Language,
    messages: Messages,
    english: Messages,
    causes: Vec<CausePage>,
    codes: Vec<CodePage>,
    // What is shown for a page that does not exist. None is missing (a test), but a library must not panic on it.
    no_cause: CausePage,
    no_code: CodePage,
    pairs: Messages,
    english_pairs: Messages,
}

impl Catalogue {
    /// Reads the pages of one language.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            messages: Messages::parse(language, embedded::messages(language)),
            english: Messages::parse(Language::English, embedded::messages(Language::English)),
            causes: cause_pages(language),
            codes: code_pages(language),
            no_cause: CausePage::parse(Cause::Unknown, ""),
            no_code: CodePage::parse(codes::facts(0), ""),
            pairs: Messages::parse(language, embedded::pairs(language)),
            english_pairs: Messages::parse(Language::English, embedded::pairs(Language::English)),
        }
    }

    /// The language it was made for.
    pub fn language(&self) -> Language {
        self.language
    }

    /// The text of an id such as `evidence.fin-first`, with its parameters filled in: in the language, else in
    /// English, else the id and its parameters.
    pub fn message(&self, id: &str, params: &[(&str, Value)]) -> String {
        for texts in [&self.messages, &self.english] {
            if let Some(template) = texts.template(id) {
                return texts.render(template, params, &|id| self.named(id, params));
            }
        }
        let params = params.iter().map(|(name, value)| format!("{name}={}", self.written(value)));
        match params.collect::<Vec<_>>() {
            none if none.is_empty() => id.to_owned(),
            params => format!("{id} ({})", params.join(", ")),
        }
    }

    /// A word of the reports (`label.client`, given as `client`), or the word itself where it has no translation.
    pub fn label(&self, id: &str) -> String {
        let key = format!("label.{id}");
        let text = self.messages.template(&key).or_else(|| self.english.template(&key));
        text.unwrap_or(id).to_owned()
    }

    /// The text of an id that a parameter names: a label, or the text of a rule.
    fn named(&self, id: &str, params: &[(&str, Value)]) -> String {
        match id.strip_prefix("label.") {
            Some(label) => self.word(label),
            None => {
                let plain = params.iter().filter(|(_, value)| !matches!(value, Value::Rule(..)));
                self.message(id, &plain.cloned().collect::<Vec<_>>())
            }
        }
    }

    /// Whether there is a text for this id, in English at least.
    pub fn knows(&self, id: &str) -> bool {
        self.english.template(id).is_some()
    }

    /// The page of a cause.
    pub fn cause(&self, cause: Cause) -> &CausePage {
        self.causes.iter().find(|page| page.cause == cause).unwrap_or(&self.no_cause)
    }

    /// The page of a code, or of the range that it lies in.
    pub fn code(&self, code: u16) -> &CodePage {
        self.page_of(codes::facts(code))
    }

    /// The page of an entry of the registry: a code's, or a range's own.
    pub fn page_of(&self, facts: &codes::CodeFacts) -> &CodePage {
        self.codes.iter().find(|page| page.facts == facts).unwrap_or(&self.no_code)
    }

    /// The sentence for advice about reconnecting.
    pub fn reconnect(&self, reconnect: Reconnect) -> String {
        let delay = |seconds: Option<u32>| Value::Count(seconds.unwrap_or(0).into());
        let params = [("delay_s", delay(reconnect.delay_s)), ("delay_max_s", delay(reconnect.delay_max_s))];
        self.message(reconnect.message_id(), &params)
    }

    /// A value as people read it in this language.
    pub fn written(&self, value: &Value) -> String {
        messages::written(value, &|id| self.named(id, &[]))
    }

    /// A label as it stands inside a sentence: “the client” where the label is “Client”.
    fn word(&self, id: &str) -> String {
        let key = format!("word.{id}");
        let text = self.messages.template(&key).or_else(|| self.english.template(&key));
        text.map(str::to_owned).unwrap_or_else(|| self.label(id))
    }

    /// A part of a comparison that was written by hand: of `1001-1010` the `cause`.
    fn pair(&self, pair: &str, part: &str) -> Option<&str> {
        let key = format!("{pair}.{part}");
        self.pairs.template(&key).or_else(|| self.english_pairs.template(&key))
    }
}

fn cause_pages(language: Language) -> Vec<CausePage> {
    let source = |language, id| file(embedded::causes(language), id);
    let page = |cause: &Cause| {
        let english = CausePage::parse(*cause, source(Language::English, cause.id()));
        match language {
            Language::English => english,
            other => CausePage::parse(*cause, source(other, cause.id())).or(&english),
        }
    };
    Cause::ALL.iter().map(page).collect()
}

fn code_pages(language: Language) -> Vec<CodePage> {
    let page = |facts: &'static codes::CodeFacts| {
        let name = facts.page();
        let english = CodePage::parse(facts, file(embedded::codes(Language::English), &name));
        match language {
            Language::English => english,
            other => CodePage::parse(facts, file(embedded::codes(other), &name)).or(&english),
        }
    };
    codes::CODES.iter().chain(codes::RANGES).map(page).collect()
}

fn file(files: &'static [embedded::File], name: &str) -> &'static str {
    files.iter().find(|(known, _)| *known == name).map(|(_, text)| *text).unwrap_or_default()
}

#[cfg(test)]
mod coverage;
#[cfg(test)]
mod tests;
