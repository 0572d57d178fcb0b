//! Private close codes, named by the protocol that is spoken.
//!
//! Given what a connection showed ([`Hints`]), says which vocabulary it follows and on what evidence, and what the code
//! means there. A code alone is no evidence: 4401 without any stays unnamed. Users add vocabularies of their own in the
//! same format (docs/vocabularies.md).

use super::embedded;
use super::glob::{Glob, Laxity};
use super::reconnect::Advice;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::cell::OnceCell;
use toml::Spanned;

/// What is known of a connection that may tell its protocol. Absent where it is not known.
#[derive(Clone, Copy, Default, Debug)]
pub struct Hints<'a> {
    /// The subprotocol that the server chose.
    pub subprotocol: Option<&'a str>,
    /// Those that the client offered, as in the header: separated by commas.
    pub offered_subprotocols: Option<&'a str>,
    /// Host header or SNI, with or without port.
    pub host: Option<&'a str>,
    /// Path of the request, with its query.
    pub path: Option<&'a str>,
    /// The first text message of the client, or its beginning.
    pub first_client_message: Option<&'a str>,
    /// The first text message of the server, or its beginning.
    pub first_server_message: Option<&'a str>,
    /// User-Agent of the request.
    pub user_agent: Option<&'a str>,
    /// Server header of the answer.
    pub server_header: Option<&'a str>,
    /// Reason of the Close frame.
    pub reason: Option<&'a str>,
}

/// All vocabularies that are known.
#[derive(Clone, Default, Debug)]
pub struct Vocabularies {
    list: Vec<Vocabulary>,
    /// Those that come with the program, where they are wanted; read when a private code first needs them.
    built_in: Option<OnceCell<Vec<Vocabulary>>>,
}

/// One protocol's close codes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vocabulary {
    id: String,
    /// The protocol's name, for people.
    pub name: String,
    /// A note for people.
    #[serde(default)]
    pub note: String,
    /// Where the facts come from.
    #[serde(default)]
    pub sources: Vec<String>,
    #[serde(default)]
    recognise: Vec<Rule>,
    #[serde(default, rename = "code")]
    codes: Codes,
}

/// What codes mean. Of the vocabularies that come with the program read when one fits.
#[derive(Clone, Default, Debug, Deserialize)]
#[serde(from = "Vec<Meaning>")]
struct Codes {
    unread: Option<&'static RawValue>,
    read: OnceCell<Vec<Meaning>>,
}

/// What a code means in a vocabulary.
#[derive(Clone, PartialEq, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Meaning {
    /// The code, or the first of a range.
    pub code: u16,
    /// The last code of a range.
    pub last: Option<u16>,
    /// The reason must fit one of these, where the code alone does not decide.
    #[serde(default)]
    reason: Vec<Glob>,
    /// Its name in that protocol.
    pub name: String,
    /// What it means.
    #[serde(default)]
    pub meaning: String,
    /// What to do.
    #[serde(default)]
    pub fix: String,
    /// Whether to reconnect.
    pub reconnect: MeaningAdvice,
}

/// [`Advice`] as a vocabulary writes it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Deserialize)]
#[serde(try_from = "String")]
pub struct MeaningAdvice(pub Advice);

/// All fields that are given must fit; of the patterns in a field one.
#[derive(Clone, Debug, Deserialize)]
#[serde(from = "Written")]
struct Rule {
    /// Their places in [`FIELDS`], in order, and their patterns.
    given: Vec<(usize, Vec<Glob>)>,
}

/// [`Rule`] as a vocabulary writes it.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Written {
    subprotocol: Vec<Glob>,
    host: Vec<Glob>,
    path: Vec<Glob>,
    query: Vec<Glob>,
    first_client_message: Vec<Glob>,
    first_server_message: Vec<Glob>,
    user_agent: Vec<Glob>,
    server_header: Vec<Glob>,
    reason: Vec<Glob>,
}

/// A vocabulary that fits, and why.
#[derive(Clone, Debug)]
pub struct Recognised<'v> {
    /// Which.
    pub vocabulary: &'v Vocabulary,
    /// What it was told by: `clue.<kind>` of the catalogue, and what was seen.
    pub clues: Vec<(&'static str, String)>,
}

/// A file of vocabularies that cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{0}")]
pub struct VocabularyError(String);

impl Vocabularies {
    /// Those that come with the program.
    pub fn built_in() -> Self {
        Self { list: Vec::new(), built_in: Some(OnceCell::new()) }
    }

    /// Those of a user's file.
    pub fn parse(source: &str) -> Result<Self, VocabularyError> {
        let file: File = toml::from_str(source).map_err(|error| VocabularyError(error.to_string()))?;
        for (number, vocabulary) in file.list.iter().enumerate() {
            vocabulary.check().map_err(|fault| {
                let line = line_of(number, source);
                VocabularyError(format!("line {line}: vocabulary “{}”: {fault}", vocabulary.id()))
            })?;
        }
        Ok(Self { list: file.list, built_in: None })
    }

