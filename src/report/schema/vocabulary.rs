//! What a private code means in the protocol that is spoken.

use super::Context;
use crate::diagnosis::NamedCode;
use crate::report::encode::{Encode, Encoded, object};

/// A private vocabulary.
pub(super) struct VocabularyView<'a> {
    pub named: &'a NamedCode,
    pub context: Context<'a>,
}

impl Encode for VocabularyView<'_> {
    fn encode(self, json: &mut Encoded) {
        let Self { named, context } = self;
        let clue = |(kind, value): &(&str, String)| {
            context.texts.message("clue", kind, "", &[("value", value.as_str().into())])
        };
        object!(json, {
            // Its name.
            name: named.vocabulary.as_str(),
            // What speaks for it.
            evidence: named.clues.iter().map(clue).collect::<Vec<_>>().join("; ").as_str(),
            // The code's name there.
            code_name: named.code_name.as_deref(),
            // What it means there.
            meaning: named.meaning.as_deref(),
            // What to do.
            fix: named.fix.as_deref(),
        });
    }
}
