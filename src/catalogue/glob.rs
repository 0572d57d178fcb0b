//! Patterns for vocabularies: `*` stands for any run of characters, everything else for itself.

use std::borrow::Cow;

use serde::Deserialize;

/// A pattern. It must fit the whole text.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Glob {
    written: String,
    pieces: Pieces,
}

/// What stands between the stars.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Pieces {
    /// The text begins with it: most patterns are told apart by that.
    first: String,
    /// Behind a star each; the text ends with the last one.
    others: Vec<String>,
}

/// What differences between a pattern and a text do not matter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Laxity {
    None,
    /// Upper and lower case are the same.
    Case,
    /// White space counts for nothing: JSON is written with and without it.
    Spaces,
}

impl Laxity {
    /// The text in the form in which patterns are compared with it.
    pub(super) fn reduce(self, text: &str) -> Cow<'_, str> {
        match self {
            Self::None => text.into(),
            Self::Case => text.to_lowercase().into(),
            Self::Spaces => without_spaces(text).into(),
        }
    }
}

impl Glob {
    /// As written.
    pub(super) fn as_str(&self) -> &str {
        &self.written
    }

    /// The same pattern for texts that [`Laxity::reduce`] gives.
    pub(super) fn relaxed(self, laxity: Laxity) -> Self {
        Self { pieces: Pieces::new(&laxity.reduce(&self.written)), ..self }
    }

    /// Whether the text fits.
    pub(super) fn matches(&self, text: &str) -> bool {
        self.pieces.fit(text)
    }
}

impl Pieces {
    fn new(pattern: &str) -> Self {
        let mut pieces = pattern.split('*').map(str::to_owned);
        Self { first: pieces.next().unwrap_or_default(), others: pieces.collect() }
    }

    fn fit(&self, text: &str) -> bool {
        let Some(mut text) = text.strip_prefix(&self.first) else { return false };
        let Some((last, middle)) = self.others.split_last() else { return text.is_empty() };
        for piece in middle {
            match text.split_once(piece) {
                Some((_, after)) => text = after,
                None => return false,
            }
        }
        text.ends_with(last)
    }
}

impl TryFrom<String> for Glob {
    type Error = &'static str;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        match pattern.trim_matches('*').trim() {
            "" => Err("a pattern must hold more than `*`: it would fit everything"),
            _ => Ok(Self { pieces: Pieces::new(&pattern), written: pattern }),
        }
    }
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fits(pattern: &str, text: &str) -> bool {
        Glob::try_from(pattern.to_owned()).unwrap().matches(text)
    }

    #[test]
    fn patterns() {
        assert!(fits("/cable", "/cable") && !fits("/cable", "/cables") && !fits("/cable", "/a/cable"));
        assert!(fits("*/graphql", "/api/graphql") && fits("*/graphql", "/graphql"));
        assert!(!fits("*/graphql", "/graphql/extra"));
        assert!(fits("a*b*c", "a--b--b--c") && !fits("a*b*c", "a--c--b"));
        assert!(fits("*b*", "abc") && fits("ab*", "ab"));
        assert!(!fits("aba*aba", "aba"), "parts must not overlap");
    }

    #[test]
    fn case_and_spaces() {
        let glob = Glob::try_from(r#"{"type": "Welcome"}"#.to_owned()).unwrap();
        let fits = |text, laxity: Laxity| glob.clone().relaxed(laxity).matches(&laxity.reduce(text));
        assert!(fits("{ \"type\": \"Welcome\" }\n", Laxity::Spaces));
        assert!(fits(r#"{"TYPE": "welcome"}"#, Laxity::Case));
    }

    #[test]
    fn a_pattern_for_everything_is_refused() {
        assert!(Glob::try_from("**".to_owned()).is_err());
    }
}
