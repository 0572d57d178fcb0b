//! Two codes side by side: what differs, in words.
//!
//! Pairs that people ask for are written by hand (`pairs.toml`); what a pair does not say, and every other pair, is
//! computed from the facts and pages of both codes. A difference is told only where there is one.

use crate::catalogue::codes::{CodeFacts, Wire};
use crate::catalogue::{Catalogue, CodePage, Value};

/// Two codes and what differs between them.
#[derive(Debug)]
pub struct Comparison<'c> {
    /// The first code, or range of codes, as it is shown.
    pub a: String,
    /// The second.
    pub b: String,
    /// Page of the first.
    pub a_page: &'c CodePage,
    /// Page of the second.
    pub b_page: &'c CodePage,
    /// What the two are about.
    pub introduction: String,
    /// What differs, most telling first.
    pub differences: Vec<Difference>,
    /// Which to use when.
    pub which: String,
    /// Where to learn more: commands and sources.
    pub learn_more: Vec<String>,
}

/// One difference.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Difference {
    /// In what: `meaning`, `sender`, `wire`, `cause`, `reconnect` …
    pub aspect: &'static str,
    /// In words.
    pub text: String,
}

/// The aspects, in the order in which they are told.
const ASPECTS: &[&str] =
    &["meaning", "sender", "wire", "cause", "reconnect", "first_step", "look_at", "clean", "severity"];

impl<'c> Comparison<'c> {
    /// Compares two codes. Both may lie in a range.
    pub fn new(catalogue: &'c Catalogue, a: u16, b: u16) -> Self {
        Self::of(catalogue, (a.to_string(), catalogue.code(a)), (b.to_string(), catalogue.code(b)))
    }

    /// The same for ranges as a whole.
    pub(super) fn of(catalogue: &'c Catalogue, a: (String, &'c CodePage), b: (String, &'c CodePage)) -> Self {
        let pair = Pair { catalogue, a: &a.0, b: &b.0, a_page: a.1, b_page: b.1 };
        Self {
            a_page: a.1,
            b_page: b.1,
            introduction: pair.written("intro").unwrap_or_else(|| pair.introduction()),
            differences: ASPECTS.iter().filter_map(|aspect| pair.difference(aspect)).collect(),
            which: pair.written("which").unwrap_or_else(|| pair.which()),
            learn_more: pair.learn_more(),
            a: a.0,
            b: b.0,
        }
    }
}

struct Pair<'c> {
    catalogue: &'c Catalogue,
    a: &'c str,
    b: &'c str,
    a_page: &'c CodePage,
    b_page: &'c CodePage,
}

impl Pair<'_> {
    /// What was written by hand for this pair, in whichever order it is asked.
    fn written(&self, part: &str) -> Option<String> {
        let key = format!("{}-{}", self.a.min(self.b), self.a.max(self.b));
        self.catalogue.pair(&key, part).map(str::to_owned)
    }

    fn difference(&self, aspect: &'static str) -> Option<Difference> {
        let written = self.written(aspect);
        let text = match written {
            Some(text) => text,
            None => {
                let (a, b) = (self.fact(self.a_page, aspect)?, self.fact(self.b_page, aspect)?);
                if a == b {
                    return None;
                }
                self.sentence(aspect, a, b)
            }
        };
        Some(Difference { aspect, text })
    }

    fn fact(&self, page: &CodePage, aspect: &str) -> Option<String> {
        let facts = page.facts;
        let label = |kind: &str, id: &str| self.catalogue.label(&format!("{kind}{id}"));
        match aspect {
            "meaning" => Some(page.short.clone()),
            "sender" => Some(label("sender.", facts.sender.id())),
            "wire" => Some(label("wire.", facts.wire.id())),
            "cause" => Some(page.typical.clone()),
            "reconnect" => Some(self.catalogue.reconnect(facts.reconnect)),
            "first_step" => Some(page.first_step.clone()),
            "look_at" => Some(page.look_at.clone()),
            "clean" => facts.was_clean.map(|clean| clean.to_string()),
            "severity" => Some(label("", facts.severity.id())),
            _ => None,
        }
    }

    fn sentence(&self, aspect: &str, a: String, b: String) -> String {
        let mut params = self.params();
        params.extend([("a_text", a.into()), ("b_text", b.into())]);
        self.catalogue.message(&format!("compare.{aspect}"), &params)
    }

    fn params(&self) -> Vec<(&'static str, Value)> {
        vec![("a", self.a.into()), ("b", self.b.into())]
    }

    fn introduction(&self) -> String {
        let mut params = self.params();
        params.extend([
            ("a_name", self.a_page.name.as_str().into()),
            ("b_name", self.b_page.name.as_str().into()),
            ("a_short", self.a_page.short.as_str().into()),
            ("b_short", self.b_page.short.as_str().into()),
        ]);
        let id = if self.a_page.facts == self.b_page.facts { "compare.same-range" } else { "compare.intro" };
        self.catalogue.message(id, &params)
    }

    fn which(&self) -> String {
        let (first, second) = ((self.a, self.a_page), (self.b, self.b_page));
        let (first, second, id) = match (sendable(self.a_page.facts), sendable(self.b_page.facts)) {
            (true, true) => (first, second, "compare.which-sendable"),
            (true, false) => (first, second, "compare.which-one"),
            (false, true) => (second, first, "compare.which-one"),
            (false, false) => (first, second, "compare.which-none"),
        };
        let params = [
            ("a", first.0.into()),
            ("b", second.0.into()),
            ("a_text", first.1.short.as_str().into()),
            ("b_text", second.1.short.as_str().into()),
        ];
        self.catalogue.message(id, &params)
    }

    fn learn_more(&self) -> Vec<String> {
        let causes = [self.a_page.facts.cause, self.b_page.facts.cause];
        let topics = [self.a, self.b, causes[0].id(), causes[1].id()];
        let mut more: Vec<String> = Vec::new();
        let commands = topics.iter().map(|topic| format!("`wsclose-sniff explain {topic}`"));
        for item in commands.chain(self.a_page.sources.iter().chain(&self.b_page.sources).cloned()) {
            if !more.contains(&item) {
                more.push(item);
            }
        }
        more
    }
}

fn sendable(facts: &CodeFacts) -> bool {
    facts.wire == Wire::Allowed
}
