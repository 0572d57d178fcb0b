//! Pages as a reader gets them.

use super::*;
use unicode_width::UnicodeWidthStr;

const TEXT: PageFormat = PageFormat::Text { width: 80 };

fn explained(query: &str, language: Language, format: PageFormat) -> String {
    let mut out = Vec::new();
    explain(&mut out, query, language, format).unwrap();
    String::from_utf8(out).unwrap()
}

fn compared(a: &str, b: &str, format: PageFormat) -> String {
    let mut out = Vec::new();
    compare(&mut out, a, b, Language::English, format).unwrap();
    String::from_utf8(out).unwrap()
}

fn error(query: &str) -> String {
    explain(&mut Vec::new(), query, Language::English, TEXT).unwrap_err().to_string()
}

/// Every line fits, but for commands, which are copied whole.
fn assert_fits(text: &str, width: usize) {
    for line in text.lines().filter(|line| !line.starts_with("    ")) {
        let unbreakable = line.split_whitespace().any(|word| word.width() > width / 2);
        assert!(line.width() <= width || unbreakable, "{} columns: {line}", line.width());
    }
}

#[test]
fn every_page_fits_a_terminal_in_every_language() {
    for language in Language::ALL {
        for facts in codes::CODES.iter().chain(codes::RANGES) {
            assert_fits(&explained(&facts.page(), *language, TEXT), 80);
        }
        for cause in Cause::ALL {
            assert_fits(&explained(cause.id(), *language, TEXT), 80);
        }
        let mut out = Vec::new();
        codes(&mut out, *language, TEXT).unwrap();
        assert_fits(&String::from_utf8(out).unwrap(), 80);
    }
}

#[test]
fn a_code_page_says_everything() {
    let page = explained("1006", Language::English, TEXT);
    for part in
        ["Abnormal Closure", "Description", "When you see it", "How to fix", "Client:", "[idle-timeout]", "Learn more"]
    {
        assert!(page.contains(part), "{part}");
    }
}

#[test]
fn a_private_code_lists_what_protocols_mean_by_it() {
    let page = explained("4401", Language::English, TEXT);
    assert!(page.starts_with("4401 Private Use"), "{page}");
    assert!(page.contains("GraphQL over WebSocket") && page.contains("HTTP 401"));
}

#[test]
fn a_cause_page_has_commands_to_paste() {
    let page = explained("idle-timeout", Language::English, PageFormat::Markdown);
    assert!(page.contains("```sh\nwsclose-sniff") && page.contains("proxy_read_timeout 3600s"));
}

#[test]
fn json_is_json_and_english() {
    let page: serde_json::Value =
        serde_json::from_str(&explained("1012", Language::Japanese, PageFormat::Json)).unwrap();
    assert_eq!(page["type"], "code");
    assert_eq!(page["name"], "Service Restart");
    assert_eq!(page["reconnect"]["advice"], "short-delay");
    assert_eq!(page["reconnect"]["delay_s"], 1);
    let page: serde_json::Value =
        serde_json::from_str(&explained("tls-version", Language::English, PageFormat::Json)).unwrap();
    assert_eq!((page["type"].as_str(), page["family"].as_str()), (Some("cause"), Some("tls-failed")));
    let page: serde_json::Value = serde_json::from_str(&compared("1001", "1010", PageFormat::Json)).unwrap();
    assert!(page["differences"].as_array().unwrap().len() >= 4);
}

#[test]
fn what_is_unknown_is_told_with_what_is_near() {
    assert_eq!(error("idel-timeout"), "there is no close code or cause “idel-timeout” — did you mean idle-timeout?");
    assert!(error("100600").contains("1006"), "{}", error("100600"));
    assert!(error("70000").contains("0 to 65535"));
    assert!(error("nonsense!").contains("wsclose-sniff codes"));
    let twice = compare(&mut Vec::new(), "1006", "1006", Language::English, TEXT).unwrap_err().to_string();
    assert!(twice.contains("twice"));
    let cause = compare(&mut Vec::new(), "1006", "idle-timeout", Language::English, TEXT).unwrap_err().to_string();
    assert!(cause.contains("idle-timeout"));
}

#[test]
fn all_pairs_differ_in_at_least_four_ways() {
    for language in Language::ALL {
        let catalogue = Catalogue::new(*language);
        let all = build::in_order();
        for (index, a) in all.iter().enumerate() {
            for b in all.iter().skip(index + 1) {
                let side = |facts: &codes::CodeFacts| (facts.page(), catalogue.page_of(facts));
                let comparison = Comparison::of(&catalogue, side(a), side(b));
                let count = comparison.differences.len();
                assert!(count >= 4, "{language:?} {} {}: {count}", a.page(), b.page());
                assert!(!comparison.which.is_empty() && !comparison.introduction.is_empty());
            }
        }
    }
}

#[test]
fn the_order_of_the_question_does_not_matter_to_written_pairs() {
    let catalogue = Catalogue::new(Language::English);
    let (one, other) = (Comparison::new(&catalogue, 1001, 1010), Comparison::new(&catalogue, 1010, 1001));
    assert_eq!(one.introduction, other.introduction);
    assert_eq!(one.which, other.which);
}

/// What the documents of the first user state about their five pairs.
#[test]
fn the_pairs_that_users_ask_for_say_what_they_must() {
    let cases: [(&str, &str, &[&str]); 5] = [
        (
            "1001",
            "1010",
            &["exponential back-off", "Sec-WebSocket-Extensions", "optional in the client", "enabled on the server"],
        ),
        (
            "1006",
            "1010",
            &["server crashed", "cable", "firewall", "idle connection", "ping/pong", "idle limits of balancers"],
        ),
        ("1006", "1012", &["1–5 s", "planned restart", "exponential back-off", "ping/pong"]),
        ("1010", "1012", &["optional in the client", "Sec-WebSocket-Extensions in the response", "1–5 s"]),
        (
            "1010",
            "1013",
            &["start at 1 s and double each time", "unlike 1012 nothing restarts", "scale out", "fewer connections"],
        ),
    ];
    for (a, b, needed) in cases {
        let page = compared(a, b, PageFormat::Markdown);
        for part in needed {
            assert!(page.contains(part), "{a}/{b}: {part}");
        }
    }
}

#[test]
fn the_documentation_is_up_to_date() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    for (name, text) in documentation() {
        let committed = std::fs::read_to_string(docs.join(&name)).unwrap_or_default();
        assert!(committed == text, "docs/{name} is not what the catalogue says; run: cargo run --example docs");
    }
}
