//! What was said, in the two forms in which it is published: a sentence, and what it was made from.

use std::fmt;

use super::texts::{Messages, Texts};
use crate::catalogue::Value;
use crate::diagnosis::Said;
use crate::report::encode::{Encode, Encoded, Escaping, List, Map, Word, object};

/// Parameters as an object, in the order in which they were given.
pub(super) fn params(params: &[(&'static str, Value)]) -> impl Encode {
    Map(params.iter().map(|(name, value)| (*name, value)))
}

/// A sentence of the catalogue, written where it stands.
pub(super) struct Sentence<'a> {
    texts: &'a Texts<'a>,
    messages: &'a Messages<'a>,
    id: &'a str,
    params: &'a [(&'static str, Value)],
}

impl<'a> Sentence<'a> {
    pub fn new(
        texts: &'a Texts<'a>,
        messages: &'a Messages<'a>,
        id: &'a str,
        params: &'a [(&'static str, Value)],
    ) -> Self {
        Self { texts, messages, id, params }
    }

    pub fn of(texts: &'a Texts<'a>, messages: &'a Messages<'a>, said: &'a Said) -> Self {
        Self::new(texts, messages, said.id, &said.params)
    }

    fn write(&self, json: &mut Encoded) -> fmt::Result {
        let section = self.messages.escaped();
        match section.text(self.id) {
            Some(text) => section.fill(json, text, self.params, |json, value| self.write_value(json, value)),
            None => {
                let sentence = self.texts.catalogue().sentence(self.messages.name, self.id, self.params);
                sentence.write(&mut Escaping(json))
            }
        }
    }

    /// Numbers and addresses are plain, nearly all words are escaped already, the rest may be anything.
    fn write_value(&self, json: &mut Encoded, value: &Value) -> fmt::Result {
        let catalogue = self.texts.catalogue();
        match value {
            Value::Label(id) => match self.texts.word.escaped().text(id) {
                Some(word) => json.push(word.as_str()),
                None => return catalogue.write_value(&mut Escaping(json), value, &[]),
            },
            Value::Text(_) | Value::Rule(..) => {
                return catalogue.write_value(&mut Escaping(json), value, self.params);
            }
            Value::Bytes(_) | Value::Seconds(_) => return catalogue.write_value(json, value, &[]),
            Value::Code(code) => code.encode(json),
            Value::Count(count) => count.encode(json),
            Value::Endpoint(endpoint) => endpoint.encode(json),
            Value::At(at) => at.encode(json),
        }
        Ok(())
    }
}

impl Encode for Sentence<'_> {
    const QUOTED: bool = true;

    fn encode(self, json: &mut Encoded) {
        // Writing to memory does not fail.
        let _ = self.write(json);
    }
}

/// The sentences of a list.
pub(super) fn sentences<'a>(texts: &'a Texts<'a>, messages: &'a Messages<'a>, said: &'a [Said]) -> impl Encode {
    List(said.iter().map(move |said| Sentence::of(texts, messages, said)))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Language, parameters};
    use crate::packet::Endpoint;
    use crate::time::Timestamp;

    /// Texts are escaped before parameters are filled in, and afterwards they say what the catalogue says.
    #[test]
    fn a_sentence_is_that_of_the_catalogue() {
        let english = Catalogue::new(Language::English);
        let texts = Texts::new(&english);
        let values = [
            Value::Text("a \"quotation\",\n{side} \u{202e}".to_owned()),
            Value::Label("client"),
            Value::Label("no such word \u{9b}"),
            Value::Rule("violation", "reserved-opcode"),
            Value::Code(1006),
            Value::Endpoint(Endpoint::v4([192, 0, 2, 1], 80)),
            Value::At(Timestamp(1)),
            Value::Count(1),
            Value::Bytes(70_000),
            Value::Seconds(59.95),
        ];
        let all = [&texts.evidence, &texts.fix, &texts.next, &texts.why_not, &texts.incident, &texts.reconnect];
        for messages in all {
            let section = english.section(messages.name, str::to_owned);
            for id in section.ids().chain(["not-there"]) {
                let template = section.text(id).map_or("{side}", |text| text.as_str());
                let names: Vec<&'static str> =
                    parameters(template).into_iter().map(|name| &*name.to_owned().leak()).collect();
                for value in &values {
                    let params: Vec<_> = names.iter().map(|name| (*name, value.clone())).collect();
                    let json = Encoded::of(Sentence::new(&texts, messages, id, &params));
                    let told: String = serde_json::from_slice(json.as_bytes()).unwrap();
                    assert_eq!(told, english.sentence(messages.name, id, &params).to_string());
                }
            }
        }
    }
}
