//! TLS never came up, or met a port that speaks something else: what the alert, the certificate and the bytes tell.

use crate::catalogue::{Cause, EndedBy, Value};
use crate::diagnosis::case::{Case, Opinion, ended_by, side_value};
use crate::diagnosis::{Confidence, given};
use crate::event::When;
use crate::event::tls::CertificateSeen;
use crate::record::{AlertSeen, HandshakeState, Side, TlsFacts, TlsOutcome};
use crate::time::Timestamp;
use crate::wire::tls::AlertDescription;

/// What nginx says to plain HTTP on its HTTPS port; others say nearly the same.
const HTTP_TO_HTTPS: [&str; 2] = ["HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server"];

/// The TLS handshake failed before any request.
pub(super) fn failed(case: &Case<'_>) -> Option<Opinion> {
    let tls = case.record.tls.as_deref()?;
    if case.record.handshake.state != HandshakeState::None {
        return None;
    }
    match tls.outcome(case.transport_act().is_some()) {
        TlsOutcome::AnsweredInPlain => {
            let (mark, line) = tls.plain_answer.as_ref()?;
            let opinion = Opinion::new(Cause::TlsToPlainPort, Confidence::Certain).by(EndedBy::Server);
            let params = given([("start", line.chars().take(100).collect::<String>().into())]);
            Some(opinion.seen("tls-plain-answer", params, Some(mark.packet)))
        }
        TlsOutcome::Failed { by, alert } => Some(with_names(
            tls,
            match alert {
                Some(alert) => by_alert(case, tls, alert),
                None => without_alert(case, tls, by.map(|dir| case.record.side_of(dir))),
            },
        )),
        TlsOutcome::Completed | TlsOutcome::Open => None,
    }
}

/// Plain HTTP, and a TLS server answered.
pub(super) fn plain_to_tls(case: &Case<'_>) -> Option<Opinion> {
    let opinion = || Opinion::new(Cause::PlainToTlsPort, Confidence::Certain).by(EndedBy::Server);
    let tls = case.record.tls.as_deref().filter(|tls| tls.client.is_none());
    if let Some(alert) = tls.and_then(|tls| tls.alerts.first()).filter(|_| case.record.handshake.odd.not_http) {
        return Some(seen_alert(case, opinion(), alert).seen("tls-to-request", given([]), Some(alert.mark.packet)));
    }
    let body = case.record.handshake.odd.body.as_deref()?;
    let packet = case.record.handshake.answered_mark.map(|mark| mark.packet);
    let start: String =
        HTTP_TO_HTTPS.iter().any(|text| body.contains(text)).then(|| body.trim().chars().take(100).collect())?;
    Some(opinion().seen("status-body", given([("start", start.into())]), packet))
}

/// RFC 8446 §6.2 says what each alert means; some mean several things.
fn by_alert(case: &Case<'_>, tls: &TlsFacts, seen: AlertSeen) -> Opinion {
    let side = case.record.side_of(seen.dir);
    let doubt = certificate_problem(case, tls);
    let (cause, confidence) = match (seen.alert.description, side) {
        (AlertDescription::UNKNOWN_CA, _) => (Cause::TlsUntrustedCa, Confidence::Certain),
        (AlertDescription::CERTIFICATE_EXPIRED, _) => (Cause::TlsExpiredCertificate, Confidence::Certain),
        (AlertDescription::UNRECOGNIZED_NAME, _) => (Cause::TlsNameMismatch, Confidence::Certain),
        (AlertDescription::PROTOCOL_VERSION | AlertDescription::INAPPROPRIATE_FALLBACK, _) => {
            (Cause::TlsVersion, Confidence::Certain)
        }
        // In answer to the ClientHello it is about what both have in common; later it may be about a client certificate.
        (AlertDescription::HANDSHAKE_FAILURE | AlertDescription::INSUFFICIENT_SECURITY, _) if tls.version.is_none() => {
            (Cause::TlsNoCommonCipher, Confidence::Likely)
        }
        (AlertDescription::BAD_CERTIFICATE | AlertDescription::CERTIFICATE_UNKNOWN, Side::Client) => {
            doubt.unwrap_or((Cause::TlsFailed, Confidence::Certain))
        }
        _ => (Cause::TlsFailed, Confidence::Certain),
    };
    let opinion = Opinion::new(cause, confidence).by(ended_by(side));
    with_certificate(case, tls, seen_alert(case, opinion, &seen))
}

