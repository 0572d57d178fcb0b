//! What the catalogue must say, and what each language still lacks.
//!
//! English is complete: enforced. Other languages are complete in codes, pairs and labels: enforced; what their causes
//! and other texts lack is listed (`cargo test coverage -- --nocapture`).

use super::*;
use std::collections::BTreeSet;

const SECTIONS_OF_CODES: &[&str] = &[
    "description",
    "when",
    "causes",
    "fix-client",
    "fix-server",
    "fix-infrastructure",
    "reconnect",
    "apis",
    "confused",
];
const SECTIONS_OF_CAUSES: &[&str] =
    &["seen", "why", "confirm", "fix-client", "fix-server", "fix-infrastructure", "settings"];

fn own_cause(language: Language, cause: Cause) -> CausePage {
    CausePage::parse(cause, file(embedded::causes(language), cause.id()))
}

fn own_code(language: Language, facts: &'static codes::CodeFacts) -> CodePage {
    CodePage::parse(facts, file(embedded::codes(language), &facts.page()))
}

fn all_codes() -> impl Iterator<Item = &'static codes::CodeFacts> {
    codes::CODES.iter().chain(codes::RANGES)
}

fn others() -> impl Iterator<Item = Language> {
    Language::ALL.iter().copied().filter(|language| *language != Language::English)
}

fn messages(language: Language) -> Messages {
    Messages::parse(language, embedded::messages(language))
}

fn pairs(language: Language) -> Messages {
    Messages::parse(language, embedded::pairs(language))
}

#[test]
fn english_is_complete() {
    for facts in all_codes() {
        let page = own_code(Language::English, facts);
        assert_eq!(page.missing(), [""; 0], "{}", facts.page());
        assert!(!page.sources.is_empty(), "{} has no sources", facts.page());
        assert_eq!(page.name, facts.name);
    }
    for cause in Cause::ALL {
        let page = own_cause(Language::English, *cause);
        assert_eq!(page.missing(), [""; 0], "{}", cause.id());
        assert!(!page.sources.is_empty() && !page.see_also.is_empty(), "{}", cause.id());
    }
}

#[test]
fn codes_pairs_and_labels_are_complete_in_every_language() {
    let english = messages(Language::English);
    for language in others() {
        for facts in all_codes() {
            assert_eq!(own_code(language, facts).missing(), [""; 0], "{language:?} {}", facts.page());
        }
        assert_eq!(pairs(language).ids(), pairs(Language::English).ids(), "{language:?}");
        let own = messages(language);
        let needed = ["label.", "word.", "compare.", "reconnect.", "error.", "clue.", "vocabulary."];
        for id in english.ids().into_iter().filter(|id| needed.iter().any(|section| id.starts_with(section))) {
            assert!(own.template(&id).is_some(), "{language:?} lacks {id}");
        }
    }
}

/// Not a demand yet, but a list: `cargo test coverage -- --nocapture`.
#[test]
fn what_other_languages_lack_is_listed() {
    let english = messages(Language::English);
    for language in others() {
        let own = messages(language);
        let texts = english.ids().into_iter().filter(|id| own.template(id).is_none() && !id.ends_with(".rfc"));
        let causes = Cause::ALL.iter().map(|cause| (cause.id(), own_cause(language, *cause).missing()));
        let causes = causes.filter(|(_, missing)| !missing.is_empty());
        let lines: Vec<String> =
            texts.chain(causes.map(|(id, missing)| format!("causes/{id}: {}", missing.join(", ")))).collect();
        println!("{} lacks {} texts", language.id(), lines.len());
        lines.iter().for_each(|line| println!("  {line}"));
    }
}

#[test]
fn files_hold_only_known_words_and_sections() {
    for language in Language::ALL {
        for (files, known) in
            [(embedded::codes(*language), SECTIONS_OF_CODES), (embedded::causes(*language), SECTIONS_OF_CAUSES)]
        {
            for (name, text) in files {
                let front = text.lines().next().unwrap_or_default();
                serde_json::from_str::<page::Front>(front)
                    .unwrap_or_else(|error| panic!("{language:?} {name}: {error}"));
                for section in text.lines().filter_map(|line| line.strip_prefix("## ")) {
                    assert!(known.contains(&section), "{language:?} {name}: unknown section {section}");
                }
            }
        }
    }
}

