//! Texts by id, with named parameters in braces.
//!
//! `messages.toml` holds tables of texts; the id is the path through them: `evidence.fin-first`. In a text `{idle_s}`
//! is a parameter, `{count|time|times}` the form of a word that fits the number. A text, parameter or language that is
//! missing never fails: what is known is printed.

use super::language::Language;
use super::value::{self, Value};
use std::collections::HashMap;

/// The texts of one language.
#[derive(Debug)]
pub struct Messages {
    language: Language,
    texts: HashMap<String, String>,
}

impl Messages {
    /// Reads a `messages.toml`. A fault in the file leaves the texts out; a test keeps the embedded ones sound.
    pub(super) fn parse(language: Language, source: &str) -> Self {
        let mut texts = HashMap::new();
        if let Ok(table) = source.parse::<toml::Table>() {
            collect(&mut texts, "", &table);
        }
        Self { language, texts }
    }

    /// The text as written, its parameters not yet filled in.
    pub fn template(&self, id: &str) -> Option<&str> {
        self.texts.get(id).map(String::as_str)
    }

    /// Every id, sorted.
    pub fn ids(&self) -> Vec<&str> {
        let mut ids: Vec<&str> = self.texts.keys().map(String::as_str).collect();
        ids.sort_unstable();
        ids
    }

    /// The text with its parameters filled in; a parameter that was not given keeps its braces. `other` gives the texts
    /// of other ids that a parameter names.
    pub(super) fn render(&self, template: &str, params: &[(&str, Value)], other: &dyn Fn(&str) -> String) -> String {
        let mut out = String::with_capacity(template.len() + 16);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            out.push_str(before);
            let Some((slot, tail)) = after.split_once('}') else {
                out.push('{');
                rest = after;
                continue;
            };
            match self.fill(slot, params, other) {
                Some(text) => out.push_str(&text),
                None => out.extend(["{", slot, "}"]),
            }
            rest = tail;
        }
        out.push_str(rest);
        out
    }

    fn fill(&self, slot: &str, params: &[(&str, Value)], other: &dyn Fn(&str) -> String) -> Option<String> {
        let mut forms = slot.split('|');
        let name = forms.next()?;
        let value = params.iter().find(|(given, _)| *given == name).map(|(_, value)| value)?;
        let forms: Vec<&str> = forms.collect();
        match (forms.is_empty(), value.as_count()) {
            (true, _) => Some(written(value, other)),
            (false, Some(count)) => {
                let form = forms.get(self.language.plural_form(count)).or(forms.last());
                form.map(|form| (*form).to_owned())
            }
            (false, None) => forms.last().map(|form| (*form).to_owned()),
        }
    }
}

/// A value as people read it.
pub(super) fn written(value: &Value, other: &dyn Fn(&str) -> String) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::Label(id) => other(&format!("label.{id}")),
        Value::Rule(section, id) => other(&format!("{section}.{id}.text")),
        Value::Count(count) => count.to_string(),
        Value::Bytes(length) => value::bytes(*length),
        Value::Seconds(time) => value::seconds(*time),
    }
}

/// The names of the parameters that a text uses, each once.
pub fn parameters(template: &str) -> Vec<&str> {
    let slots = template.split('{').skip(1).filter_map(|after| after.split_once('}'));
    let mut names: Vec<&str> = slots.filter_map(|(slot, _)| slot.split('|').next()).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn collect(texts: &mut HashMap<String, String>, prefix: &str, table: &toml::Table) {
    for (key, value) in table {
        let id = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
        match value {
            toml::Value::String(text) => {
                texts.insert(id, text.trim().to_owned());
            }
            toml::Value::Table(inner) => collect(texts, &id, inner),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(template: &str, params: &[(&str, Value)]) -> String {
        let messages = Messages::parse(Language::English, "");
        messages.render(template, params, &|id| format!("<{}>", id.trim_start_matches("label.")))
    }

    #[test]
    fn parameters_are_filled_in() {
        let params = [("side", Value::Label("client")), ("idle_s", Value::Seconds(60.0)), ("n", Value::Count(1))];
        assert_eq!(render("{side} closed after {idle_s} s", &params), "<client> closed after 60.0 s");
        assert_eq!(render("{n} {n|ping|pings}", &params), "1 ping");
        assert_eq!(render("{n} {n|ping|pings}", &[("n", Value::Count(3))]), "3 pings");
    }

    #[test]
    fn what_is_missing_stays_visible() {
        assert_eq!(render("{side} and {other}", &[("side", "x".into())]), "x and {other}");
        assert_eq!(render("an open { brace", &[]), "an open { brace");
        assert_eq!(render("{}", &[]), "{}");
    }

    #[test]
    fn ids_are_paths() {
        let messages = Messages::parse(Language::English, "[evidence]\na = 'x'\n[violation.b]\ntext = 'y'\nrfc = 'z'");
        assert_eq!(messages.ids(), ["evidence.a", "violation.b.rfc", "violation.b.text"]);
        assert_eq!(messages.template("evidence.a"), Some("x"));
    }

    #[test]
    fn names_of_parameters() {
        assert_eq!(parameters("{b} {a|x|y} {a}"), ["a", "b"]);
    }
}
