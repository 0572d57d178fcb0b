//! The catalogue's files as the program reads them: what people write as TOML becomes JSON, which takes a tenth of the
//! time at every start.
//!
//! Given `src/catalogue`, writes files of the same names below `OUT_DIR`. A file that is not well formed fails the build:
//! in the program its texts would be missing without a word.

use std::collections::BTreeMap;
use std::env;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};

use toml::{Table, Value};

const CATALOGUE: &str = "src/catalogue";

/// Sections, and in each the texts by the rest of their ids.
type Sections = BTreeMap<String, BTreeMap<String, String>>;

/// Writes them all.
pub fn prepare() -> Result<(), String> {
    println!("cargo::rerun-if-changed={CATALOGUE}");
    let out = env::var_os("OUT_DIR").ok_or("cargo gave no OUT_DIR")?;
    rewrite(CATALOGUE.into(), &PathBuf::from(out))
}

/// A file or a folder, `from` the catalogue `to` the program; Rust stays where it is.
fn rewrite(from: PathBuf, to: &Path) -> Result<(), String> {
    let fault = |error: &dyn Display| format!("{}: {error}", from.display());
    if from.is_dir() {
        fs::create_dir_all(to).map_err(|error| fault(&error))?;
        for entry in fs::read_dir(&from).map_err(|error| fault(&error))? {
            let entry = entry.map_err(|error| fault(&error))?;
            rewrite(entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    let form = match from.extension().and_then(|suffix| suffix.to_str()) {
        Some("md") => page,
        Some("toml") if from.ends_with("vocabularies.toml") => vocabularies,
        Some("toml") => messages,
        _ => return Ok(()),
    };
    let source = fs::read_to_string(&from).map_err(|error| fault(&error))?;
    let text = form(&source).map_err(|error| fault(&error))?;
    fs::write(to, text).map_err(|error| fault(&error))
}

/// What they are recognised by apart from their codes, a list for each, which only one that fits has read.
fn vocabularies(source: &str) -> Result<String, String> {
    let mut file = table(source)?;
    let list = file.get_mut("vocabulary").and_then(Value::as_array_mut).ok_or("there is no [[vocabulary]]")?;
    let tables = list.iter_mut().filter_map(Value::as_table_mut);
    let codes = tables.map(|table| table.remove("code").unwrap_or_else(|| Value::Array(Vec::new()))).collect();
    file.insert("code".to_owned(), Value::Array(codes));
    serde_json::to_string(&file).map_err(|error| error.to_string())
}

/// An object of sections, each an object of texts: `[violation.b] text = "x"` is `{"violation": {"b.text": "x"}}`.
fn messages(source: &str) -> Result<String, String> {
    let mut sections = Sections::new();
    for (name, value) in table(source)? {
        collect(&mut sections, name, value)?;
    }
    serde_json::to_string(&sections).map_err(|error| error.to_string())
}

fn collect(sections: &mut Sections, id: String, value: Value) -> Result<(), String> {
    match (value, id.split_once('.')) {
        (Value::Table(inner), _) => {
            inner.into_iter().try_for_each(|(key, value)| collect(sections, format!("{id}.{key}"), value))
        }
        (Value::String(text), Some((section, rest))) => {
            let texts = sections.entry(section.to_owned()).or_default();
            match texts.insert(rest.to_owned(), text.trim().to_owned()) {
                Some(_) => Err(format!("{id} is there twice")),
                None => Ok(()),
            }
        }
        _ => Err(format!("{id} is neither a text in a section nor a section")),
    }
}

/// The front matter in one line, then what was behind it.
fn page(source: &str) -> Result<String, String> {
    let parts = source.strip_prefix("+++\n").and_then(|rest| rest.split_once("\n+++\n"));
    let (front, body) = parts.ok_or("it does not begin with front matter between lines of `+++`")?;
    let front = table(front).map_err(|fault| format!("front matter, {fault}"))?;
    let front = serde_json::to_string(&front).map_err(|error| error.to_string())?;
    Ok(format!("{front}\n{body}"))
}

fn table(source: &str) -> Result<Table, String> {
    source.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| source.get(..span.start)).unwrap_or_default();
        // A message of several lines would end with its first one.
        format!("line {}: {}", before.matches('\n').count() + 1, error.message().replace('\n', ", "))
    })
}