    /// Adds others; where both fit equally well the added ones win.
    pub fn with(mut self, others: Self) -> Self {
        self.list.splice(0..0, others.list);
        self.built_in = self.built_in.or(others.built_in);
        self
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Vocabulary> {
        let built_in = self.built_in.as_ref().map(|cell| cell.get_or_init(built_in));
        self.list.iter().chain(built_in.into_iter().flatten())
    }

    /// The vocabulary that the evidence speaks for most; `None` without evidence.
    pub fn recognise(&self, hints: &Hints<'_>) -> Option<Recognised<'_>> {
        let seen = Seen::new(hints);
        let fitting = self.iter().filter_map(|vocabulary| Some((vocabulary, vocabulary.fits(&seen)?)));
        // The first of equals: max_by_key would take the last.
        let best = fitting.reduce(|best, next| if next.1.weight > best.1.weight { next } else { best });
        best.map(|(vocabulary, fit)| Recognised { vocabulary, clues: fit.clues })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default, rename = "vocabulary")]
    list: Vec<Vocabulary>,
}

/// Those that come with the program, as the build wrote them: their codes apart. A test keeps them sound.
fn built_in() -> Vec<Vocabulary> {
    #[derive(Deserialize, Default)]
    struct BuiltIn {
        vocabulary: Vec<Vocabulary>,
        #[serde(borrow)]
        code: Vec<&'static RawValue>,
    }
    let BuiltIn { vocabulary, code } = serde_json::from_str(embedded::vocabularies()).unwrap_or_default();
    let codes = code.into_iter().map(|unread| Codes { unread: Some(unread), read: OnceCell::new() });
    vocabulary.into_iter().zip(codes).map(|(vocabulary, codes)| Vocabulary { codes, ..vocabulary }).collect()
}

/// The line in which a vocabulary's id stands. Looked for in a faulty file only: positions cannot be read from JSON.
fn line_of(number: usize, source: &str) -> usize {
    #[derive(Deserialize)]
    struct Places {
        vocabulary: Vec<Place>,
    }
    #[derive(Deserialize)]
    struct Place {
        id: Spanned<String>,
    }
    let places: Option<Places> = toml::from_str(source).ok();
    let start = places.and_then(|places| Some(places.vocabulary.get(number)?.id.span().start));
    source.get(..start.unwrap_or_default()).unwrap_or_default().lines().count().max(1)
}

impl Recognised<'_> {
    /// What a code means here.
    pub fn meaning(&self, code: u16, reason: Option<&str>) -> Option<&Meaning> {
        self.vocabulary.meaning(code, reason)
    }
}

struct Fit {
    weight: u32,
    clues: Vec<(&'static str, String)>,
}

impl Vocabulary {
    /// The stable id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// What its codes mean.
    pub fn codes(&self) -> &[Meaning] {
        let Codes { unread, read } = &self.codes;
        read.get_or_init(|| unread.and_then(|json| serde_json::from_str(json.get()).ok()).unwrap_or_default())
    }

    /// What a code means in it.
    pub fn meaning(&self, code: u16, reason: Option<&str>) -> Option<&Meaning> {
        self.codes().iter().find(|meaning| meaning.covers(code, reason))
    }

    fn fits(&self, seen: &Seen<'_>) -> Option<Fit> {
        self.recognise.iter().filter_map(|rule| rule.fits(seen)).max_by_key(|fit| fit.weight)
    }

