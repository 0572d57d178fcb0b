//! Texts by id, with named parameters in braces.
//!
//! `messages.toml` holds tables of texts; the id is the path through them: `evidence.fin-first`. The build makes JSON of
//! it, an object of texts for each section. In a text `{idle_s}` is a parameter, `{count|time|times}` the form of a word
//! that fits the number. A text, parameter or language that is missing never fails: what is known is printed.

use super::language::Language;
use super::value::Value;
use serde::Deserialize;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::HashMap;
use std::fmt::{self, Write};
use std::ops::Range;

/// The texts of one language.
#[derive(Debug)]
pub struct Messages {
    sections: HashMap<&'static str, Section, Hashing>,
}

/// The texts whose ids begin alike, such as `evidence.…`.
#[derive(Debug)]
pub struct Section {
    language: Language,
    texts: Texts,
}

/// By the rest of the id.
type Texts = HashMap<&'static str, Template, Hashing>;

/// A text with places for parameters.
#[derive(Debug, Deserialize)]
#[serde(transparent)]
pub struct Template {
    #[serde(borrow)]
    text: Cow<'static, str>,
    /// Where parameters stand, braces included: found when first needed, not whenever the text is written.
    #[serde(skip)]
    places: OnceCell<Vec<Range<usize>>>,
}

/// A place for a parameter: `{name}` or `{name|form|form}` in a text.
#[derive(Debug)]
pub struct Place<'t> {
    /// As it stands in the text.
    pub whole: &'t str,
    /// The parameter's name.
    pub name: &'t str,
    /// `one|many`, where not the value stands there but what fits the number.
    pub forms: Option<&'t str>,
}

impl From<String> for Template {
    fn from(text: String) -> Self {
        Self { text: text.into(), places: OnceCell::new() }
    }
}

impl Template {
    /// As written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its pieces: constant text, and the place behind it; none behind the last.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Option<Place<'_>>)> {
        let places = self.places.get_or_init(|| places(&self.text));
        let ends = places.iter().map(|place| place.end);
        let places = places.iter().map(Some).chain([None]);
        [0].into_iter().chain(ends).zip(places).map(|(from, place)| {
            let to = place.map_or(self.text.len(), |place| place.start);
            (self.text.get(from..to).unwrap_or_default(), place.map(|place| self.place(place)))
        })
    }

    fn place(&self, place: &Range<usize>) -> Place<'_> {
        let whole = self.text.get(place.clone()).unwrap_or_default();
        let inside = self.text.get(place.start + 1..place.end - 1).unwrap_or_default();
        let (name, forms) = inside.split_once('|').map_or((inside, None), |(name, forms)| (name, Some(forms)));
        Place { whole, name, forms }
    }
}

fn places(text: &str) -> Vec<Range<usize>> {
    let find = |brace: char, from: usize| Some(from + text.get(from..)?.find(brace)?);
    let (mut places, mut from) = (Vec::new(), 0);
    while let Some(open) = find('{', from)
        && let Some(close) = find('}', open)
    {
        from = close + 1;
        places.push(open..from);
    }
    places
}

/// The ids are ours: nobody can choose them to collide.
type Hashing = foldhash::fast::FixedState;

impl Messages {
    /// Reads what the build wrote, which is without faults.
    pub(super) fn parse(language: Language, source: &'static str) -> Self {
        let sections: HashMap<&'static str, Texts, Hashing> = serde_json::from_str(source).unwrap_or_default();
        Self { sections: sections.into_iter().map(|(name, texts)| (name, Section { language, texts })).collect() }
    }

    /// The text as written, its parameters not yet filled in.
    pub fn template(&self, id: &str) -> Option<&str> {
        let (section, id) = apart(id);
        self.find(section, id).map(|(_, text)| text.as_str())
    }

    /// The same, with the id in two parts.
    pub(super) fn find(&self, section: &str, id: &str) -> Option<(&Section, &Template)> {
        let section = self.section(section)?;
        Some((section, section.text(id)?))
    }

    pub(super) fn section(&self, section: &str) -> Option<&Section> {
        self.sections.get(section)
    }

    /// Every id, sorted.
    pub fn ids(&self) -> Vec<String> {
        let of = |(name, section): (&&'static str, &Section)| -> Vec<String> {
            section.ids().map(|id| format!("{name}.{id}")).collect()
        };
        let mut ids: Vec<String> = self.sections.iter().flat_map(of).collect();
        ids.sort_unstable();
        ids
    }
}

