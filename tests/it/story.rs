//! What the analyzer found, as lines that people can compare: the only place that reads a `Finding`.
//!
//! A story is parts joined by ` · `. A test names the parts that it is about, in order; a part may be shortened at the
//! end of a word: `1006` stands for `1006 no close frame`, `server ended with FIN` for any time of silence.

use std::fmt::Display;

use wsclose_sniff::analyzer::Config;
use wsclose_sniff::diagnosis::{ApiView, Finding, Incident};
use wsclose_sniff::packet::{Item, LinkType, Packet, PacketRef, PointId};
use wsclose_sniff::record::{CloseFrame, HandshakeState, Side, State, TransportEndKind};

use crate::invariance::changed;
use crate::script::{Frame, packets};
use crate::whole::{Told, Whole};

/// Plays a script and compares what was found with what is expected: connections, then incidents. Then plays it again with
/// every packet cut, doubled and tagged, and compares that.
#[track_caller]
pub fn check<const N: usize>(script: &str, expected: [&str; N]) {
    let frames = packets(script);
    let found = tell(&frames);
    let told: Vec<String> = found.findings.iter().map(story).chain(found.incidents.iter().map(incident)).collect();
    let right = told.len() == N && told.iter().zip(expected).all(|(told, expected)| tells(told, expected));
    let listed = |lines: &[&str]| lines.iter().map(|line| format!("\n    {line}")).collect::<String>();
    let told: Vec<&str> = told.iter().map(String::as_str).collect();
    assert!(right, "{script}\n  is told as{}\n  and not as{}", listed(&told), listed(&expected));
    let unvaried = |found: &Told| {
        let findings = found.findings.iter().map(unvarying);
        findings.chain(found.incidents.iter().map(incident)).collect::<Vec<_>>()
    };
    let before = unvaried(&found);
    for (how, changed) in changed(&frames) {
        // See `invariance::cut_into_single_bytes`: without segments that begin frames, mid-stream cannot be told.
        if how == "byte by byte" && told.iter().any(|story| story.contains("handshake unseen")) {
            continue;
        }
        let again = unvaried(&tell(&changed));
        assert!(before == again, "{script}\n  {how} is told as {again:#?}\n  and not as {before:#?}");
    }
}

