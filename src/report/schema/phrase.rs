//! Messages as they are published: id and parameters, and the sentence that they make.
//!
//! Given what was said, writes either or both. Most of it is the same whenever it is said again: names, words, the
//! sentence around the numbers. That is put together once, for each id, names and words; then only values are filled in.

use std::cell::RefCell;
use std::collections::HashMap;

use super::texts::{Messages, Texts};
use super::values::write_in_sentence;
use crate::catalogue::Value;
use crate::diagnosis::Said;
use crate::report::encode::{Encode, Encoded, Escaping, List, Word};

/// What of a message stands where it is published.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Form {
    /// `"id":"…","params":{…},"text":"…"`.
    Evidence,
    /// `"why_not":"…","why_not_id":"…","params":{…}`.
    WhyNot,
    /// The sentence.
    Sentence,
    /// `{"id":"…","params":{…}}`.
    Ids,
}

/// Something said, in one of its forms.
pub(super) struct Phrased<'a> {
    pub texts: &'a Texts<'a>,
    pub messages: &'a Messages<'a>,
    pub form: Form,
    pub id: &'static str,
    pub params: &'a [(&'static str, Value)],
}

impl<'a> Phrased<'a> {
    pub fn new(texts: &'a Texts<'a>, messages: &'a Messages<'a>, form: Form, said: &'a Said) -> Self {
        Self { texts, messages, form, id: said.id, params: &said.params }
    }

    /// One after the other.
    pub fn list(texts: &'a Texts<'a>, messages: &'a Messages<'a>, form: Form, all: &'a [Said]) -> impl Encode {
        List(all.iter().map(move |said| Self::new(texts, messages, form, said)))
    }

    pub fn push_to(&self, json: &mut Encoded) {
        let made = &self.messages.phrases.0;
        // The same text has the same address; if ever not, its phrase is made twice.
        let address = self.id.as_ptr().addr();
        if let Some(phrase) = made.borrow().get(&address).and_then(|all| all.iter().find(|phrase| phrase.fits(self))) {
            return phrase.write(self, json);
        }
        let phrase = Phrase::new(self);
        phrase.write(self, json);
        made.borrow_mut().entry(address).or_default().push(phrase);
    }
}

impl Encode for Phrased<'_> {
    fn encode(self, json: &mut Encoded) {
        self.push_to(json);
    }
}

/// Those made so far, by the address of their id. Ids, names and words are ours: there are a few hundred.
#[derive(Default)]
pub(super) struct Phrases(RefCell<HashMap<usize, Vec<Phrase>, foldhash::fast::FixedState>>);

/// A message with places for its values.
struct Phrase {
    form: Form,
    /// Names of the parameters, and of those that are words, the word.
    params: Vec<(&'static str, Option<&'static str>)>,
    constant: Encoded,
    /// Where a value stands in what is constant, and which.
    slots: Vec<(usize, Slot)>,
}

enum Slot {
    /// The parameter with this index, as JSON.
    Value(usize),
    /// The same as people read it.
    InSentence(usize),
    /// The form of a word that fits the number.
    Plural(usize, String),
    /// The whole sentence, which the catalogue does not have.
    Sentence,
}

impl Phrase {
    fn new(said: &Phrased<'_>) -> Self {
        let params = said.params.iter().map(|(name, value)| (*name, word(value))).collect();
        let mut phrase = Self { form: said.form, params, constant: Encoded::default(), slots: Vec::new() };
        match said.form {
            Form::Evidence => {
                phrase.push_id("\"id\":", said);
                phrase.push_params(said);
                phrase.push_sentence(",\"text\":", said);
            }
            Form::WhyNot => {
                phrase.push_sentence("\"why_not\":", said);
                phrase.push_id(",\"why_not_id\":", said);
                phrase.push_params(said);
            }
            Form::Sentence => phrase.push_sentence("", said),
            Form::Ids => {
                phrase.push_id("{\"id\":", said);
                phrase.push_params(said);
                phrase.constant.push("}");
            }
        }
        phrase
    }

    /// It is this one. Texts of ours are the same where their addresses are.
    fn fits(&self, said: &Phrased<'_>) -> bool {
        let same = |one: &str, other: &str| std::ptr::eq(one, other);
        let fits = |((name, known), (given, value)): (&(&str, Option<&str>), &(&str, Value))| {
            let words = match (known, value) {
                (Some(known), Value::Label(word)) => same(known, word),
                (None, Value::Label(_)) | (Some(_), _) => false,
                (None, _) => true,
            };
            words && same(name, given)
        };
        self.form == said.form
            && self.params.len() == said.params.len()
            && self.params.iter().zip(said.params).all(fits)
    }

