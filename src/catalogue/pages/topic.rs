//! What a query asks for: a code, a range or a cause; and what it may have meant.

use crate::catalogue::{Catalogue, Cause, CodePage, codes};

/// Something that has a page.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Topic {
    /// A close code.
    Code(u16),
    /// A range of codes.
    Range(&'static codes::CodeFacts),
    /// A cause.
    Cause(Cause),
}

impl Topic {
    /// `1006`, `3000-3999`, `idle-timeout`, `Going Away`, `going-away`.
    pub(super) fn find(query: &str) -> Option<Self> {
        let query = query.trim().to_lowercase().replace(['_', ' '], "-");
        if let Ok(code) = query.parse::<u16>() {
            return Some(Self::Code(code));
        }
        let range = codes::RANGES.iter().find(|range| range.page() == query);
        let named = codes::CODES.iter().find(|code| slug(code.name) == query);
        let cause = Cause::from_id(&query).map(Self::Cause);
        cause.or(range.map(Self::Range)).or(named.map(|code| Self::Code(code.first)))
    }

    /// As it is shown (`1006`, `3000-3999`), and the page, where it is a code or a range; also for a cause that has the
    /// name of a code (`forbidden`, `timeout`).
    pub(super) fn code(self, catalogue: &Catalogue) -> Option<(String, &CodePage)> {
        match self {
            Self::Code(code) => Some((code.to_string(), catalogue.code(code))),
            Self::Range(range) => Some((range.page(), catalogue.page_of(range))),
            Self::Cause(cause) => {
                let same_name = codes::CODES.iter().find(|facts| slug(facts.name) == cause.id())?;
                Some((same_name.page(), catalogue.page_of(same_name)))
            }
        }
    }
}

/// The names nearest to a query, nearest first: at most four, and only those that a slip of the keyboard explains.
pub(super) fn nearest(query: &str) -> Vec<String> {
    let query = query.trim().to_lowercase();
    let allowed = (query.chars().count() / 3).clamp(1, 4);
    let mut near: Vec<(usize, String)> =
        names().map(|name| (distance(&query, &name), name)).filter(|(distance, _)| *distance <= allowed).collect();
    near.extend(names().filter(|name| query.len() > 3 && name.contains(&query)).map(|name| (allowed, name)));
    near.sort();
    near.dedup_by(|a, b| a.1 == b.1);
    near.into_iter().map(|(_, name)| name).take(4).collect()
}

fn names() -> impl Iterator<Item = String> {
    let causes = Cause::ALL.iter().map(|cause| cause.id().to_owned());
    let numbers = codes::CODES.iter().map(|facts| facts.first.to_string());
    let titles = codes::CODES.iter().map(|facts| slug(facts.name));
    causes.chain(numbers).chain(titles)
}

/// `Going Away` → `going-away`.
fn slug(name: &str) -> String {
    name.to_lowercase().replace(' ', "-")
}

/// Edits from one word to the other: insertions, deletions, substitutions and swaps of neighbours
/// (optimal string alignment).
fn distance(from: &str, to: &str) -> usize {
    let (from, to): (Vec<char>, Vec<char>) = (from.chars().collect(), to.chars().collect());
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, a) in from.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in to.iter().enumerate() {
            let at = |cells: &[usize], column: usize| cells.get(column).copied().unwrap_or(usize::MAX - 1);
            let mut best = at(&above, column) + usize::from(a != b);
            best = best.min(at(&above, column + 1) + 1).min(at(&line, column) + 1);
            let swapped = row > 0 && column > 0 && from.get(row - 1) == Some(b) && to.get(column - 1) == Some(a);
            if swapped {
                best = best.min(at(&before, column - 1) + 1);
            }
            line.push(best);
        }
        before = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn queries() {
        assert_eq!(Topic::find("1006"), Some(Topic::Code(1006)));
        assert_eq!(Topic::find(" 4401 "), Some(Topic::Code(4401)));
        assert_eq!(Topic::find("Idle_Timeout"), Some(Topic::Cause(Cause::IdleTimeout)));
        assert_eq!(Topic::find("Going Away"), Some(Topic::Code(1001)));
        assert_eq!(Topic::find("4000-4999"), Some(Topic::Range(codes::facts(4000))));
        assert_eq!(Topic::find("70000"), None);
        let catalogue = Catalogue::new(crate::catalogue::Language::English);
        let code = |query: &str| Topic::find(query).and_then(|topic| topic.code(&catalogue)).map(|(shown, _)| shown);
        assert_eq!(code("forbidden").as_deref(), Some("3003"));
        assert_eq!(code("3000-3999").as_deref(), Some("3000-3999"));
        assert_eq!(code("idle-timeout"), None);
    }

    #[test]
    fn distances() {
        let distances = [("abc", "abc"), ("abc", "acb"), ("abc", "ab"), ("", "ab"), ("kitten", "sitting")];
        assert_eq!(distances.map(|(a, b)| distance(a, b)), [0, 1, 1, 2, 3]);
    }

    #[test]
    fn nearest_names() {
        assert_eq!(nearest("idel-timeout").first().map(String::as_str), Some("idle-timeout"));
        assert_eq!(nearest("10066"), ["1006"]);
        assert!(nearest("blackhole").contains(&"network-blackhole".to_owned()));
        assert!(nearest("xyzzy").is_empty());
    }
}
