//! It never opened: refused, stripped, invalid, unanswered; or TCP itself did not come up.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::Confidence;
use crate::diagnosis::case::{Case, Opinion};
use crate::record::{HandshakeState, Problem, Side, TransportEndKind};

/// TCP failed before any request.
pub(super) fn refused_before_request(case: &Case<'_>) -> Option<Opinion> {
    if case.record.handshake.state != HandshakeState::None {
        return None;
    }
    let client = case.tcp(Side::Client);
    if let Some(reset) = case.rst(Side::Server) {
        let opinion = Opinion::new(Cause::ConnectRefused, Confidence::Certain).by(EndedBy::Server);
        return Some(opinion.seen("syn-refused", vec![], Some(reset.mark.packet)).next("is-it-listening"));
    }
    if case.tcp(Side::Server).packets == 0 {
        let params = vec![("count", Value::Count(u64::from(client.syns)))];
        let opinion = Opinion::new(Cause::ConnectTimeout, Confidence::Certain).by(EndedBy::Network);
        return Some(opinion.seen("syn-unanswered", params, client.syn.map(|mark| mark.packet)).next("firewall-on-path"));
    }
    None
}

/// A request was made and no WebSocket came of it.
pub(super) fn opening(case: &Case<'_>) -> Option<Opinion> {
    match case.record.handshake.state {
        HandshakeState::Refused => Some(refused(case)),
        HandshakeState::Incomplete => unanswered(case),
        HandshakeState::Accepted if case.ended_bare() => tolerated(case),
        _ => None,
    }
}

fn refused(case: &Case<'_>) -> Opinion {
    let handshake = &case.record.handshake;
    let status = handshake.answered.as_ref().map_or(0, |answered| answered.status);
    let packet = handshake.answered_mark.map(|mark| mark.packet);
    let stripped = lost_headers(case);
    if status == 101 {
        let cause = if stripped.is_some() { Cause::UpgradeStripped } else { Cause::HandshakeInvalid };
        let opinion = with_problems(case, Opinion::new(cause, Confidence::Likely).by(EndedBy::Client));
        return opinion.seen("client-left-after-101", vec![], case.transport_act().map(|(_, mark)| mark.packet));
    }
    let by = if gateway_status(status) { EndedBy::Proxy } else { EndedBy::Server };
    if stripped.is_some() || (needs_upgrade(status) && body_says_no_upgrade(case)) {
        let opinion = Opinion::new(Cause::UpgradeStripped, Confidence::Likely).by(EndedBy::Server);
        return with_problems(case, opinion).seen("refused-status", status_params(status), packet).next("compare-both-legs");
    }
    let opinion = Opinion::new(Cause::HandshakeRefused, Confidence::Certain).by(by);
    with_problems(case, opinion).seen("refused-status", status_params(status), packet)
}

fn status_params(status: u16) -> Vec<(&'static str, Value)> {
    vec![("status", Value::Text(status.to_string()))]
}

/// What a gateway says of a server behind it.
fn gateway_status(status: u16) -> bool {
    matches!(status, 502..=504 | 520..=527)
}

/// What a server says that saw no Upgrade.
fn needs_upgrade(status: u16) -> bool {
    matches!(status, 400 | 426 | 505)
}

fn body_says_no_upgrade(case: &Case<'_>) -> bool {
    let Some(body) = &case.record.handshake.body else { return false };
    let body = body.to_ascii_lowercase();
    body.contains("upgrade") && !body.contains("version")
}

/// The hop-by-hop headers of the upgrade are missing, though what else belongs to it is there.
fn lost_headers<'a>(case: &Case<'a>) -> Option<&'a Problem> {
    let ids = ["request-no-upgrade", "request-no-connection", "101-no-upgrade-headers"];
    case.record.handshake.problems.iter().find(|problem| ids.contains(&problem.id))
}

fn with_problems(case: &Case<'_>, mut opinion: Opinion) -> Opinion {
    for problem in &case.record.handshake.problems {
        let packet = if problem.id.starts_with("101-") { case.record.handshake.answered_mark } else { case.record.handshake.asked_mark };
        let text = |value: &Option<String>| Value::Text(value.clone().unwrap_or_default());
        let params = vec![("problem", Value::Text(problem.id.to_owned())), ("found", text(&problem.found)), ("expected", text(&problem.expected))];
        opinion = opinion.seen("handshake-problem", params, packet.map(|mark| mark.packet));
    }
    opinion
}

fn unanswered(case: &Case<'_>) -> Option<Opinion> {
    if case.ending.transport.kind == TransportEndKind::None {
        return None;
    }
    let handshake = &case.record.handshake;
    let packet = handshake.asked_mark.map(|mark| mark.packet);
    if handshake.not_http || handshake.body.is_some() {
        let id = if handshake.not_http { "answer-not-http" } else { "answer-cut-short" };
        let opinion = Opinion::new(Cause::HandshakeInvalid, Confidence::Likely);
        return Some(opinion.seen(id, vec![], packet));
    }
    let (side, mark) = case.transport_act()?;
    let waited = handshake.asked_mark.map_or(0.0, |asked| mark.at.seconds_since(asked.at));
    let params = vec![("side", Value::Label(side.id())), ("waited_s", Value::Seconds(waited))];
    Some(Opinion::new(Cause::HandshakeUnanswered, Confidence::Certain).seen("no-answer", params, packet))
}

/// A 101 with a defect that the client went along with; then TCP ended bare.
fn tolerated(case: &Case<'_>) -> Option<Opinion> {
    let fatal = case.record.handshake.problems.iter().any(|problem| problem.fatal && problem.id.starts_with("101-"));
    let silent = case.record.side(Side::Client).frames == 0;
    (fatal && silent).then(|| with_problems(case, Opinion::new(Cause::HandshakeInvalid, Confidence::Possible)))
}
