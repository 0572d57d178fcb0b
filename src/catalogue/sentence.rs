//! A message with its parameters, written where it is printed.
//!
//! A finding is a dozen sentences and there are findings by the ten thousand: nothing is put together in memory first.

use std::fmt::{self, Display, Write};

use super::{Catalogue, Value, value};

/// The message `section.id` with its parameters filled in: in the catalogue's language, else in English, else the id and
/// its parameters.
#[derive(Clone, Copy, Debug)]
pub struct Sentence<'a> {
    pub(super) catalogue: &'a Catalogue,
    pub(super) section: &'a str,
    pub(super) id: &'a str,
    pub(super) params: &'a [(&'a str, Value)],
}

impl Display for Sentence<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

impl Sentence<'_> {
    /// Writes it. Not by formatting: its machinery takes longer than the sentence.
    pub fn write(&self, out: &mut impl Write) -> fmt::Result {
        let Self { catalogue, section, id, params } = *self;
        match catalogue.messages.find(section, id).or_else(|| catalogue.behind().find(section, id)) {
            Some((section, template)) => {
                section.fill(out, template, params, |out, value| catalogue.write_value(out, value, params))
            }
            None => self.write_id(out),
        }
    }

    /// There is no text: what is known is printed.
    fn write_id(&self, out: &mut impl Write) -> fmt::Result {
        match self.section {
            "" => out.write_str(self.id)?,
            section => write!(out, "{section}.{}", self.id)?,
        }
        for (place, (name, value)) in self.params.iter().enumerate() {
            out.write_str(if place == 0 { " (" } else { ", " })?;
            write!(out, "{name}=")?;
            self.catalogue.write_value(out, value, &[])?;
        }
        if self.params.is_empty() { Ok(()) } else { out.write_str(")") }
    }
}

impl Catalogue {
    /// A value as people read it; the text of a rule is filled in with `params`.
    pub fn write_value(&self, out: &mut impl Write, value: &Value, params: &[(&str, Value)]) -> fmt::Result {
        match value {
            Value::Text(text) => out.write_str(text),
            Value::Label(id) => out.write_str(self.word(id)),
            Value::Rule(rules, id) => {
                let plain = params.iter().filter(|(_, value)| !matches!(value, Value::Rule(..)));
                let plain: Vec<_> = plain.cloned().collect();
                let id = [*id, ".text"].concat();
                write!(out, "{}", Sentence { catalogue: self, section: rules.section(), id: &id, params: &plain })
            }
            Value::Code(code) => value::write_number(out, u64::from(*code)),
            Value::Endpoint(endpoint) => write!(out, "{endpoint}"),
            Value::At(at) => write!(out, "{at}"),
            Value::Count(count) => value::write_number(out, *count),
            Value::Bytes(length) => value::write_bytes(out, *length),
            Value::Seconds(time) => value::write_seconds(out, *time),
        }
    }
}
