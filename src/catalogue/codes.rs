//! The registry of close codes: who may send each, whether it may stand on the wire, what the APIs show.
//!
//! Facts only, the same in every language (RFC 6455 §7.4, IANA WebSocket Close Code Number Registry); prose stands in
//! the pages of `codes/`. Any number may come: a code without an entry of its own has that of its range.

use super::cause::{Cause, Severity};
use super::reconnect::Reconnect;

/// Who may send a code.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Sender {
    /// Only the client.
    Client,
    /// The server; nothing in a client's life gives it a meaning.
    Server,
    /// Either end.
    Either,
    /// Nobody: the value exists in APIs, or not at all.
    Nobody,
}

impl Sender {
    /// The word printed in JSON, and the label that renders it (`sender.client` …).
    pub const fn id(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Either => "either",
            Self::Nobody => "nobody",
        }
    }
}

/// Whether a code may stand in a Close frame.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Wire {
    /// Yes.
    Allowed,
    /// Never: an endpoint's API derives it from how the connection ended.
    ApiOnly,
    /// Not now: reserved without a meaning.
    Reserved,
    /// Not now: within the protocol's range and not assigned.
    Unassigned,
    /// Never: outside every range.
    Forbidden,
}

impl Wire {
    /// The word printed in JSON, and the label that renders it (`wire.allowed` …).
    pub const fn id(self) -> &'static str {
        match self {
            Self::Allowed => "allowed",
            Self::ApiOnly => "api-only",
            Self::Reserved => "reserved",
            Self::Unassigned => "unassigned",
            Self::Forbidden => "forbidden",
        }
    }
}

/// What is known about one code, or about a range of codes.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CodeFacts {
    /// First code of the range; the code itself for a registered one.
    pub first: u16,
    /// Last code of the range.
    pub last: u16,
    /// The name in English; the same as `code_name` in JSON.
    pub name: &'static str,
    /// Who may send it.
    pub sender: Sender,
    /// Whether it may stand on the wire.
    pub wire: Wire,
    /// What a browser's CloseEvent says in `wasClean`; `None` where no conforming peer causes the event.
    pub was_clean: Option<bool>,
    /// Whether a page may pass it to `WebSocket.close()` (1000 and 3000–4999: WHATWG WebSockets).
    pub script_may_send: bool,
    /// Whether to reconnect.
    pub reconnect: Reconnect,
    /// How bad it is, when it says what it usually means.
    pub severity: Severity,
    /// The cause that it usually stands for.
    pub cause: Cause,
    /// Where it is defined.
    pub reference: &'static str,
}

impl CodeFacts {
    /// Whether this is an entry for a range and not for one code.
    pub const fn is_range(&self) -> bool {
        self.first != self.last
    }

    /// `1006`, or `3000-3999`: the name of its page.
    pub fn page(&self) -> String {
        match self.is_range() {
            true => format!("{}-{}", self.first, self.last),
            false => self.first.to_string(),
        }
    }
}

const fn code(
    code: u16,
    name: &'static str,
    sender: Sender,
    wire: Wire,
    reconnect: Reconnect,
    severity: Severity,
    cause: Cause,
) -> CodeFacts {
    CodeFacts {
        first: code,
        last: code,
        name,
        sender,
        wire,
        was_clean: match (code, wire) {
            (1005, _) | (_, Wire::Allowed) => Some(true),
            (1006, _) => Some(false),
            _ => None,
        },
        script_may_send: code == 1000 || (code >= 3000 && code <= 4999),
        reconnect,
        severity,
        cause,
        reference: match code {
            1012..=1014 => "IANA WebSocket Close Code Number Registry (hybi mailing list)",
            3000.. => "IANA WebSocket Close Code Number Registry",
            _ => "RFC 6455 §7.4.1",
        },
    }
}

const fn range(
    first: u16,
    last: u16,
    name: &'static str,
    sender: Sender,
    wire: Wire,
    reconnect: Reconnect,
    cause: Cause,
) -> CodeFacts {
    let allowed = matches!(wire, Wire::Allowed);
    CodeFacts {
        first,
        last,
        name,
        sender,
        wire,
        was_clean: if allowed { Some(true) } else { None },
        script_may_send: allowed,
        reconnect,
        severity: if allowed { Severity::Notice } else { Severity::Error },
        cause,
        reference: "RFC 6455 §7.4.2",
    }
}

