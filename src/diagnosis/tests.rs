//! What the rules say must be sayable.

use std::fs;
use std::path::Path;

use crate::catalogue::{Catalogue, Language};

/// Ids that stand behind `before` in the sources below `folder`.
fn ids(folder: &Path, before: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(ids(&path, before));
        } else if path.extension().is_some_and(|suffix| suffix == "rs") && !path.ends_with("tests.rs") {
            let source = fs::read_to_string(&path).unwrap();
            let behind = source.split(before).skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(behind.map(|id| (id.to_owned(), path.display().to_string())));
        }
    }
    found
}

#[test]
fn every_text_that_a_rule_names_is_in_the_catalogue() {
    let catalogue = Catalogue::new(Language::English);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/diagnosis");
    let known =
        |sections: &[&str], id: &str| sections.iter().any(|section| catalogue.knows(&format!("{section}.{id}")));
    let uses: [(&str, &[&str]); 8] = [
        (".seen(\"", &["evidence"]),
        (".next(\"", &["next"]),
        (".next_at(\"", &["next"]),
        (".why_not(\"", &["why_not"]),
        (".why_not_with(\"", &["why_not"]),
        ("Said::bare(\"", &["fix", "why_not", "next", "evidence"]),
        ("Said { id: \"", &["fix", "why_not", "next", "evidence", "incident"]),
        ("idle_fix: Some(\"", &["fix"]),
    ];
    let mut missing = Vec::new();
    let mut seen = 0;
    for (before, sections) in uses {
        for (id, path) in ids(&folder, before) {
            seen += 1;
            if !known(sections, &id) {
                missing.push(format!("{sections:?} {id} ({path})"));
            }
        }
    }
    assert!(seen > 60, "only {seen} uses were found: has the way of naming texts changed?");
    assert!(missing.is_empty(), "texts that nobody wrote: {missing:#?}");
}
