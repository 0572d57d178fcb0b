//! Patterns for vocabularies: `*` stands for any run of characters, everything else for itself.

use serde::Deserialize;

/// A pattern. It must fit the whole text.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub(super) struct Glob(String);

impl Glob {
    /// As written.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the text fits.
    pub(super) fn matches(&self, text: &str) -> bool {
        let mut parts = self.0.split('*');
        let Some(mut rest) = parts.next().and_then(|first| text.strip_prefix(first)) else { return false };
        let middle: Vec<&str> = parts.collect();
        let Some((last, middle)) = middle.split_last() else { return rest.is_empty() };
        for part in middle {
            match rest.split_once(part) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
        rest.ends_with(last)
    }

    /// The same without regard to case.
    pub(super) fn matches_in_any_case(&self, text: &str) -> bool {
        Self(self.0.to_lowercase()).matches(&text.to_lowercase())
    }

    /// The same without regard to white space: JSON is written with and without it.
    pub(super) fn matches_without_spaces(&self, text: &str) -> bool {
        Self(without_spaces(&self.0)).matches(&without_spaces(text))
    }
}

impl TryFrom<String> for Glob {
    type Error = &'static str;

    fn try_from(pattern: String) -> Result<Self, Self::Error> {
        match pattern.trim_matches('*').trim() {
            "" => Err("a pattern must hold more than `*`: it would fit everything"),
            _ => Ok(Self(pattern)),
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
        let glob = Glob::try_from(r#"{"type":"Welcome"}"#.to_owned()).unwrap();
        assert!(glob.matches_without_spaces("{ \"type\": \"Welcome\" }\n"));
        assert!(glob.matches_in_any_case(r#"{"TYPE":"welcome"}"#));
    }

    #[test]
    fn a_pattern_for_everything_is_refused() {
        assert!(Glob::try_from("**".to_owned()).is_err());
    }
}
