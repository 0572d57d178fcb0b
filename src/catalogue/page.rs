//! One page file: titles and the like, then Markdown in sections `## name`.
//!
//! Section names are fixed words (`when`, `fix-client` …), the same in every language; headings for people are labels.
//! In front stands TOML between `+++` lines, of which the build makes one line of JSON.

use super::Cause;
use super::codes::CodeFacts;
use serde::Deserialize;

/// A page as written, still in pieces.
struct Page<'a> {
    lead: &'a str,
    sections: Vec<(&'a str, &'a str)>,
}

/// What stands in front of a page: of a cause the title, of a code the other words.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Front {
    title: String,
    name: String,
    short: String,
    typical: String,
    first_step: String,
    look_at: String,
    see_also: Vec<String>,
    sources: Vec<String>,
}

impl<'a> Page<'a> {
    fn parse(source: &'a str) -> (Front, Self) {
        let (front, body) = source.split_once('\n').unwrap_or_default();
        let mut parts = body.split("\n## ");
        let lead = parts.next().unwrap_or_default().trim();
        let sections = parts.map(|part| part.split_once('\n').unwrap_or((part, "")));
        let sections = sections.map(|(name, text)| (name.trim(), text.trim())).collect();
        (serde_json::from_str(front).unwrap_or_default(), Self { lead, sections })
    }

    fn text(&self, section: &str) -> String {
        let found = self.sections.iter().find(|(name, _)| *name == section);
        found.map(|(_, text)| (*text).to_owned()).unwrap_or_default()
    }

    fn list(&self, section: &str) -> Vec<String> {
        let mut items: Vec<String> = Vec::new();
        for line in self.text(section).lines() {
            match (line.strip_prefix("- "), items.last_mut()) {
                (Some(item), _) => items.push(item.trim().to_owned()),
                (None, Some(last)) if !line.trim().is_empty() => {
                    last.push(' ');
                    last.push_str(line.trim());
                }
                _ => {}
            }
        }
        items
    }

    fn fix(&self) -> Fix {
        Fix {
            client: self.list("fix-client"),
            server: self.list("fix-server"),
            infrastructure: self.list("fix-infrastructure"),
        }
    }
}

/// What to do, by who can do it.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Fix {
    /// In the client.
    pub client: Vec<String>,
    /// In the server.
    pub server: Vec<String>,
    /// On the way between them.
    pub infrastructure: Vec<String>,
}

/// What there is to say about a cause. Texts are Markdown; every field that a language lacks is English.
#[derive(Clone, PartialEq, Debug)]
pub struct CausePage {
    /// Which cause.
    pub cause: Cause,
    /// A few words.
    pub title: String,
    /// One to three sentences, without Markdown: the `explanation` of a finding.
    pub explanation: String,
    /// What the packets show.
    pub seen: String,
    /// How it comes about.
    pub why: String,
    /// Commands to paste, and what would change the verdict.
    pub confirm: String,
    /// What to do.
    pub fix: Fix,
    /// Settings with names and values, one product an item.
    pub settings: Vec<String>,
    /// Codes and cause ids.
    pub see_also: Vec<String>,
    /// Where the facts come from.
    pub sources: Vec<String>,
}

impl CausePage {
    pub(super) fn parse(cause: Cause, source: &str) -> Self {
        let (front, page) = Page::parse(source);
        Self {
            cause,
            title: front.title,
            explanation: unwrapped(page.lead),
            seen: page.text("seen"),
            why: page.text("why"),
            confirm: page.text("confirm"),
            fix: page.fix(),
            settings: page.list("settings"),
            see_also: front.see_also,
            sources: front.sources,
        }
    }

    /// The names of the parts that are empty, `sources` and such apart, which are the same in every language.
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("title", self.title.is_empty()),
            ("explanation", self.explanation.is_empty()),
            ("seen", self.seen.is_empty()),
            ("why", self.why.is_empty()),
            ("confirm", self.confirm.is_empty()),
            ("fix-client", self.fix.client.is_empty()),
            ("fix-server", self.fix.server.is_empty()),
            ("fix-infrastructure", self.fix.infrastructure.is_empty()),
        ];
        parts.into_iter().filter(|(_, empty)| *empty).map(|(name, _)| name).collect()
    }

    pub(super) fn or(mut self, fallback: &Self) -> Self {
        text_or(&mut self.title, &fallback.title);
        text_or(&mut self.explanation, &fallback.explanation);
        text_or(&mut self.seen, &fallback.seen);
        text_or(&mut self.why, &fallback.why);
        text_or(&mut self.confirm, &fallback.confirm);
        self.fix.or(&fallback.fix);
        list_or(&mut self.settings, &fallback.settings);
        list_or(&mut self.see_also, &fallback.see_also);
        list_or(&mut self.sources, &fallback.sources);
        self
    }
}

/// One of the ranked causes of a code.
#[derive(Clone, PartialEq, Debug)]
pub struct RankedCause {
    /// The cause's own page, where it has one.
    pub cause: Option<Cause>,
    /// What happens.
    pub text: String,
}

/// What there is to say about a code. Texts are Markdown; every field that a language lacks is English.
#[derive(Clone, PartialEq, Debug)]
pub struct CodePage {
    /// The facts that no language changes.
    pub facts: &'static CodeFacts,
    /// The name in the reader's language.
    pub name: String,
    /// What it says, in one short sentence.
    pub short: String,
    /// Its commonest origin, in a few words.
    pub typical: String,
    /// What to do first, in one short sentence.
    pub first_step: String,
    /// Where to look in a capture.
    pub look_at: String,
    /// What it means.
    pub description: String,
    /// When you see it.
    pub when: String,
    /// Its origins, commonest first.
    pub causes: Vec<RankedCause>,
    /// What to do.
    pub fix: Fix,
    /// Whether and when to connect again.
    pub reconnect: String,
    /// What endpoints' APIs show.
    pub apis: String,
    /// What it is taken for, and the difference.
    pub confused: Vec<(u16, String)>,
    /// Where the facts come from.
    pub sources: Vec<String>,
}

