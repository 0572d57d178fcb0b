//! It never opened: refused, stripped, invalid, unanswered; or TCP itself did not come up.

use crate::catalogue::{Cause, EndedBy, Rules, Value};
use crate::diagnosis::case::{Case, Opinion, side_value};
use crate::diagnosis::{Confidence, Said, given, product};
use crate::record::{HandshakeState, Side, TransportEndKind};

/// TCP failed before any request.
pub(super) fn refused_before_request(case: &Case<'_>) -> Option<Opinion> {
    if case.record.handshake.state != HandshakeState::None {
        return None;
    }
    let client = case.tcp(Side::Client);
    if let Some(reset) = case.rst(Side::Server) {
        let opinion = Opinion::new(Cause::ConnectRefused, Confidence::Certain).by(EndedBy::Server);
        return Some(opinion.seen("syn-refused", given([]), Some(reset.mark.packet)).next_at("process", case));
    }
    if case.tcp(Side::Server).packets > 0 {
        return None;
    }
    let first = client.syn?;
    let span = client.last_seen_at.map_or(0.0, |last| last.seconds_since(first.at));
    let params = given([("count", Value::Count(u64::from(client.syns))), ("span_s", Value::Seconds(span))]);
    let opinion = Opinion::new(Cause::ConnectTimeout, Confidence::Certain).by(EndedBy::Network);
    Some(with_icmp(case, opinion.seen("syn-repeated", params, Some(first.packet))).next("capture-both-ends"))
}

fn with_icmp(case: &Case<'_>, opinion: Opinion) -> Opinion {
    let Some(icmp) = &case.record.unreachable else { return opinion };
    let params = given([("address", icmp.reporter.to_string().into()), ("what", format!("{:?}", icmp.kind).into())]);
    opinion.seen("icmp", params, Some(icmp.packet))
}

/// A request was made and no WebSocket came of it.
pub(super) fn opening(case: &Case<'_>) -> Option<Opinion> {
    match case.record.handshake.state {
        HandshakeState::Refused if case.status() == Some(101) => Some(rejected_by_client(case)),
        HandshakeState::Refused => Some(refused(case)),
        HandshakeState::Incomplete => unanswered(case),
        HandshakeState::Accepted if case.ended_bare() => tolerated(case),
        _ => None,
    }
}

/// A 101 that the client did not take.
fn rejected_by_client(case: &Case<'_>) -> Opinion {
    let cause = if lost_headers(case) { Cause::UpgradeStripped } else { Cause::HandshakeInvalid };
    let opinion = with_problems(case, Opinion::new(cause, Confidence::Certain).by(EndedBy::Client));
    let gap = case
        .transport_act()
        .zip(case.record.handshake.answered_mark)
        .map(|((_, end), answer)| end.at.seconds_since(answer.at));
    let packet = case.transport_act().map(|(_, mark)| mark.packet);
    opinion.seen("client-gave-up", given([("gap_s", Value::Seconds(gap.unwrap_or(0.0)))]), packet)
}

fn refused(case: &Case<'_>) -> Opinion {
    let status = case.status().unwrap_or(0);
    let stripped = lost_headers(case) || (needs_upgrade(status) && body_says_no_upgrade(case));
    let cause = if stripped { Cause::UpgradeStripped } else { Cause::HandshakeRefused };
    let named = product::named(case.record);
    let by_proxy = matches!(status, 502..=504 | 520..=527) && named.as_ref().is_some_and(|product| product.proxy);
    let mut opinion = Opinion::new(cause, if stripped { Confidence::Likely } else { Confidence::Certain });
    opinion = opinion.by(if by_proxy { EndedBy::Proxy } else { EndedBy::Server });
    let packet = case.record.handshake.answered_mark.map(|mark| mark.packet);
    opinion = opinion.seen("status", given([("status", Value::Code(status))]), packet);
    if let Some(product) = named.filter(|product| by_proxy || product.header == "body") {
        opinion = opinion.seen("status-by", given([("product", product.name.into())]), packet);
    }
    opinion = with_answer(case, with_problems(case, opinion));
    if stripped {
        opinion = opinion.fix_between(Said::bare("pass-upgrade")).fix_between(Said::bare("pass-upgrade-nginx"));
        opinion = opinion.next("ask-backend");
    }
    with_status_fix(case, status, opinion)
}

/// What the answer itself says of the reason.
fn with_answer(case: &Case<'_>, mut opinion: Opinion) -> Opinion {
    let handshake = &case.record.handshake;
    let packet = handshake.answered_mark.map(|mark| mark.packet);
    if let Some(body) = handshake.odd.body.as_deref().filter(|body| !body.trim().is_empty()) {
        let start: String = body.trim().chars().take(100).collect();
        opinion = opinion.seen("status-body", given([("start", start.into())]), packet);
    }
    let Some(answered) = &handshake.answered else { return opinion };
    if let Some(location) = answered.location() {
        opinion = opinion.seen("redirected", given([("location", location.into())]), packet);
    }
    if let Some(value) = answered.retry_after() {
        opinion = opinion.seen("retry-after", given([("value", value.into())]), packet);
    }
    opinion
}

