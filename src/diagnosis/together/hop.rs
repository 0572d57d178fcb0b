//! Which hop of a proxied connection ended it, and what that says of each leg.
//!
//! The proxy is the server of the front leg and the client of the back leg. Where the front leg is ended by its server
//! and the back leg by its client, neither endpoint did it: the proxy did. Where the server behind it left first, the
//! front leg only follows. Findings are refined, never contradicted beyond what both legs show.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::timer::{self, Timer};
use crate::diagnosis::{Alternative, Confidence, Evidence, Finding, Role, Said, given};
use crate::packet::PacketRef;
use crate::record::Side;

use super::leg_end::LegEnd;
use super::proxies::Company;

/// Who ended a proxied connection.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Hop {
    /// The server behind the proxy.
    Upstream,
    /// The client.
    Client,
    /// The proxy, and why.
    Proxy(Why),
}

/// Why a proxy ended a connection.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Why {
    /// Nobody had sent anything for that long.
    Idle(f64),
    /// It ended all that it held.
    Restart,
    /// Not to be told.
    Unknown,
}

/// The server's end may be captured this much later than what it caused, where both are seen at one point.
const DISORDER_S: f64 = 0.02;

/// Who ended it, by both legs; None where they do not tell.
fn first(front: &LegEnd, back: &LegEnd, company: &Company) -> Option<Hop> {
    let (front_at, back_at) = (front.at?, back.at?);
    let same_clock = front.point == back.point;
    match (front.from?, back.from?) {
        (Side::Server, Side::Client) => Some(Hop::Proxy(why(front, back, company))),
        (Side::Server, Side::Server) => {
            let late = same_clock && back_at.seconds_since(front_at) > DISORDER_S;
            (!late).then_some(Hop::Upstream)
        }
        (Side::Client, Side::Client) => Some(Hop::Client),
        (Side::Client, Side::Server) => None,
    }
}

/// Why the proxy ended it: for silence, or because it ended everything.
fn why(front: &LegEnd, back: &LegEnd, company: &Company) -> Why {
    if !(front.is_bare() && back.is_bare()) {
        let announced = [front.code, back.code].contains(&Some(1001)) || [front.code, back.code].contains(&Some(1012));
        return if announced && company.at_once >= 2 { Why::Restart } else { Why::Unknown };
    }
    why_bare(front.silence_s, company)
}

fn why_bare(silence: f64, company: &Company) -> Why {
    let timer = timer::look_up(silence);
    let together = company.at_once >= 3 || (company.at_once == 2 && !company.same_silence);
    match timer {
        _ if company.again && (!together || company.same_silence) => Why::Idle(silence),
        Some(_) if !together || company.same_silence => Why::Idle(silence),
        _ if together => Why::Restart,
        _ => Why::Unknown,
    }
}

/// What both legs say of one: `own`, which is that of `finding`.
pub(super) fn refine(
    finding: &mut Finding,
    role: Role,
    own: &LegEnd,
    other: Option<&LegEnd>,
    company: &Company,
) -> Option<Hop> {
    if own.hidden || other.is_some_and(|other| other.hidden) {
        return None;
    }
    if let Some(other) = other.filter(|other| stripped(role, own, other)) {
        blame(finding, Cause::UpgradeStripped, Confidence::Certain);
        see(finding, "header-lost", given([("header", "Upgrade".into())]), Some(other.first_packet));
        return None;
    }
    let Some(other) = other.filter(|other| other.at.is_some()) else {
        return outlived(finding, role, own, other, company);
    };
    let (front, back) = if role == Role::Front { (own, other) } else { (other, own) };
    if !(own.was_open && other.was_open) {
        let client_left_first = front.from == Some(Side::Client) && front.at < back.at;
        if role == Role::Back && own.from == Some(Side::Client) && !client_left_first {
            by_proxy(finding);
        }
        return None;
    }
    let hop = first(front, back, company)?;
    tell(finding, role, own, other);
    match (hop, role) {
        (Hop::Proxy(why), _) => ended_by_proxy(finding, own, why, company),
        (Hop::Upstream, Role::Front) if own.is_bare() => {
            by_proxy(finding);
            let server = ("server", Value::Endpoint(back.server));
            blame(finding, Cause::UpstreamLost, Confidence::Likely);
            finding.diagnosis.fixes.infrastructure.push(Said { id: "start-backend", params: given([server]) });
        }
        (Hop::Upstream | Hop::Client, _) => {}
    }
    Some(hop)
}

/// The request had `Upgrade` in front of the proxy and lacks it behind, and so it was refused.
fn stripped(role: Role, own: &LegEnd, other: &LegEnd) -> bool {
    let (front, back) = if role == Role::Front { (own, other) } else { (other, own) };
    front.upgrade && !back.upgrade && !front.was_open && !back.was_open
}