    fn write(&self, said: &Phrased<'_>, json: &mut Encoded) {
        let mut from = 0;
        for (at, slot) in &self.slots {
            json.push_bytes(self.constant.as_bytes().get(from..*at).unwrap_or_default());
            from = *at;
            slot.write(said, json);
        }
        json.push_bytes(self.constant.as_bytes().get(from..).unwrap_or_default());
    }

    fn push_slot(&mut self, slot: Slot) {
        self.slots.push((self.constant.as_bytes().len(), slot));
    }

    /// Id of the message, within its section.
    fn push_id(&mut self, name: &str, said: &Phrased<'_>) {
        self.constant.push(name);
        self.constant.push_value(Word(said.id));
    }

    /// Measured values, in the order in which they were given.
    fn push_params(&mut self, said: &Phrased<'_>) {
        self.constant.push(",\"params\":{");
        for (index, (name, value)) in said.params.iter().enumerate() {
            self.constant.push(if index == 0 { "\"" } else { ",\"" });
            self.constant.push(name);
            self.constant.push("\":");
            match value {
                Value::Label(word) => self.constant.push_value(Word(word)),
                _ => self.push_slot(Slot::Value(index)),
            }
        }
        self.constant.push("}");
    }

    /// The text of the catalogue.
    fn push_sentence(&mut self, name: &str, said: &Phrased<'_>) {
        self.constant.push(name);
        self.constant.push("\"");
        let section = said.messages.escaped();
        if let Some(template) = section.text(said.id) {
            for (before, slot) in template.parts() {
                self.constant.push(before);
                let Some(slot) = slot else { continue };
                let given = said.params.iter().enumerate().find(|(_, (name, _))| *name == slot.name);
                match (given, &slot.forms) {
                    (None, _) => self.constant.push(slot.whole),
                    (Some((_, (_, value @ Value::Label(_)))), Some(forms)) => {
                        self.constant.push(section.form(forms, value));
                    }
                    (Some((_, (_, value @ Value::Label(_)))), None) => {
                        write_in_sentence(said.texts, &mut self.constant, value, &[]);
                    }
                    (Some((index, _)), Some(forms)) => self.push_slot(Slot::Plural(index, (*forms).to_owned())),
                    (Some((index, _)), None) => self.push_slot(Slot::InSentence(index)),
                }
            }
        } else {
            self.push_slot(Slot::Sentence);
        }
        self.constant.push("\"");
    }
}

fn word(value: &Value) -> Option<&'static str> {
    match value {
        Value::Label(word) => Some(word),
        _ => None,
    }
}

impl Slot {
    fn write(&self, said: &Phrased<'_>, json: &mut Encoded) {
        let value = |index: &usize| said.params.get(*index).map(|(_, value)| value);
        match self {
            Self::Value(index) => json.push_value(value(index)),
            Self::InSentence(index) => {
                if let Some(value) = value(index) {
                    write_in_sentence(said.texts, json, value, said.params);
                }
            }
            Self::Plural(index, forms) => {
                json.push(value(index).map_or("", |value| said.messages.escaped().form(forms, value)));
            }
            Self::Sentence => {
                let sentence = said.texts.catalogue().sentence(said.messages.name, said.id, said.params);
                // Writing to memory does not fail.
                let _ = sentence.write(&mut Escaping(json));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::{Catalogue, Language, Rules, parameters};
    use crate::packet::Endpoint;
    use crate::time::Timestamp;

    fn leaked(text: &str) -> &'static str {
        text.to_owned().leak()
    }

    /// Texts are escaped before parameters are filled in, and afterwards they say what the catalogue says; the second
    /// time as the first.
    #[test]
    fn a_sentence_is_that_of_the_catalogue() {
        let english = Catalogue::new(Language::English);
        let texts = Texts::new(&english);
        let values = [
            Value::from("a \"quotation\",\n{side} \u{202e}"),
            Value::Label("client"),
            Value::Label("no such word \u{9b}"),
            Value::Rule(Rules::Violation, "reserved-opcode"),
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
            for id in section.ids().chain(["not-there"]).map(leaked) {
                let template = section.text(id).map_or("{side}", |text| text.as_str());
                let names: Vec<&'static str> = parameters(template).into_iter().map(leaked).collect();
                for value in values.iter().chain(&values) {
                    let params: Vec<_> = names.iter().map(|name| (*name, value.clone())).collect();
                    let form = Form::Sentence;
                    let json = Encoded::of(Phrased { texts: &texts, messages, form, id, params: &params });
                    let told: String = serde_json::from_slice(json.as_bytes()).unwrap();
                    assert_eq!(told, english.sentence(messages.name, id, &params).to_string());
                }
            }
        }
    }
}
