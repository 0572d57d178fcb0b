//! Parameters of messages, in the two forms in which they are published: as JSON, and in a sentence.

use super::texts::Texts;
use crate::catalogue::{Value, seconds_text};
use crate::report::encode::{Encode, Encoded, Escaping, Map};

/// Parameters as an object, in the order in which they were given.
pub(super) fn params(params: &[(&'static str, Value)]) -> impl Encode {
    Map(params.iter().map(|(name, value)| (*name, value)))
}

/// A value as people read it, inside a JSON string. Numbers and addresses are plain, nearly all words are escaped
/// already, the rest may be anything.
pub(super) fn write_in_sentence(
    texts: &Texts<'_>,
    json: &mut Encoded,
    value: &Value,
    params: &[(&'static str, Value)],
) {
    let word = |id| texts.word.escaped().text(id);
    // What is seldom comes from the catalogue. Writing to memory does not fail.
    let _ = match value {
        Value::Code(code) => return code.encode(json),
        Value::Count(count) => return count.encode(json),
        Value::Endpoint(endpoint) => return endpoint.encode(json),
        Value::At(at) => return at.encode(json),
        Value::Seconds(seconds) => match seconds_text(*seconds) {
            Some((text, len)) => return json.push_start(text, len),
            None => texts.catalogue().write_value(json, value, &[]),
        },
        Value::Bytes(_) => texts.catalogue().write_value(json, value, &[]),
        Value::Label(id) => match word(id) {
            Some(word) => return json.push(word.as_str()),
            None => texts.catalogue().write_value(&mut Escaping(json), value, &[]),
        },
        Value::Text(_) | Value::Rule(..) => texts.catalogue().write_value(&mut Escaping(json), value, params),
    };
}
