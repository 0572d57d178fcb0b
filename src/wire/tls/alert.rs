//! TLS alerts (RFC 8446 §6, RFC 5246 §7.2): level and description, with their names.

/// How serious an alert says it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct AlertLevel(pub u8);

impl AlertLevel {
    /// The connection may go on.
    pub const WARNING: Self = Self(1);
    /// The connection ends.
    pub const FATAL: Self = Self(2);

    /// Its name in the RFC.
    pub fn name(self) -> &'static str {
        match self {
            Self::WARNING => "warning",
            Self::FATAL => "fatal",
            _ => "unknown",
        }
    }
}

/// What an alert is about. Any number may come.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct AlertDescription(pub u8);

/// An alert as sent.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Alert {
    /// How serious. TLS 1.3 has no use for it (RFC 8446 §6).
    pub level: AlertLevel,
    /// What about.
    pub description: AlertDescription,
}

impl Alert {
    /// The alert in the body of an alert record, which holds exactly one (RFC 8446 §5.1).
    pub fn parse(body: &[u8]) -> Option<Self> {
        match body {
            [level @ 1..=2, description] => {
                Some(Self { level: AlertLevel(*level), description: AlertDescription(*description) })
            }
            _ => None,
        }
    }

    /// The alert in the record that `stream` starts with, where that is one in the clear: how a TLS server answers
    /// plain HTTP.
    pub fn parse_record(stream: &[u8]) -> Option<Self> {
        match stream {
            [21, 3, 0..=4, 0, 2, body @ ..] => Self::parse(body.get(..2)?),
            _ => None,
        }
    }

    /// Says goodbye rather than that something is wrong (RFC 8446 §6.1).
    pub fn is_closure(self) -> bool {
        matches!(self.description, AlertDescription::CLOSE_NOTIFY | AlertDescription::USER_CANCELED)
    }
}

macro_rules! descriptions {
    ($($(#[$doc:meta])* $constant:ident = $number:literal, $name:literal;)*) => {
        impl AlertDescription {
            $($(#[$doc])* pub const $constant: Self = Self($number);)*

            /// Its name in the registry; None for a number that has none.
            pub fn name(self) -> Option<&'static str> {
                Some(match self.0 {
                    $($number => $name,)*
                    _ => return None,
                })
            }
        }
    };
}

descriptions! {
    /// The sender will send no more.
    CLOSE_NOTIFY = 0, "close_notify";
    /// A message that does not belong here; plain HTTP is often answered with it.
    UNEXPECTED_MESSAGE = 10, "unexpected_message";
    /// A record that does not authenticate.
    BAD_RECORD_MAC = 20, "bad_record_mac";
    /// TLS 1.0.
    DECRYPTION_FAILED = 21, "decryption_failed";
    /// A record that is too long; plain HTTP read as a record is.
    RECORD_OVERFLOW = 22, "record_overflow";
    /// TLS 1.2 and below.
    DECOMPRESSION_FAILURE = 30, "decompression_failure";
    /// Nothing in common: suites, groups, signature schemes.
    HANDSHAKE_FAILURE = 40, "handshake_failure";
    /// SSL 3.0.
    NO_CERTIFICATE = 41, "no_certificate";
    /// A certificate that is corrupt, or whose signature is wrong.
    BAD_CERTIFICATE = 42, "bad_certificate";
    /// A certificate of a kind that is not supported.
    UNSUPPORTED_CERTIFICATE = 43, "unsupported_certificate";
    /// A certificate that was revoked.
    CERTIFICATE_REVOKED = 44, "certificate_revoked";
    /// A certificate that has expired or is not yet valid.
    CERTIFICATE_EXPIRED = 45, "certificate_expired";
    /// Another problem with the certificate; often its name.
    CERTIFICATE_UNKNOWN = 46, "certificate_unknown";
    /// A field that is inconsistent.
    ILLEGAL_PARAMETER = 47, "illegal_parameter";
    /// The chain does not lead to a trusted CA.
    UNKNOWN_CA = 48, "unknown_ca";
    /// A valid certificate that may not do this.
    ACCESS_DENIED = 49, "access_denied";
    /// A message that cannot be parsed.
    DECODE_ERROR = 50, "decode_error";
    /// A signature or Finished that is wrong.
    DECRYPT_ERROR = 51, "decrypt_error";
    /// SSL-era export ciphers.
    EXPORT_RESTRICTION = 60, "export_restriction";
    /// No version in common.
    PROTOCOL_VERSION = 70, "protocol_version";
    /// What is offered is too weak.
    INSUFFICIENT_SECURITY = 71, "insufficient_security";
    /// A fault of the sender's own.
    INTERNAL_ERROR = 80, "internal_error";
    /// A retry with a lower version than needed (RFC 7507).
    INAPPROPRIATE_FALLBACK = 86, "inappropriate_fallback";
    /// The user cancelled.
    USER_CANCELED = 90, "user_canceled";
    /// TLS 1.2: no negotiating again.
    NO_RENEGOTIATION = 100, "no_renegotiation";
    /// An extension that must be there is not.
    MISSING_EXTENSION = 109, "missing_extension";
    /// An extension that was not asked for.
    UNSUPPORTED_EXTENSION = 110, "unsupported_extension";
    /// The server has no such name (SNI).
    UNRECOGNIZED_NAME = 112, "unrecognized_name";
    /// A bad OCSP response.
    BAD_CERTIFICATE_STATUS_RESPONSE = 113, "bad_certificate_status_response";
    /// The PSK is not known.
    UNKNOWN_PSK_IDENTITY = 115, "unknown_psk_identity";
    /// The server wants a client certificate.
    CERTIFICATE_REQUIRED = 116, "certificate_required";
    /// No ALPN protocol in common.
    NO_APPLICATION_PROTOCOL = 120, "no_application_protocol";
    /// Encrypted ClientHello is required (RFC 9849).
    ECH_REQUIRED = 121, "ech_required";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alerts() {
        let alert = Alert::parse(&[2, 48]).unwrap();
        assert_eq!((alert.level.name(), alert.description.name()), ("fatal", Some("unknown_ca")));
        assert!(Alert::parse(&[1, 0]).unwrap().is_closure());
        assert_eq!(Alert::parse(&[2, 200]).unwrap().description.name(), None);
        for no_alert in [&[][..], &[2], &[3, 0], &[1, 0, 0]] {
            assert_eq!(Alert::parse(no_alert), None);
        }
    }

    #[test]
    fn an_alert_that_answers_plain_http() {
        assert_eq!(Alert::parse_record(b"\x15\x03\x01\x00\x02\x02\x46"), Alert::parse(&[2, 70]));
        assert_eq!(Alert::parse_record(b"\x15\x03\x01\x00\x02\x02"), None);
        assert_eq!(Alert::parse_record(b"HTTP/1.1 400"), None);
    }
}
