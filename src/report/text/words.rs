//! Words and sentences of the reader's language.

use std::borrow::Cow;

use super::page::columns;
use crate::catalogue::{Catalogue, Cause, CausePage, Value, code_name};
use crate::diagnosis::Said;
use crate::report::clean::clean_bounded;
use crate::time::Timestamp;
use crate::wire::websocket::CloseCode;

/// The catalogue, with what the text report asks of it.
pub(super) struct Words<'a> {
    catalogue: &'a Catalogue,
}

/// Labels that stand before a block's fields.
const FIELDS: &[&str] = &[
    "connection",
    "story",
    "confirm",
    "evidence",
    "violations",
    "apis",
    "fix",
    "reconnect",
    "other",
    "next",
    "keepalive",
    "traffic",
    "handshake",
    "wireshark",
];
/// Longest text from the network within a sentence, in characters: a legal Close reason has at most 123 bytes.
pub(super) const NETWORK_CHARS: usize = 160;

impl<'a> Words<'a> {
    pub fn new(catalogue: &'a Catalogue) -> Self {
        Self { catalogue }
    }

    /// Columns that the widest field label takes.
    pub fn column(&self) -> usize {
        FIELDS.iter().map(|id| columns(&self.report(id))).max().unwrap_or(0)
    }

    /// A word of this report.
    pub fn report(&self, id: &str) -> String {
        self.catalogue.label(&["report.", id].concat())
    }

    /// A word that other parts use too, such as `client`.
    pub fn label(&self, id: &str) -> String {
        self.catalogue.label(id)
    }

    /// A sentence; texts from the network within it are bounded.
    pub fn sentence(&self, section: &str, id: &str, params: &[(&'static str, Value)]) -> String {
        let bounded: Vec<_> = params.iter().map(|(name, value)| (*name, bounded(value))).collect();
        self.catalogue.message(&[section, ".", id].concat(), &bounded)
    }

    pub fn said(&self, section: &str, said: &Said) -> String {
        self.sentence(section, said.id, &said.params)
    }

    /// The section of the RFC that a rule stands in.
    pub fn rfc(&self, section: &str, id: &str) -> Option<String> {
        let key = [section, ".", id, ".rfc"].concat();
        self.catalogue.knows(&key).then(|| self.catalogue.message(&key, &[]))
    }

    pub fn cause(&self, cause: Cause) -> &'a CausePage {
        self.catalogue.cause(cause)
    }

    /// A few words about the cause; its id where the page has none.
    pub fn title(&self, cause: Cause) -> String {
        match self.cause(cause).title.as_str() {
            "" => cause.id().to_owned(),
            title => title.to_owned(),
        }
    }

    /// The code usually stands for this cause: naming both says one thing twice.
    pub fn says_the_same(&self, code: Option<CloseCode>, cause: Cause) -> bool {
        code.is_some_and(|code| self.catalogue.code(code.0).facts.cause == cause)
    }

    pub fn reconnect(&self, advice: crate::catalogue::Reconnect) -> String {
        self.catalogue.reconnect(advice)
    }

    /// `1006 Abnormal Closure`.
    pub fn code(&self, code: CloseCode) -> String {
        match (self.catalogue.code(code.0).name.as_str(), code_name(code.0)) {
            ("", None) => code.0.to_string(),
            ("", Some(name)) | (name, _) => format!("{} {name}", code.0),
        }
    }

    /// `61.0 s`, and for long times `3723.0 s (1 h 2 min)`.
    pub fn seconds(&self, seconds: f64) -> String {
        let exact = format!("{} s", self.catalogue.written(&Value::Seconds(seconds)));
        match human(seconds) {
            Some(human) => format!("{exact} ({human})"),
            None => exact,
        }
    }

    pub fn bytes(&self, bytes: u64) -> String {
        self.catalogue.written(&Value::Bytes(bytes))
    }
}

/// Text from the network as a quotation within one line.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", network(text))
}

/// Text from the network, bounded and safe.
pub(super) fn network(text: &str) -> Cow<'_, str> {
    clean_bounded(text, NETWORK_CHARS)
}

/// `2023-11-14 22:13:20.123`: milliseconds are what people compare with logs.
pub(super) fn date_and_time(at: Timestamp) -> String {
    let written = at.to_string().replace('T', " ");
    written.get(..23).unwrap_or(&written).to_owned()
}

/// `22:13:20.123`.
pub(super) fn time_of_day(at: Timestamp) -> String {
    let written = date_and_time(at);
    written.get(11..).unwrap_or(&written).to_owned()
}

fn bounded(value: &Value) -> Value {
    match value {
        Value::Text(text) => network(text).into_owned().into(),
        other => other.clone(),
    }
}

/// `1 h 2 min` from ten minutes on.
fn human(seconds: f64) -> Option<String> {
    if !(600.0..1e9).contains(&seconds) {
        return None;
    }
    let minutes = std::time::Duration::from_secs_f64((seconds / 60.0).round() * 60.0).as_secs() / 60;
    Some(match (minutes / 1440, minutes / 60 % 24, minutes % 60) {
        (0, 0, minutes) => format!("{minutes} min"),
        (0, hours, 0) => format!("{hours} h"),
        (0, hours, minutes) => format!("{hours} h {minutes} min"),
        (days, hours, _) => format!("{days} d {hours} h"),
    })
}