impl CodePage {
    pub(super) fn parse(facts: &'static CodeFacts, source: &str) -> Self {
        let (front, page) = Page::parse(source);
        Self {
            facts,
            name: front.name,
            short: front.short,
            typical: front.typical,
            first_step: front.first_step,
            look_at: front.look_at,
            description: page.text("description"),
            when: page.text("when"),
            causes: page.list("causes").into_iter().map(ranked_cause).collect(),
            fix: page.fix(),
            reconnect: page.text("reconnect"),
            apis: page.text("apis"),
            confused: page.list("confused").iter().filter_map(|item| confused_with(item)).collect(),
            sources: front.sources,
        }
    }

    /// The names of the parts that are empty, `sources` apart.
    pub fn missing(&self) -> Vec<&'static str> {
        let parts = [
            ("name", self.name.is_empty()),
            ("short", self.short.is_empty()),
            ("typical", self.typical.is_empty()),
            ("first_step", self.first_step.is_empty()),
            ("look_at", self.look_at.is_empty()),
            ("description", self.description.is_empty()),
            ("when", self.when.is_empty()),
            ("causes", self.causes.is_empty()),
            ("fix-client", self.fix.client.is_empty()),
            ("fix-server", self.fix.server.is_empty()),
            ("fix-infrastructure", self.fix.infrastructure.is_empty()),
            ("reconnect", self.reconnect.is_empty()),
            ("apis", self.apis.is_empty()),
            ("confused", self.confused.is_empty()),
        ];
        parts.into_iter().filter(|(_, empty)| *empty).map(|(name, _)| name).collect()
    }

    pub(super) fn or(mut self, fallback: &Self) -> Self {
        let fields = [
            (&mut self.name, &fallback.name),
            (&mut self.short, &fallback.short),
            (&mut self.typical, &fallback.typical),
            (&mut self.first_step, &fallback.first_step),
            (&mut self.look_at, &fallback.look_at),
            (&mut self.description, &fallback.description),
            (&mut self.when, &fallback.when),
            (&mut self.reconnect, &fallback.reconnect),
            (&mut self.apis, &fallback.apis),
        ];
        for (text, fallback) in fields {
            text_or(text, fallback);
        }
        self.fix.or(&fallback.fix);
        list_or(&mut self.causes, &fallback.causes);
        list_or(&mut self.confused, &fallback.confused);
        list_or(&mut self.sources, &fallback.sources);
        self
    }
}

impl Fix {
    fn or(&mut self, fallback: &Self) {
        list_or(&mut self.client, &fallback.client);
        list_or(&mut self.server, &fallback.server);
        list_or(&mut self.infrastructure, &fallback.infrastructure);
    }
}

/// `[idle-timeout] A proxy …`: the cause in brackets where it has a page.
fn ranked_cause(item: String) -> RankedCause {
    let tagged = item.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    match tagged.and_then(|(id, text)| Some((Cause::from_id(id)?, text.to_owned()))) {
        Some((cause, text)) => RankedCause { cause: Some(cause), text },
        None => RankedCause { cause: None, text: item },
    }
}

/// `1005: an empty Close frame …`.
fn confused_with(item: &str) -> Option<(u16, String)> {
    let (code, text) = item.split_once(": ")?;
    Some((code.parse().ok()?, text.to_owned()))
}

/// Paragraph lines joined: a file may break lines where it likes.
fn unwrapped(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn text_or(text: &mut String, fallback: &str) {
    if text.is_empty() {
        fallback.clone_into(text);
    }
}

fn list_or<T: Clone>(list: &mut Vec<T>, fallback: &[T]) {
    if list.is_empty() {
        *list = fallback.to_vec();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "{\"title\":\"T\",\"sources\":[\"RFC 6455\"]}\nOne\nline.\n\n## why\nBecause.\n\nAnd so.\n\n## fix-client\n- do\n  this\n- and that\n";

    #[test]
    fn sections_and_lists() {
        let page = CausePage::parse(Cause::Normal, PAGE);
        assert_eq!((page.title.as_str(), page.explanation.as_str()), ("T", "One line."));
        assert_eq!(page.why, "Because.\n\nAnd so.");
        assert_eq!(page.fix.client, ["do this", "and that"]);
        assert_eq!(page.sources, ["RFC 6455"]);
        assert_eq!(page.missing(), ["seen", "confirm", "fix-server", "fix-infrastructure"]);
    }

    #[test]
    fn a_translation_falls_back_part_by_part() {
        let english = CausePage::parse(Cause::Normal, PAGE);
        let french = CausePage::parse(Cause::Normal, "{\"title\":\"Titre\"}\n").or(&english);
        assert_eq!((french.title.as_str(), french.explanation.as_str()), ("Titre", "One line."));
        assert_eq!(french.fix, english.fix);
    }

    #[test]
    fn ranked_causes_name_their_page() {
        let ranked = ranked_cause("[idle-timeout] A proxy".into());
        assert_eq!(ranked, RankedCause { cause: Some(Cause::IdleTimeout), text: "A proxy".into() });
        assert_eq!(ranked_cause("[nothing] x".into()).cause, None);
    }

    #[test]
    fn a_broken_page_is_empty() {
        assert_eq!(CausePage::parse(Cause::Normal, "no front matter").missing().len(), 8);
    }
}