/// Nobody said why: the certificate may, where it can be seen.
fn without_alert(case: &Case<'_>, tls: &TlsFacts, side: Option<Side>) -> Opinion {
    let by_client = side == Some(Side::Client);
    let doubt = certificate_problem(case, tls).filter(|_| by_client);
    let (cause, confidence) = doubt.unwrap_or((Cause::TlsFailed, Confidence::Likely));
    let mut opinion = Opinion::new(cause, confidence);
    if let Some(side) = side {
        opinion = opinion.by(ended_by(side));
    }
    let packet = case.transport_act().map(|(_, mark)| mark.packet);
    opinion = if tls.version.is_none() {
        let answering = case.transport_act().map_or(Side::Server, |(side, _)| side);
        opinion.seen("tls-hello-only", given([("side", side_value(answering))]), packet)
    } else {
        opinion.seen("tls-no-alert", given([]), packet)
    };
    with_certificate(case, tls, opinion)
}

fn seen_alert(case: &Case<'_>, opinion: Opinion, seen: &AlertSeen) -> Opinion {
    let description = seen.alert.description;
    let params = given([
        ("side", side_value(case.record.side_of(seen.dir))),
        ("name", description.name().unwrap_or("unknown").into()),
        ("number", Value::Count(u64::from(description.0))),
    ]);
    opinion.seen("tls-alert", params, Some(seen.mark.packet))
}

/// What is wrong with the certificate, as far as it was in the clear or could be read.
fn certificate_problem(case: &Case<'_>, tls: &TlsFacts) -> Option<(Cause, Confidence)> {
    let certificate = tls.certificate.as_deref()?;
    let at = case.transport_act().map_or(case.record.last, |(_, mark)| mark.into());
    if is_out_of_date(certificate, &at) {
        Some((Cause::TlsExpiredCertificate, Confidence::Likely))
    } else if names_other_hosts(certificate, tls) {
        Some((Cause::TlsNameMismatch, Confidence::Likely))
    } else if certificate.self_signed {
        Some((Cause::TlsUntrustedCa, Confidence::Likely))
    } else {
        None
    }
}

fn is_out_of_date(certificate: &CertificateSeen, at: &When) -> bool {
    let time = |seconds: i64| Timestamp::new(seconds, 0);
    certificate.not_after.is_some_and(|end| at.at > time(end))
        || certificate.not_before.is_some_and(|start| at.at < time(start))
}

fn names_other_hosts(certificate: &CertificateSeen, tls: &TlsFacts) -> bool {
    let Some(wanted) = tls.server_name() else { return false };
    !certificate.names.is_empty() && !certificate.names.iter().any(|name| matches(name, wanted))
}

/// RFC 9525 §6.3: a wildcard stands for one whole label, the leftmost.
fn matches(name: &str, wanted: &str) -> bool {
    match name.strip_prefix("*.") {
        Some(rest) => wanted.split_once('.').is_some_and(|(_, parent)| parent.eq_ignore_ascii_case(rest)),
        None => name.eq_ignore_ascii_case(wanted),
    }
}

/// The certificate's own facts, where they support the cause.
fn with_certificate(case: &Case<'_>, tls: &TlsFacts, opinion: Opinion) -> Opinion {
    let Some(certificate) = tls.certificate.as_deref() else { return opinion };
    let at = case.transport_act().map_or(case.record.last, |(_, mark)| mark.into());
    match (opinion.cause, certificate.not_before, certificate.not_after) {
        (Cause::TlsExpiredCertificate, Some(from), Some(until)) if is_out_of_date(certificate, &at) => {
            let time = |seconds: i64| Value::At(Timestamp::new(seconds, 0));
            opinion.seen("tls-certificate-dates", given([("from", time(from)), ("until", time(until))]), None)
        }
        (Cause::TlsNameMismatch, ..) if names_other_hosts(certificate, tls) => {
            let names = certificate.names.iter().take(4).map(|name| &**name).collect::<Vec<_>>().join(", ");
            let sni = tls.server_name().unwrap_or_default();
            opinion.seen("tls-certificate-names", given([("names", names.into()), ("sni", sni.into())]), None)
        }
        (Cause::TlsUntrustedCa, ..) if certificate.self_signed => {
            opinion.seen("tls-certificate-self-signed", given([]), None)
        }
        _ => opinion,
    }
}

/// What the client asked for.
fn with_names(tls: &TlsFacts, opinion: Opinion) -> Opinion {
    match tls.server_name() {
        Some(sni) => opinion.seen("tls-sni", given([("sni", sni.into())]), None),
        None => opinion,
    }
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn names_and_wildcards() {
        assert!(matches("ws.example.com", "WS.example.com") && matches("*.example.com", "ws.example.com"));
        assert!(!matches("*.example.com", "a.b.example.com") && !matches("*.example.com", "example.com"));
    }
}