/// Every registered code, ascending.
pub const CODES: &[CodeFacts] = {
    use Sender::{Client, Either, Nobody, Server};
    use Severity::{Error, Notice, Ok, Warning};
    use Wire::{Allowed, ApiOnly, Reserved};
    &[
        code(1000, "Normal Closure", Either, Allowed, Reconnect::NO, Ok, Cause::Normal),
        code(1001, "Going Away", Either, Allowed, Reconnect::backoff(1, 30), Notice, Cause::ServerShutdown),
        code(1002, "Protocol Error", Either, Allowed, Reconnect::conditional(5, 60), Error, Cause::ProtocolError),
        code(1003, "Unsupported Data", Either, Allowed, Reconnect::NO, Error, Cause::UnsupportedData),
        code(1004, "Reserved", Nobody, Reserved, Reconnect::backoff(1, 30), Error, Cause::IllegalClose),
        code(1005, "No Status Received", Nobody, ApiOnly, Reconnect::conditional(1, 30), Ok, Cause::NoStatus),
        code(1006, "Abnormal Closure", Nobody, ApiOnly, Reconnect::backoff(1, 30), Error, Cause::Unknown),
        code(1007, "Invalid Frame Payload Data", Either, Allowed, Reconnect::NO, Error, Cause::InvalidUtf8),
        code(
            1008,
            "Policy Violation",
            Either,
            Allowed,
            Reconnect::conditional(5, 300),
            Warning,
            Cause::PolicyViolation,
        ),
        code(1009, "Message Too Big", Either, Allowed, Reconnect::conditional(1, 30), Warning, Cause::MessageTooBig),
        code(1010, "Mandatory Extension", Client, Allowed, Reconnect::NO, Warning, Cause::MissingExtension),
        code(1011, "Internal Error", Either, Allowed, Reconnect::backoff(1, 60), Error, Cause::InternalError),
        code(1012, "Service Restart", Server, Allowed, Reconnect::short_delay(1, 5), Notice, Cause::ServiceRestart),
        code(1013, "Try Again Later", Server, Allowed, Reconnect::backoff(1, 300), Warning, Cause::Overloaded),
        code(1014, "Bad Gateway", Server, Allowed, Reconnect::backoff(1, 60), Error, Cause::BadGateway),
        code(1015, "TLS Handshake", Nobody, ApiOnly, Reconnect::conditional(5, 300), Error, Cause::TlsFailed),
        code(3000, "Unauthorized", Server, Allowed, Reconnect::conditional(1, 30), Warning, Cause::Unauthorized),
        code(3003, "Forbidden", Server, Allowed, Reconnect::NO, Warning, Cause::Forbidden),
        code(3008, "Timeout", Either, Allowed, Reconnect::backoff(1, 30), Warning, Cause::Timeout),
    ]
};

const NOT_USED: CodeFacts =
    range(0, 999, "Not used", Sender::Nobody, Wire::Forbidden, Reconnect::conditional(5, 60), Cause::IllegalClose);

/// The ranges, ascending; together with [`CODES`] they cover every number.
pub const RANGES: &[CodeFacts] = {
    use Sender::{Either, Nobody};
    use Wire::{Allowed, Forbidden, Unassigned};
    let fix_first = Reconnect::conditional(5, 60);
    let by_vocabulary = Reconnect::conditional(1, 30);
    &[
        NOT_USED,
        range(1016, 2999, "Unassigned", Nobody, Unassigned, fix_first, Cause::IllegalClose),
        range(3000, 3999, "Registered Use", Either, Allowed, by_vocabulary, Cause::Application),
        range(4000, 4999, "Private Use", Either, Allowed, by_vocabulary, Cause::Application),
        range(5000, u16::MAX, "Outside the Registry", Nobody, Forbidden, fix_first, Cause::IllegalClose),
    ]
};

/// What is known about a code: its own entry, or that of its range.
pub fn facts(code: u16) -> &'static CodeFacts {
    let own = CODES.iter().find(|facts| facts.first == code);
    let of_range = || RANGES.iter().find(|facts| facts.first <= code && code <= facts.last);
    own.or_else(of_range).unwrap_or(&NOT_USED)
}

/// The English name of a registered code, as printed in `code_name`; a private code has none of its own.
pub fn code_name(code: u16) -> Option<&'static str> {
    CODES.iter().find(|facts| facts.first == code).map(|facts| facts.name)
}

/// Whether a Close frame may carry this code (RFC 6455 §7.4, and the registry).
pub fn may_stand_on_wire(code: u16) -> bool {
    facts(code).wire == Wire::Allowed
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_has_facts_of_its_own_range() {
        for code in 0..=u16::MAX {
            let facts = facts(code);
            assert!(facts.first <= code && code <= facts.last, "{code}");
        }
    }

    #[test]
    fn only_sendable_codes_may_stand_on_the_wire() {
        let sendable: Vec<u16> = (0..3000).filter(|code| may_stand_on_wire(*code)).collect();
        assert_eq!(sendable, [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014]);
        assert!((3000..5000).all(may_stand_on_wire));
        assert!(!(5000..=u16::MAX).any(may_stand_on_wire));
    }

    #[test]
    fn names() {
        assert_eq!(code_name(1006), Some("Abnormal Closure"));
        assert_eq!(code_name(1010), Some("Mandatory Extension"));
        assert_eq!(code_name(4401), None);
        assert_eq!(facts(4401).name, "Private Use");
        assert_eq!(facts(65535).page(), "5000-65535");
        assert_eq!(facts(1015).page(), "1015");
    }

    #[test]
    fn what_the_apis_may_show() {
        assert_eq!(facts(1005).was_clean, Some(true));
        assert_eq!(facts(1006).was_clean, Some(false));
        assert!(facts(1000).script_may_send && !facts(1001).script_may_send && facts(4000).script_may_send);
        assert!(!facts(5000).script_may_send);
    }
}
