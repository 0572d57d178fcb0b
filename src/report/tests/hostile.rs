//! Whoever sends packets must not reach the reader's terminal.

use std::sync::Arc;

use super::build::{SECRET_KEY, closes, idle_timeout, incident};
use super::report;
use crate::diagnosis::{Evidence, Finding, NamedCode, Said, given};
use crate::packet::Dir;
use crate::record::{HandshakeState, Problem};
use crate::report::clean::is_unsafe;
use crate::report::{Detail, Format};

const NASTY: &str = "\x1b]0;owned\x07\u{202e}gnp\0.exe\r\n✓ 1000\u{9b}2J\u{feff}\u{200b}\x7f\u{2028}";

/// The nasty text wherever the network can put one.
fn hostile() -> Finding {
    let nasty = || NASTY.to_owned() + &"A".repeat(10_000);
    let mut finding = idle_timeout();
    closes(&mut finding, 4001, &nasty());
    finding.ending.clean = false;
    let handshake = &mut finding.record.handshake;
    let asked = handshake.asked.as_mut().unwrap();
    asked.target = nasty().into();
    let common = Arc::make_mut(&mut asked.common);
    (common.method, common.host) = (nasty().into(), Some(nasty().into()));
    (common.origin, common.user_agent) = (Some(nasty().into()), Some(nasty().into()));
    let rare = asked.rare.get_or_insert_default();
    rare.forwarded_for = Some(nasty().into());
    (rare.request_id, rare.traceparent) = (Some(nasty().into()), Some(nasty().into()));
    let answered = handshake.answered.as_mut().unwrap();
    let common = Arc::make_mut(&mut answered.common);
    (common.server, common.extensions) = (Some(nasty().into()), Some(nasty().into()));
    (common.subprotocol, common.via) = (Some(nasty().into()), Some(nasty().into()));
    answered.rare.get_or_insert_default().request_id = Some(nasty().into());
    let (found, expected) = (Some(nasty().into()), Some(nasty().into()));
    handshake.odd.problems = vec![Problem { id: "accept", found, expected, in_answer: true, fatal: true }];
    let diagnosis = &mut finding.diagnosis;
    let said = || Said { id: "reason-text", params: given([("reason", nasty().into())]) };
    diagnosis.evidence = vec![Evidence { said: said(), packet: None }];
    diagnosis.fixes.server = vec![said()];
    diagnosis.next_steps = vec![said()];
    diagnosis.alternatives[0].why_not = said();
    diagnosis.client_api.reason = Some(nasty());
    diagnosis.vocabulary = Some(Box::new(NamedCode {
        vocabulary: nasty(),
        clues: vec![("path", nasty())],
        code_name: Some(nasty()),
        meaning: Some(nasty()),
        fix: Some(nasty()),
        advice: None,
    }));
    finding
}

#[test]
fn no_control_reaches_the_terminal() {
    for detail in [Detail::Quiet, Detail::Normal, Detail::Verbose] {
        let mut nasty_incident = incident();
        nasty_incident.summary.params = given([("count", NASTY.into())]);
        let text = report(Format::Text, &[hostile()], &[nasty_incident], |options| options.detail = detail);
        let found: Vec<char> = text.chars().filter(|c| *c != '\n' && is_unsafe(*c)).collect();
        assert!(found.is_empty(), "{detail:?} {found:?}");
        // A forged line would begin with the sign of a good ending.
        assert!(text.lines().all(|line| !line.starts_with('✓')), "{detail:?}");
        assert!(text.len() < 30_000, "{detail:?} {}", text.len());
    }
}

#[test]
fn colour_adds_colour_and_nothing_else() {
    let text = report(Format::Text, &[hostile()], &[], |options| options.colour = true);
    for code in text.split('\x1b').skip(1) {
        let end = code.find('m').unwrap();
        assert!(code.starts_with('[') && code[1..end].chars().all(|c| c.is_ascii_digit() || c == ';'), "{code}");
    }
    let plain = report(Format::Text, &[hostile()], &[], |_| ());
    let mut stripped = String::new();
    for (index, piece) in text.split('\x1b').enumerate() {
        stripped.push_str(if index == 0 { piece } else { piece.split_once('m').unwrap().1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn json_is_safe_to_look_at_and_says_exactly_what_was_sent() {
    for format in [Format::Ndjson, Format::Json] {
        let text = report(format, &[hostile()], &[], |_| ());
        assert!(!text.chars().any(|c| c != '\n' && is_unsafe(c)));
    }
    let text = report(Format::Ndjson, &[hostile()], &[], |_| ());
    let connection: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert!(connection["reason"].as_str().unwrap().starts_with(NASTY));
}

#[test]
fn secrets_are_not_printed() {
    for format in Format::ALL {
        for detail in [Detail::Normal, Detail::Verbose] {
            let text = report(*format, &[idle_timeout()], &[incident()], |options| options.detail = detail);
            assert!(!text.contains(SECRET_KEY) && !text.contains(SECRET_KEY.trim_end_matches('=')), "{format:?}");
        }
    }
}

#[test]
fn any_handshake_state_is_told() {
    use HandshakeState::{Accepted, Incomplete, None, Refused, Unseen};
    for state in [Accepted, Incomplete, None, Refused, Unseen] {
        let mut finding = idle_timeout();
        finding.record.handshake.state = state;
        finding.record.client = Dir::Forward;
        for format in Format::ALL {
            assert!(!report(*format, std::slice::from_ref(&finding), &[], |_| ()).is_empty());
        }
    }
}