impl Section {
    pub(super) fn new(language: Language) -> Self {
        Self { language, texts: Texts::default() }
    }

    /// The same texts in another writing, such as escaped for JSON; braces and names of parameters must come through.
    pub(super) fn rewritten(&self, rewrite: impl Fn(&str) -> String) -> Self {
        let texts = self.texts.iter().map(|(id, text)| (*id, rewrite(text.as_str()).into()));
        Self { language: self.language, texts: texts.collect() }
    }

    /// Every id, without the section's name.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.texts.keys().copied()
    }

    /// The text with this id, without the section's name.
    pub fn text(&self, id: &str) -> Option<&Template> {
        self.texts.get(id)
    }

    /// Writes the text with its parameters filled in by `write`; one that was not given keeps its braces.
    pub fn fill<W: Write>(
        &self,
        out: &mut W,
        template: &Template,
        params: &[(&str, Value)],
        write: impl Fn(&mut W, &Value) -> fmt::Result,
    ) -> fmt::Result {
        for (before, place) in template.parts() {
            out.write_str(before)?;
            let Some(Place { whole, name, forms }) = place else { continue };
            let value = params.iter().find(|(given, _)| *given == name).map(|(_, value)| value);
            match (value, forms) {
                (Some(value), None) => write(out, value)?,
                (Some(value), Some(forms)) => out.write_str(self.form(forms, value))?,
                (None, _) => out.write_str(whole)?,
            }
        }
        Ok(())
    }

    /// Of `one|few|many` what fits the number; the last where it is none.
    pub fn form<'t>(&self, forms: &'t str, value: &Value) -> &'t str {
        let wanted = value.as_count().and_then(|count| forms.split('|').nth(self.language.plural_form(count)));
        wanted.or_else(|| forms.rsplit('|').next()).unwrap_or_default()
    }
}

/// `evidence.fin-first` → `evidence`, `fin-first`.
fn apart(id: &str) -> (&str, &str) {
    id.split_once('.').unwrap_or((id, ""))
}

/// The names of the parameters that a text uses, each once.
pub fn parameters(template: &str) -> Vec<&str> {
    let slots = template.split('{').skip(1).filter_map(|after| after.split_once('}'));
    let names = slots.filter_map(|(slot, _)| slot.split('|').next());
    // Braces that hold no name belong to the text: `[{ upgrade_type: websocket }]`.
    let named = |name: &&str| name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut names: Vec<&str> = names.filter(named).collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Filled<'a>(&'a str, &'a [(&'a str, Value)]);

    impl fmt::Display for Filled<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            let section = Section::new(Language::English);
            section.fill(f, &self.0.to_owned().into(), self.1, |f, value| write!(f, "<{value:?}>"))
        }
    }

    fn render(template: &str, params: &[(&str, Value)]) -> String {
        Filled(template, params).to_string()
    }

    #[test]
    fn parameters_are_filled_in() {
        let params = [("side", Value::Label("client")), ("n", Value::Count(1))];
        assert_eq!(render("{side} closed", &params), "<Label(\"client\")> closed");
        assert_eq!(render("{n|ping|pings} {side|a|b}", &params), "ping b");
        assert_eq!(render("{n|ping|pings}", &[("n", Value::Count(3))]), "pings");
    }

    #[test]
    fn what_is_missing_stays_visible() {
        assert_eq!(render("a {side} and {other|x|y}", &[]), "a {side} and {other|x|y}");
        assert_eq!(render("an open { brace", &[]), "an open { brace");
        assert_eq!(render("{}", &[]), "{}");
    }

    #[test]
    fn ids_are_paths() {
        let messages =
            Messages::parse(Language::English, r#"{"evidence":{"a":"x"},"violation":{"b.text":"y","b.rfc":"z"}}"#);
        assert_eq!(messages.ids(), ["evidence.a", "violation.b.rfc", "violation.b.text"]);
        assert_eq!(messages.template("evidence.a"), Some("x"));
    }

    #[test]
    fn names_of_parameters() {
        assert_eq!(parameters("{b} {a|x|y} {a} [{ k: v }]"), ["a", "b"]);
    }
}