    fn check(&self) -> Result<(), String> {
        if self.recognise.is_empty() {
            return Err("no [[vocabulary.recognise]]: nothing would ever fit it".into());
        }
        if self.recognise.iter().any(Rule::is_empty) {
            return Err("a rule in `recognise` is empty: it would fit every connection".into());
        }
        let outside = |meaning: &&Meaning| !(1000..=4999).contains(&meaning.code) || meaning.last > Some(4999);
        match self.codes().iter().find(outside) {
            Some(meaning) => Err(format!("code {} is outside 1000–4999", meaning.code)),
            None => Ok(()),
        }
    }
}

impl From<Vec<Meaning>> for Codes {
    fn from(list: Vec<Meaning>) -> Self {
        Self { unread: None, read: list.into() }
    }
}

impl Meaning {
    fn covers(&self, code: u16, reason: Option<&str>) -> bool {
        let in_range = self.code <= code && code <= self.last.unwrap_or(self.code);
        let fits = |reason: &str| self.reason.iter().any(|glob| glob.matches(reason));
        in_range && (self.reason.is_empty() || reason.is_some_and(fits))
    }
}

impl Rule {
    fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    fn fits(&self, seen: &Seen<'_>) -> Option<Fit> {
        // Most rules ask for something that was not seen at all.
        let given = || self.given.iter().filter_map(|(field, globs)| Some((seen.fields.get(*field)?, field, globs)));
        if given().any(|(seen, ..)| seen.is_empty()) {
            return None;
        }
        let mut fit = Fit { weight: 0, clues: Vec::new() };
        for (seen, field, globs) in given() {
            let (kind, weight, _) = FIELDS.get(*field)?;
            let glob_of = |text: &str| globs.iter().find(|glob| glob.matches(text));
            let (text, glob) = seen.iter().find_map(|(text, reduced)| Some((*text, glob_of(reduced)?)))?;
            fit.weight += weight;
            // A message may hold a credential: what it was told by is the pattern, not the text.
            let clue = if kind.ends_with("message") { glob.as_str() } else { text };
            fit.clues.push((*kind, clue.to_owned()));
        }
        (fit.weight > 0).then_some(fit)
    }
}

impl From<Written> for Rule {
    fn from(written: Written) -> Self {
        let fields: [_; FIELDS.len()] = [
            written.subprotocol,
            written.host,
            written.first_server_message,
            written.first_client_message,
            written.path,
            written.query,
            written.reason,
            written.user_agent,
            written.server_header,
        ];
        let relaxed = |globs: Vec<Glob>, laxity| globs.into_iter().map(|glob| glob.relaxed(laxity)).collect();
        let given = fields.into_iter().zip(FIELDS).enumerate().filter(|(_, (globs, _))| !globs.is_empty());
        Self { given: given.map(|(field, (globs, (.., laxity)))| (field, relaxed(globs, laxity))).collect() }
    }
}

/// The fields of a rule in the order of their strength. What both ends agreed on outweighs what a path looks like.
const FIELDS: [(&str, u32, Laxity); 9] = [
    ("subprotocol", 8, Laxity::None),
    ("host", 8, Laxity::Case),
    ("first-server-message", 6, Laxity::Spaces),
    ("first-client-message", 6, Laxity::Spaces),
    ("path", 3, Laxity::None),
    ("query", 3, Laxity::None),
    ("reason", 3, Laxity::None),
    ("user-agent", 2, Laxity::Case),
    ("server-header", 1, Laxity::Case),
];

/// What a connection showed of each field, as it was and as patterns are compared with it: made once for all rules.
struct Seen<'h> {
    fields: [Vec<(&'h str, Cow<'h, str>)>; FIELDS.len()],
}

impl<'h> Seen<'h> {
    fn new(hints: &Hints<'h>) -> Self {
        let (path, query) = match hints.path.map(|path| path.split_once('?').unwrap_or((path, ""))) {
            Some((path, query)) => (Some(path), query),
            None => (None, ""),
        };
        let offered = hints.offered_subprotocols.unwrap_or_default().split(',').map(str::trim);
        let subprotocols = match hints.subprotocol {
            Some(chosen) => vec![chosen],
            None => offered.filter(|name| !name.is_empty()).collect(),
        };
        let one = |seen: Option<&'h str>| seen.into_iter().collect::<Vec<_>>();
        let mut texts = [
            subprotocols,
            one(hints.host.map(without_port)),
            one(hints.first_server_message),
            one(hints.first_client_message),
            one(path),
            query.split('&').filter(|pair| !pair.is_empty()).collect(),
            one(hints.reason),
            one(hints.user_agent),
            one(hints.server_header),
        ]
        .into_iter();
        let reduced =
            |laxity: Laxity, texts: Vec<&'h str>| texts.into_iter().map(|text| (text, laxity.reduce(text))).collect();
        Self { fields: FIELDS.map(|(_, _, laxity)| reduced(laxity, texts.next().unwrap_or_default())) }
    }
}

impl TryFrom<String> for MeaningAdvice {
    type Error = String;

    fn try_from(word: String) -> Result<Self, Self::Error> {
        let advice = Advice::from_id(&word).map(Self);
        advice.ok_or_else(|| format!("reconnect is “{word}”; it must be no, short-delay, backoff or conditional"))
    }
}

/// `example.org:443` → `example.org`, `[::1]:443` → `[::1]`.
fn without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|digit| digit.is_ascii_digit()) => name,
        _ => host,
    }
}

/// The HTTP status that a private code alludes to by habit: 4401 → 401. A habit, no evidence.
pub fn http_status_alluded_to(code: u16) -> Option<u16> {
    const USUAL: [u16; 17] = [400, 401, 402, 403, 404, 406, 408, 409, 410, 413, 422, 426, 429, 500, 502, 503, 504];
    code.checked_sub(4000).filter(|status| USUAL.contains(status))
}

#[cfg(test)]
mod tests;
