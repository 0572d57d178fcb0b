//! What was said, in the two forms in which it is published: a sentence, and what it was made from.

use super::Texts;
use crate::catalogue::{Sentence, Value};
use crate::diagnosis::Said;
use crate::report::encode::{Encode, Encoded, List, Map, Word, object};

/// Parameters as an object, in the order in which they were given.
pub(super) fn params(params: &[(&'static str, Value)]) -> impl Encode {
    Map(params.iter().map(|(name, value)| (*name, value)))
}

/// The sentence.
pub(super) fn sentence<'a>(texts: &Texts<'a>, section: &'static str, said: &'a Said) -> Sentence<'a> {
    texts.catalogue().sentence(section, said.id, &said.params)
}

/// The sentences of a list.
pub(super) fn sentences<'a>(texts: &Texts<'a>, section: &'static str, said: &'a [Said]) -> impl Encode {
    List(said.iter().map(move |said| sentence(texts, section, said)))
}

/// What they were made from.
pub(super) fn ids(said: &[Said]) -> impl Encode {
    List(said.iter().map(SaidView))
}

/// What a text was made from, so that others can render it.
struct SaidView<'a>(&'a Said);

impl Encode for SaidView<'_> {
    fn encode(self, json: &mut Encoded) {
        object!(json, {
            // Id of the message, within its section.
            id: Word(self.0.id),
            // Its parameters.
            params: params(&self.0.params),
        });
    }
}