fn with_status_fix(case: &Case<'_>, status: u16, opinion: Opinion) -> Opinion {
    let handshake = &case.record.handshake;
    let asked = handshake.asked.as_ref();
    let location = handshake.answered.as_ref().and_then(|answered| answered.location());
    match (status, asked, location) {
        (301 | 302 | 307 | 308, _, Some(location)) => {
            opinion.fix(Side::Client, Said { id: "follow-no-redirect", params: given([("location", location.into())]) })
        }
        (401, ..) => opinion.fix(Side::Client, Said::bare("authenticate")),
        (403, Some(asked), _) => match &asked.origin {
            Some(origin) => {
                let params = || given([("origin", Value::from(&**origin))]);
                let packet = handshake.asked_mark.map(|mark| mark.packet);
                let opinion = opinion.seen("origin-sent", params(), packet);
                opinion.fix(Side::Server, Said { id: "allow-origin", params: params() })
            }
            None => opinion.fix(Side::Client, Said::bare("authenticate")),
        },
        (200 | 404, Some(asked), _) => {
            let path = Value::from(&*asked.target);
            opinion.fix(Side::Client, Said { id: "fix-path", params: given([("path", path)]) })
        }
        (502..=504, ..) => {
            let server = Value::Endpoint(case.record.endpoint(Side::Server));
            opinion.fix_between(Said { id: "start-backend", params: given([("server", server)]) })
        }
        (429, ..) => opinion.fix(Side::Client, Said::bare("backoff")),
        _ => opinion,
    }
}

/// What a server says that saw no Upgrade.
fn needs_upgrade(status: u16) -> bool {
    matches!(status, 400 | 426 | 505)
}

fn body_says_no_upgrade(case: &Case<'_>) -> bool {
    let Some(body) = &case.record.handshake.odd.body else { return false };
    let body = body.to_ascii_lowercase();
    body.contains("upgrade") && !body.contains("version")
}

/// The hop-by-hop headers of the upgrade are missing, though what else belongs to it is there.
fn lost_headers(case: &Case<'_>) -> bool {
    let ids = ["upgrade-missing", "connection-missing", "response-upgrade-missing", "response-connection-missing"];
    case.record.handshake.odd.problems.iter().any(|problem| ids.contains(&problem.id))
}

fn with_problems(case: &Case<'_>, mut opinion: Opinion) -> Opinion {
    let handshake = &case.record.handshake;
    for problem in handshake.odd.problems.iter().filter(|problem| problem.id != "extension-declined") {
        let mark = if problem.in_answer { handshake.answered_mark } else { handshake.asked_mark };
        let text = |value: &Option<Box<str>>| Value::from(value.as_deref().unwrap_or_default());
        let params = given([
            ("problem", Value::Rule(Rules::Problem, problem.id)),
            ("found", text(&problem.found)),
            ("expected", text(&problem.expected)),
        ]);
        opinion = opinion.seen("handshake-problem", params, mark.map(|mark| mark.packet));
    }
    opinion
}

fn unanswered(case: &Case<'_>) -> Option<Opinion> {
    if case.ending.transport.kind == TransportEndKind::None {
        return None;
    }
    let handshake = &case.record.handshake;
    let packet = handshake.asked_mark.map(|mark| mark.packet);
    if let Some(body) = &handshake.odd.body {
        let start: String = body.chars().take(60).collect();
        let opinion = Opinion::new(Cause::HandshakeInvalid, Confidence::Certain);
        return Some(if handshake.odd.not_http {
            opinion.seen("not-http", given([("start", start.into())]), packet).fix(Side::Client, Said::bare("fix-port"))
        } else {
            opinion.seen("answer-cut", given([]), packet)
        });
    }
    let (side, mark) = case.transport_act()?;
    let waited = handshake.asked_mark.map_or(0.0, |asked| mark.at.seconds_since(asked.at));
    let opinion = Opinion::new(Cause::HandshakeUnanswered, Confidence::Certain);
    let opinion =
        opinion.seen("no-answer", given([("wait_s", Value::Seconds(waited)), ("side", side_value(side))]), packet);
    let acknowledged = case.record.side(Side::Client).unacknowledged == 0;
    Some(
        if acknowledged { opinion.seen("request-acknowledged", given([]), None) } else { opinion }
            .next_at("server-log", case),
    )
}

/// A 101 with a defect that the client went along with; then TCP ended bare.
fn tolerated(case: &Case<'_>) -> Option<Opinion> {
    let fatal = case.record.handshake.odd.problems.iter().any(|problem| problem.fatal && problem.in_answer);
    let silent = case.record.side(Side::Client).frames == 0;
    (fatal && silent).then(|| with_problems(case, Opinion::new(Cause::HandshakeInvalid, Confidence::Likely)))
}
