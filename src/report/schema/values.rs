//! Parameters of messages, in the two forms in which they are published: as JSON, and in a sentence.

use std::fmt::Write;

use super::texts::Texts;
use crate::catalogue::{Template, Value};
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
    // Writing to memory does not fail.
    let _ = match value {
        Value::Code(code) => return code.encode(json),
        Value::Count(count) => return count.encode(json),
        Value::Endpoint(endpoint) => return endpoint.encode(json),
        Value::At(at) => return at.encode(json),
        Value::Seconds(_) | Value::Bytes(_) => texts.catalogue().write_value(json, value, &[]),
        Value::Label(id) if word(id).is_some() => json.write_str(word(id).map_or("", Template::as_str)),
        Value::Label(_) | Value::Text(_) | Value::Rule(..) => {
            texts.catalogue().write_value(&mut Escaping(json), value, params)
        }
    };
}
