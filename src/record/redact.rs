//! Secrets out of what a handshake says, before it is kept.
//!
//! Given a request target or a list of subprotocols, gives it with values that may be credentials replaced by `***`.
//! Names stay: that a token was there helps a diagnosis, its value helps an attacker.

use std::borrow::Cow;
use std::sync::Arc;

use crate::event::http::{Answered, Asked};

const MASK: &str = "***";

/// Names of query parameters that carry no secret, so that reports stay readable. All other values are masked if long.
const HARMLESS: &[&str] =
    &["EIO", "transport", "vsn", "v", "version", "encoding", "protocol", "t", "room", "channel", "topic"];
/// Parts of names that mark a secret, whatever the length.
const SECRET: &[&str] = &[
    "token",
    "key",
    "secret",
    "auth",
    "pass",
    "pwd",
    "sig",
    "session",
    "sid",
    "ticket",
    "jwt",
    "code",
    "credential",
    "cookie",
];
/// From this length on, an unnamed value may be a credential: 16 random characters hold 64 bits and more.
const LONG: usize = 16;

/// A request without the secrets in it.
pub(super) fn asked(asked: &mut Asked) {
    if let Cow::Owned(redacted) = target(&asked.target) {
        asked.target = redacted.into();
    }
    if asked.subprotocols.iter().any(|name| subprotocol(name) != *name) {
        for name in &mut Arc::make_mut(&mut asked.common).subprotocols {
            *name = subprotocol(name).into_owned().into();
        }
    }
}

/// An answer without the secrets in it.
pub(super) fn answered(answered: &mut Answered) {
    let chosen = answered.subprotocol.as_deref();
    if let Some(redacted) = chosen.map(subprotocol).filter(|redacted| chosen != Some(redacted)) {
        let redacted = redacted.into_owned().into();
        Arc::make_mut(&mut answered.common).subprotocol = Some(redacted);
    }
    if let Some(location) = answered.rare.as_mut().and_then(|rare| rare.location.as_mut()) {
        *location = target(location).into();
    }
}

/// The request target with the values of its query masked where they may be secrets.
fn target(target: &str) -> Cow<'_, str> {
    let Some((path, query)) = target.split_once('?') else {
        return target.into();
    };
    let mut redacted = String::with_capacity(target.len() + MASK.len());
    redacted.push_str(path);
    let mut before = "?";
    for part in query.split('&') {
        redacted.push_str(before);
        before = "&";
        match part.split_once('=') {
            Some((name, value)) if is_secret(name, value) => redacted.extend([name, "=", MASK]),
            None if part.len() >= LONG => redacted.push_str(MASK),
            _ => redacted.push_str(part),
        }
    }
    redacted.into()
}

fn is_secret(name: &str, value: &str) -> bool {
    if value.is_empty() || HARMLESS.iter().any(|known| known.eq_ignore_ascii_case(name)) {
        return false;
    }
    value.len() >= LONG || {
        let lower = name.to_ascii_lowercase();
        SECRET.iter().any(|part| lower.contains(part))
    }
}

/// A subprotocol; bearer tokens travel as one, because browsers cannot set Authorization.
fn subprotocol(name: &str) -> Cow<'_, str> {
    // Kubernetes: base64url.bearer.authorization.k8s.io.<token>; others put a JWT (three dotted base64url parts) bare.
    if let Some(at) = name.to_ascii_lowercase().find("bearer") {
        let rest = name.get(at..).unwrap_or_default();
        let keep = at + rest.rfind(['.', '-', ' ', ',']).map_or("bearer".len(), |end| end + 1);
        return format!("{}{MASK}", name.get(..keep).unwrap_or_default()).into();
    }
    let random = name.len() >= 32
        && name.bytes().any(|byte| byte.is_ascii_digit())
        && name.bytes().any(|byte| byte.is_ascii_uppercase());
    if random || name.starts_with("eyJ") { MASK.into() } else { name.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_in_queries_are_masked_and_names_stay() {
        assert_eq!(target("/ws?token=abc&room=7"), "/ws?token=***&room=7");
        assert_eq!(target("/s?EIO=4&transport=websocket&sid=Lk"), "/s?EIO=4&transport=websocket&sid=***");
        assert_eq!(target("/s?x=0123456789abcdef&y=1"), "/s?x=***&y=1");
        assert_eq!(target("/s?a=&token=&Token=1&0123456789abcdef&b"), "/s?a=&token=&Token=***&***&b");
        assert_eq!(target("/plain"), "/plain");
    }

    #[test]
    fn what_is_harmless_is_no_secret() {
        assert!(!HARMLESS.iter().any(|name| SECRET.iter().any(|part| name.to_ascii_lowercase().contains(part))));
    }

    #[test]
    fn bearer_subprotocols_are_masked() {
        assert_eq!(
            subprotocol("base64url.bearer.authorization.k8s.io.QWxhZGRpbg"),
            "base64url.bearer.authorization.k8s.io.***"
        );
        assert_eq!(subprotocol("eyJhbGciOiJIUzI1NiJ9.e30.abc"), "***");
        assert_eq!(subprotocol("graphql-transport-ws"), "graphql-transport-ws");
        assert_eq!(subprotocol("v4.channel.k8s.io"), "v4.channel.k8s.io");
    }
}
