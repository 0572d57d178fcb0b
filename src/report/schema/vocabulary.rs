//! What a private code means in the protocol that is spoken.

use serde::Serialize;

use super::Context;
use crate::catalogue::Value;
use crate::diagnosis::NamedCode;

/// A private vocabulary.
#[derive(Serialize)]
pub struct VocabularyView<'a> {
    /// Its name.
    pub name: &'a str,
    /// What speaks for it.
    pub evidence: String,
    /// The code's name there.
    pub code_name: Option<&'a str>,
    /// What it means there.
    pub meaning: Option<&'a str>,
    /// What to do.
    pub fix: Option<&'a str>,
}

impl<'a> VocabularyView<'a> {
    pub(super) fn new(named: &'a NamedCode, context: Context<'a>) -> Self {
        let clue = |(kind, value): &(&str, String)| {
            context.texts.message("clue", kind, "", &[("value", Value::Text(value.clone()))])
        };
        Self {
            name: &named.vocabulary,
            evidence: named.clues.iter().map(clue).collect::<Vec<_>>().join("; "),
            code_name: named.code_name.as_deref(),
            meaning: named.meaning.as_deref(),
            fix: named.fix.as_deref(),
        }
    }
}