#[test]
fn pages_cite_only_what_exists() {
    let known = |name: &str| Cause::from_id(name).is_some() || name.parse::<u16>().is_ok();
    for language in Language::ALL {
        for cause in Cause::ALL {
            for name in own_cause(*language, *cause).see_also {
                assert!(known(&name), "{language:?} {}: {name}", cause.id());
            }
        }
        for facts in all_codes() {
            let text = file(embedded::codes(*language), &facts.page());
            for tag in text.lines().filter_map(|line| line.strip_prefix("- [")?.split_once(']')) {
                assert!(Cause::from_id(tag.0).is_some(), "{language:?} {}: {}", facts.page(), tag.0);
            }
            let english: Vec<_> = own_code(Language::English, facts).causes.iter().map(|ranked| ranked.cause).collect();
            let own: Vec<_> = own_code(*language, facts).causes.iter().map(|ranked| ranked.cause).collect();
            assert_eq!(own, english, "{language:?} {}: the same causes in the same order", facts.page());
        }
    }
}

/// A parameter that a translation invents would be printed in braces.
#[test]
fn translations_use_the_parameters_of_the_english_text() {
    let english = messages(Language::English);
    for language in others() {
        let own = messages(language);
        for id in own.ids() {
            let template = english.template(&id).unwrap_or_else(|| panic!("{language:?}: English has no {id}"));
            let known: BTreeSet<&str> = parameters(template).into_iter().collect();
            let used: BTreeSet<&str> = own.template(&id).map(parameters).unwrap_or_default().into_iter().collect();
            assert_eq!(used, known, "{language:?} {id}");
        }
    }
}

#[test]
fn violations_and_problems_have_their_section_of_the_rfc() {
    let english = messages(Language::English);
    for id in english.ids().iter().filter_map(|id| id.strip_suffix(".text")) {
        let rfc = english.template(&format!("{id}.rfc")).unwrap_or_default();
        assert!(rfc.starts_with("RFC ") && rfc.contains('§'), "{id}: {rfc}");
    }
}

/// Facts that nobody looked up do not stand here, nor do names of the places where we worked.
#[test]
fn nothing_internal_stands_in_the_texts() {
    for language in Language::ALL {
        let files = embedded::codes(*language).iter().chain(embedded::causes(*language)).map(|(_, text)| *text);
        let all = files.chain([embedded::messages(*language), embedded::pairs(*language)]);
        for text in all.chain([embedded::vocabularies()]) {
            for word in ["(memory)", "lab/", "signatures.json"] {
                assert!(!text.contains(word), "{language:?}: {word}");
            }
        }
    }
}

/// The headings of the pages that the first user brought along, to the letter.
#[test]
fn headings_are_those_of_the_users_pages() {
    let headings =
        ["description", "when-you-see-it", "how-to-fix", "key-differences", "which-to-use-when", "learn-more"];
    let expected = [
        (
            Language::Japanese,
            ["説明", "このコードが表示される場合", "解決方法", "主な違い", "どちらをいつ使うか", "詳しく見る"],
        ),
        (
            Language::Russian,
            [
                "Описание",
                "Когда вы это видите",
                "Как исправить",
                "Ключевые различия",
                "Когда что использовать",
                "Узнать больше",
            ],
        ),
        (
            Language::Vietnamese,
            [
                "Mô tả",
                "Khi bạn thấy mã này",
                "Cách khắc phục",
                "Sự khác biệt chính",
                "Khi nào dùng cái nào",
                "Tìm hiểu thêm",
            ],
        ),
        (
            Language::French,
            [
                "Description",
                "Quand vous le voyez",
                "Comment résoudre",
                "Différences clés",
                "Quand utiliser lequel",
                "En savoir plus",
            ],
        ),
    ];
    for (language, texts) in expected {
        let catalogue = Catalogue::new(language);
        assert_eq!(headings.map(|heading| catalogue.label(heading)), texts.map(str::to_owned), "{language:?}");
    }
}
