//! What callers rely on.

use super::*;

#[test]
fn a_text_in_the_readers_language_else_in_english_else_its_id() {
    let catalogue = Catalogue::new(Language::English);
    let params = [("side", Value::Label("client")), ("idle_s", Value::Seconds(60.0))];
    let text = catalogue.message("evidence.fin-first", &params);
    assert_eq!(text, "the client closed TCP first (FIN), 60.0 s after the last byte");
    assert_eq!(catalogue.message("evidence.not-there", &params), "evidence.not-there (side=the client, idle_s=60.0)");
    assert_eq!(catalogue.message("not-there", &[]), "not-there");
    assert!(catalogue.knows("evidence.fin-first") && !catalogue.knows("evidence.not-there"));
}

#[test]
fn labels_are_headings_and_words_stand_in_sentences() {
    let catalogue = Catalogue::new(Language::French);
    assert_eq!(catalogue.label("server"), "Serveur");
    assert_eq!(catalogue.written(&Value::Label("server")), "le serveur");
    assert_eq!(catalogue.label("no such label"), "no such label");
}

#[test]
fn a_violation_has_its_text_and_its_section() {
    let catalogue = Catalogue::new(Language::English);
    let text = catalogue.message("violation.oversized-control.text", &[("bytes", Value::Count(258))]);
    assert_eq!(text, "a control frame carries 258 bytes, at most 125 are allowed");
    assert_eq!(catalogue.message("violation.oversized-control.rfc", &[]), "RFC 6455 §5.5");
}

#[test]
fn pages_of_codes_and_ranges() {
    let catalogue = Catalogue::new(Language::English);
    assert_eq!(catalogue.code(1006).name, "Abnormal Closure");
    assert_eq!(catalogue.code(3001).facts.page(), "3000-3999");
    assert_eq!(catalogue.code(3000).facts.page(), "3000");
    assert_eq!(catalogue.cause(Cause::IdleTimeout).cause, Cause::IdleTimeout);
}

#[test]
fn reconnect_advice_has_its_delays() {
    let catalogue = Catalogue::new(Language::English);
    let text = catalogue.reconnect(codes::facts(1012).reconnect);
    assert_eq!(text, "Reconnect after a random delay of 1–5 s.");
    assert!(catalogue.reconnect(codes::facts(1013).reconnect).contains("double each time"));
}