/// The other leg goes on: only the proxy can have ended this one.
fn outlived(finding: &mut Finding, role: Role, own: &LegEnd, other: Option<&LegEnd>, company: &Company) -> Option<Hop> {
    let proxys = if role == Role::Front { Side::Server } else { Side::Client };
    if own.from != Some(proxys) || !own.was_open || !own.is_bare() || own.at.is_none() {
        return None;
    }
    by_proxy(finding);
    if let Some(other) = other {
        let server = given([("server", Value::Endpoint(other.server))]);
        see(finding, "other-leg-lives", server, Some(other.last_packet));
    }
    let why = why_bare(own.silence_s, company);
    if role == Role::Front && why == Why::Restart {
        ended_by_proxy(finding, own, why, company);
    }
    Some(Hop::Proxy(why))
}

fn ended_by_proxy(finding: &mut Finding, own: &LegEnd, why: Why, company: &Company) {
    by_proxy(finding);
    match why {
        Why::Idle(silence) => {
            let measured = Timer { seconds: silence, off: 0.0, well_known: false };
            let timer = timer::look_up(silence).unwrap_or(measured);
            let sure = (company.again || timer.well_known) && timer.off != 0.0;
            let known = finding.diagnosis.cause == Cause::IdleTimeout;
            blame(finding, Cause::IdleTimeout, if sure { Confidence::Certain } else { Confidence::Likely });
            if !known {
                let params = given([("timer_s", Value::Seconds(timer.seconds))]);
                finding.diagnosis.fixes.infrastructure.push(Said { id: "idle-limit-unknown", params });
            }
            see(finding, "idle-both", given([("idle_s", Value::Seconds(silence))]), Some(own.packet));
        }
        Why::Restart => {
            blame(finding, Cause::ProxyRestart, Confidence::Likely);
            let params = given([
                ("count", Value::Count(company.at_once as u64)),
                ("server", company.proxy.map(|proxy| proxy.to_string()).unwrap_or_default().into()),
                ("span_s", Value::Seconds(company.span_s)),
            ]);
            see(finding, "ended-together", params, Some(own.packet));
            finding.diagnosis.fixes.infrastructure.push(Said::bare("proxy-reload"));
        }
        Why::Unknown => {}
    }
}

/// When the other leg ended.
fn tell(finding: &mut Finding, role: Role, own: &LegEnd, other: &LegEnd) {
    let (Some(at), Some(other_at)) = (own.at, other.at) else { return };
    let gap = at.seconds_since(other_at);
    let server = ("server", Value::Endpoint(other.server));
    let gap_s = ("gap_s", Value::Seconds(gap.abs()));
    let second_late = role == Role::Front && own.from == Some(Side::Server) && (0.95..1.05).contains(&gap);
    let (id, params) = match () {
        () if own.point != other.point => return, // two clocks
        () if second_late => ("second-after-upstream", given([gap_s])),
        () if gap.abs() < 0.001 => ("both-legs-together", given([gap_s])),
        () if gap > 0.0 => ("other-leg-first", given([server, gap_s, ("cause", other.cause.id().into())])),
        () => ("other-leg-after", given([server, gap_s])),
    };
    see(finding, id, params, Some(other.packet));
}

fn by_proxy(finding: &mut Finding) {
    let diagnosis = &mut finding.diagnosis;
    diagnosis.ended_by = EndedBy::Proxy;
    diagnosis.severity = diagnosis.cause.severity(EndedBy::Proxy);
}

/// A cause that both legs show; the one found from a single leg becomes the alternative.
fn blame(finding: &mut Finding, cause: Cause, confidence: Confidence) {
    let diagnosis = &mut finding.diagnosis;
    if diagnosis.cause == cause {
        diagnosis.confidence = diagnosis.confidence.max(confidence);
        return;
    }
    diagnosis.alternatives.retain(|other| other.cause != cause);
    let before =
        Alternative { cause: diagnosis.cause, confidence: Confidence::Possible, why_not: Said::bare("weaker") };
    diagnosis.alternatives.insert(0, before);
    diagnosis.cause = cause;
    diagnosis.confidence = confidence;
    diagnosis.severity = cause.severity(diagnosis.ended_by);
    diagnosis.fixes = crate::diagnosis::Fixes::default();
    let reconnect = cause.reconnect();
    diagnosis.reconnect.advice = reconnect.advice;
    diagnosis.reconnect.delay_s = reconnect.delay_s;
    diagnosis.reconnect.delay_max_s = reconnect.delay_max_s;
}

fn see(finding: &mut Finding, id: &'static str, params: crate::diagnosis::Params, packet: Option<PacketRef>) {
    finding.diagnosis.evidence.push(Evidence { said: Said { id, params }, packet });
}
