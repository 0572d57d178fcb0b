//! `explain`, `compare` and `codes`: catalogue pages for a terminal, as Markdown or as JSON.
//!
//! Given a writer, a query and a width, writes one page. An unknown code or cause is an error that names the nearest.

mod build;
mod compare;
mod document;
mod json;
mod layout;
mod markdown;
mod topic;

pub use compare::{Comparison, Difference};

use super::{Catalogue, Cause, Language, Vocabularies, codes};
use document::Document;
use std::io::{self, Write};
use topic::Topic;

/// How a page is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PageFormat {
    /// For a terminal of so many columns.
    Text {
        /// Columns.
        width: usize,
    },
    /// Markdown.
    Markdown,
    /// JSON, in English.
    Json,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// No such code or cause; the text says what is near.
    #[error("{0}")]
    Unknown(String),
    /// Writing failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Writes the page of a code or cause: `1006`, `4401`, `idle-timeout`, `going-away`.
pub fn explain(out: &mut dyn Write, query: &str, language: Language, format: PageFormat) -> Result<(), PageError> {
    let catalogue = catalogue(language, format);
    let vocabularies = Vocabularies::built_in();
    let topic = Topic::find(query).ok_or_else(|| unknown(&catalogue, query))?;
    if format == PageFormat::Json {
        return write_json(out, &json::topic(&catalogue, &vocabularies, topic));
    }
    let document = match topic {
        Topic::Code(code) => build::code(&catalogue, code, &vocabularies),
        Topic::Range(range) => build::entry(&catalogue, range),
        Topic::Cause(cause) => build::cause(&catalogue, cause),
    };
    write_document(out, &document, format)
}

/// Writes two codes side by side: introduction, both pages, differences, which to use when, where to learn more.
pub fn compare(out: &mut dyn Write, a: &str, b: &str, language: Language, format: PageFormat) -> Result<(), PageError> {
    let catalogue = catalogue(language, format);
    let code = |query: &str| {
        let found = Topic::find(query).and_then(|topic| topic.code(&catalogue));
        found.ok_or_else(|| unknown(&catalogue, query))
    };
    let (a, b) = (code(a)?, code(b)?);
    if a.0 == b.0 {
        return Err(PageError::Unknown(catalogue.message("error.same-codes", &[("query", a.0.into())])));
    }
    let comparison = Comparison::of(&catalogue, a, b);
    match format {
        PageFormat::Json => write_json(out, &json::comparison(&catalogue, &comparison)),
        _ => write_document(out, &build::comparison(&catalogue, &comparison), format),
    }
}

/// Writes the registry: every code, who may send it, whether to reconnect.
pub fn codes(out: &mut dyn Write, language: Language, format: PageFormat) -> Result<(), PageError> {
    let catalogue = catalogue(language, format);
    match format {
        PageFormat::Json => write_json(out, &json::registry(&catalogue)),
        _ => write_document(out, &build::registry(&catalogue), format),
    }
}

/// The generated documentation: file names below `docs/` and their Markdown.
pub fn documentation() -> Vec<(String, String)> {
    let catalogue = Catalogue::new(Language::English);
    let vocabularies = Vocabularies::built_in();
    let write = |document: Document, folder| markdown::page(&document, folder);
    let mut files = vec![
        ("codes/README.md".to_owned(), write(build::registry(&catalogue), markdown::Links::From("codes"))),
        ("causes/README.md".to_owned(), write(build::causes(&catalogue), markdown::Links::From("causes"))),
        (
            "vocabularies/README.md".to_owned(),
            write(build::vocabularies(&vocabularies), markdown::Links::From("vocabularies")),
        ),
    ];
    for facts in codes::CODES.iter().chain(codes::RANGES) {
        let page = build::entry(&catalogue, facts);
        files.push((format!("codes/{}.md", facts.page()), write(page, markdown::Links::From("codes"))));
    }
    for cause in Cause::ALL {
        let page = build::cause(&catalogue, *cause);
        files.push((format!("causes/{}.md", cause.id()), write(page, markdown::Links::From("causes"))));
    }
    files
}

/// JSON is English whatever the reader's language: scripts compare it.
fn catalogue(language: Language, format: PageFormat) -> Catalogue {
    match format {
        PageFormat::Json => Catalogue::new(Language::English),
        _ => Catalogue::new(language),
    }
}

fn write_document(out: &mut dyn Write, document: &Document, format: PageFormat) -> Result<(), PageError> {
    let text = match format {
        PageFormat::Text { width } => layout::page(document, width),
        _ => markdown::page(document, markdown::Links::None),
    };
    Ok(out.write_all(text.as_bytes())?)
}

fn write_json<T: serde::Serialize>(out: &mut dyn Write, value: &T) -> Result<(), PageError> {
    serde_json::to_writer_pretty(&mut *out, value).map_err(io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}

fn unknown(catalogue: &Catalogue, query: &str) -> PageError {
    let shown: String = query.chars().filter(|character| !character.is_control()).take(60).collect();
    let numeric = !shown.is_empty() && shown.bytes().all(|byte| byte.is_ascii_digit());
    let id = if numeric { "error.not-a-code" } else { "error.unknown-topic" };
    let mut text = catalogue.message(id, &[("query", shown.as_str().into())]);
    let near = topic::nearest(&shown);
    let names = near.join(", ");
    text.push_str(" — ");
    match near.is_empty() {
        false => text.push_str(&catalogue.message("error.nearest", &[("names", names.into())])),
        true => {
            let all: Vec<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
            text.push_str(&catalogue.message("error.list-hint", &[("names", all.join(", ").into())]));
        }
    }
    PageError::Unknown(text)
}

#[cfg(test)]
mod tests;