/// Every part that is expected stands in what is told, in that order.
fn tells(told: &str, expected: &str) -> bool {
    let mut parts = told.split(" · ");
    let same = |part: &str, wanted: &str| {
        part.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    expected.split(" · ").all(|wanted| parts.any(|part| same(part, wanted)))
}

/// What is found in these packets.
pub fn tell(frames: &[Frame]) -> Told {
    let mut whole = Whole::new(Config::default());
    for (i, frame) in frames.iter().enumerate() {
        whole.take(Item::Packet(Packet {
            at: frame.at,
            reference: PacketRef::new(0, i as u64 + 1),
            point: PointId(0),
            interface: 0,
            link: LinkType::ETHERNET,
            data: &frame.data,
            original_len: u32::try_from(frame.data.len()).unwrap(),
        }));
    }
    whole.finish()
}

/// `incident mass-close of 3`
fn incident(incident: &Incident) -> String {
    format!("incident {} of {}", incident.kind.id(), incident.connections.len())
}

/// The whole story of a connection.
pub fn story(finding: &Finding) -> String {
    let diagnosis = &finding.diagnosis;
    let mut parts = vec![format!("at {}", path(finding))];
    parts.extend(opening(finding));
    parts.push(outcome(finding));
    parts.extend(finding.ending.frames.iter().map(close_frame));
    parts.extend(finding.record.injected.map(|answer| format!("{} in the tunnel", answer.status)));
    parts.push(end(finding, true));
    parts.extend(transport(finding));
    parts.push(if finding.ending.clean { "clean" } else { "not clean" }.to_owned());
    parts.extend(breaches(finding));
    parts.push(format!("client saw {}", api(&diagnosis.client_api)));
    parts.push(format!("server saw {}", api(&diagnosis.server_api)));
    parts.push(format!("{} ({})", diagnosis.cause.id(), diagnosis.confidence.id()));
    parts.extend(finding.leg.map(|leg| format!("{:?} leg", leg.role).to_lowercase()));
    parts.join(" · ")
}

/// What must stay the same however the packets came: code, reason, clean, ended_by, cause, Close frames.
pub fn unvarying(finding: &Finding) -> String {
    let mut parts = vec![endpoint(finding, Side::Client), endpoint(finding, Side::Server), path(finding)];
    parts.extend(opening(finding));
    parts.push(outcome(finding));
    parts.extend(finding.ending.frames.iter().map(close_frame));
    parts.push(end(finding, false));
    parts.push(if finding.ending.clean { "clean" } else { "not clean" }.to_owned());
    parts.push(finding.diagnosis.cause.id().to_owned());
    parts.join(" · ")
}

fn path(finding: &Finding) -> String {
    finding.record.handshake.asked.as_ref().map_or_else(|| "?".to_owned(), |asked| asked.target.to_string())
}

fn endpoint(finding: &Finding, side: Side) -> String {
    finding.record.endpoint(side).to_string()
}

/// Only what is unusual: a handshake that was agreed is not worth a word.
fn opening(finding: &Finding) -> Vec<String> {
    let handshake = &finding.record.handshake;
    let status = handshake.answered.as_ref().map(|answered| format!(" {}", answered.status)).unwrap_or_default();
    let mut parts = Vec::new();
    if handshake.state != HandshakeState::Accepted {
        parts.push(format!("handshake {}{status}", handshake.state.id()));
    }
    if !handshake.odd.earlier.is_empty() {
        parts.push(format!("after {:?}", handshake.odd.earlier));
    }
    parts.extend(handshake.odd.problems.iter().map(|problem| format!("problem {}", problem.id)));
    parts
}

/// `1000 "bye"`, `1006 no close frame`, `open`.
fn outcome(finding: &Finding) -> String {
    let ending = &finding.ending;
    let state = match ending.state {
        State::Closed => String::new(),
        other => format!("{} ", other.id()),
    };
    let reason = ending.decided_by.and_then(|index| ending.frames.get(index)).and_then(|frame| frame.reason.as_ref());
    let told = match ending.code {
        None if ending.hidden => "code hidden".to_owned(),
        None => String::new(),
        Some(code) if ending.frames.is_empty() => format!("{} no close frame", code.0),
        Some(code) => format!("{}{}", code.0, quoted(reason)),
    };
    format!("{state}{told}").trim_end().to_owned()
}

fn close_frame(frame: &CloseFrame) -> String {
    let code = frame.code.map_or("empty".to_owned(), |code| code.0.to_string());
    let ignored = if frame.ignored { " ignored" } else { "" };
    format!("{} close {code}{}{ignored}", frame.from.id(), quoted(frame.reason.as_ref()))
}

/// `server ended with FIN after 60.0 s of silence`
fn end(finding: &Finding, with_times: bool) -> String {
    let by = finding.diagnosis.ended_by.id();
    let Some(act) = finding.ending.closed else { return format!("{by} ended") };
    let close = finding.ending.frames.iter().any(|frame| frame.mark.packet == act.packet);
    let what = match finding.ending.transport.kind {
        _ if close => "a Close",
        TransportEndKind::Fin => "FIN",
        TransportEndKind::Rst => "RST",
        other => other.id(),
    };
    if !with_times {
        return format!("{by} ended with {what}");
    }
    let last = Side::BOTH.into_iter().filter_map(|side| finding.record.last_sent_before(side, &act));
    let silence = last.max().map_or(0.0, |last| act.at.seconds_since(last));
    format!("{by} ended with {what} after {silence:.1} s of silence")
}

fn transport(finding: &Finding) -> Option<String> {
    let end = &finding.ending.transport;
    let from = end.from.map(|side| format!(" from {}", side.id())).unwrap_or_default();
    (end.kind != TransportEndKind::None).then(|| format!("transport {}{from}", end.kind.id()))
}

fn breaches(finding: &Finding) -> Vec<String> {
    let record = &finding.record;
    record
        .breaches
        .iter()
        .map(|seen| format!("breach {} by {}", seen.breach.id(), record.side_of(seen.dir).id()))
        .collect()
}

fn api(view: &ApiView) -> String {
    match view.code {
        Some(code) => format!("{}{}", code.0, quoted(view.reason.as_ref())),
        None => "nothing".to_owned(),
    }
}

fn quoted(text: Option<&impl Display>) -> String {
    text.map(|text| format!(" \"{text}\"")).unwrap_or_default()
}
