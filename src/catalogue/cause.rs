//! The causes that the tool can name: stable ids, how bad each is, and whether to reconnect after it.
//!
//! Ids are published (CONTRACT.md): scripts and dashboards depend on them. What each cause means to a person stands in
//! the pages of `causes/`, never here.

use super::reconnect::Reconnect;

macro_rules! causes {
    ($($variant:ident $id:literal $severity:ident, $reconnect:expr, $doc:literal;)*) => {
        /// Why a connection ended, or never opened.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum Cause { $(#[doc = $doc] $variant,)* }

        impl Cause {
            /// Every cause, in the order of the contract.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable id, as printed in JSON.
            pub const fn id(self) -> &'static str {
                match self { $(Self::$variant => $id,)* }
            }

            /// The cause with this id.
            pub fn from_id(id: &str) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)* _ => None }
            }

            /// Whether and when to connect again after it.
            pub const fn reconnect(self) -> Reconnect {
                match self { $(Self::$variant => $reconnect,)* }
            }

            const fn usual_severity(self) -> Severity {
                match self { $(Self::$variant => Severity::$severity,)* }
            }
        }
    };
}

causes! {
    // A Close frame was sent.
    Normal "normal" Ok, Reconnect::NO, "1000: the work was done.";
    PageLeft "page-left" Ok, Reconnect::NO, "1001 from a client: the page was left, reloaded or its browser closed.";
    ServerShutdown "server-shutdown" Notice, Reconnect::backoff(1, 30), "1001 from a server that is going down.";
    ServiceRestart "service-restart" Notice, Reconnect::short_delay(1, 5), "1012: a restart that was announced.";
    NoStatus "no-status" Ok, Reconnect::conditional(1, 30), "An empty Close frame: orderly, without a code.";
    ProtocolError "protocol-error" Error, Reconnect::conditional(5, 60), "1002: a framing or handshake rule was broken.";
    UnsupportedData "unsupported-data" Error, Reconnect::NO, "1003: a kind of message that the receiver cannot take.";
    InvalidUtf8 "invalid-utf8" Error, Reconnect::NO, "1007: text that is not UTF-8, or data that do not inflate.";
    PolicyViolation "policy-violation" Warning, Reconnect::conditional(5, 300), "1008: the generic refusal.";
    MessageTooBig "message-too-big" Warning, Reconnect::conditional(1, 30), "A message over the receiver's limit.";
    MissingExtension "missing-extension" Warning, Reconnect::NO, "1010: the client needs an extension that was not agreed.";
    InternalError "internal-error" Error, Reconnect::backoff(1, 60), "1011: an endpoint failed while serving.";
    Overloaded "overloaded" Warning, Reconnect::backoff(1, 300), "1013: too much load, come back later.";
    BadGateway "bad-gateway" Error, Reconnect::backoff(1, 60), "1014: the server behind a gateway answered badly.";
    Unauthorized "unauthorized" Warning, Reconnect::conditional(1, 30), "3000: credentials missing or refused.";
    Forbidden "forbidden" Warning, Reconnect::NO, "3003: known, but not allowed.";
    Timeout "timeout" Warning, Reconnect::backoff(1, 30), "3008: the application waited too long.";
    Application "application" Notice, Reconnect::conditional(1, 30), "A private code (3000-4999) with the application's own meaning.";
    IllegalClose "illegal-close" Error, Reconnect::conditional(5, 60), "A Close frame that must not be sent.";
    // No Close frame, or not only the Close frame.
    IdleTimeout "idle-timeout" Warning, Reconnect::backoff(1, 30), "Somebody on the path ended a connection that was silent for too long.";
    LifetimeLimit "lifetime-limit" Warning, Reconnect::short_delay(0, 5), "The connection reached a maximum age, silent or not.";
    KeepaliveTimeout "keepalive-timeout" Warning, Reconnect::backoff(1, 30), "Pings stayed unanswered.";
    ProcessEnded "process-ended" Error, Reconnect::backoff(1, 30), "The process behind an endpoint was killed or crashed.";
    ClosedWithoutCloseFrame "closed-without-close-frame" Error, Reconnect::backoff(1, 30), "TCP was shut in good order, the closing handshake was skipped.";
    Aborted "aborted" Error, Reconnect::backoff(1, 30), "An endpoint reset the connection.";
    NetworkBlackhole "network-blackhole" Error, Reconnect::backoff(1, 30), "One side sent into silence: the path or the other host is gone.";
    MiddleboxReset "middlebox-reset" Error, Reconnect::backoff(1, 30), "A reset that did not come from the endpoint it names.";
    ProxyRestart "proxy-restart" Error, Reconnect::backoff(1, 30), "A proxy or balancer was reloaded, restarted or stopped.";
    UpstreamLost "upstream-lost" Error, Reconnect::backoff(1, 30), "A proxy lost the connection behind it.";
    CloseHandshakeTimeout "close-handshake-timeout" Warning, Reconnect::conditional(1, 30), "A Close frame was never answered.";
    TruncatedFrame "truncated-frame" Error, Reconnect::backoff(1, 30), "The stream ended inside a frame or message.";
    Http2Reset "http2-reset" Error, Reconnect::backoff(1, 30), "The HTTP/2 stream that carried the WebSocket was reset.";
    Http2Goaway "http2-goaway" Error, Reconnect::backoff(1, 30), "The HTTP/2 connection that carried the WebSocket went away.";
    // Never opened.
    HandshakeRefused "handshake-refused" Warning, Reconnect::conditional(5, 60), "An HTTP status other than 101 answered the upgrade.";
    UpgradeStripped "upgrade-stripped" Warning, Reconnect::NO, "A hop dropped the Upgrade headers.";
    HandshakeInvalid "handshake-invalid" Error, Reconnect::NO, "A 101 that the client must reject, or an answer that is not HTTP.";
    HandshakeUnanswered "handshake-unanswered" Error, Reconnect::backoff(1, 60), "The upgrade request got no answer.";
    ConnectRefused "connect-refused" Error, Reconnect::backoff(1, 30), "Nothing listens there: the SYN was refused.";
    ConnectTimeout "connect-timeout" Error, Reconnect::backoff(1, 60), "The SYN was never answered.";
    TlsFailed "tls-failed" Error, Reconnect::conditional(5, 300), "The TLS handshake failed.";
    TlsUntrustedCa "tls-untrusted-ca" Error, Reconnect::NO, "The certificate's issuer is not trusted.";
    TlsExpiredCertificate "tls-expired-certificate" Error, Reconnect::NO, "The certificate is out of date.";
    TlsNameMismatch "tls-name-mismatch" Error, Reconnect::NO, "The certificate or server does not know the name.";
    TlsVersion "tls-version" Error, Reconnect::NO, "No TLS version that both sides speak.";
    TlsNoCommonCipher "tls-no-common-cipher" Error, Reconnect::NO, "No cipher, group or signature that both sides accept.";
    TlsToPlainPort "tls-to-plain-port" Error, Reconnect::NO, "A TLS hello sent to a port that speaks plain text.";
    PlainToTlsPort "plain-to-tls-port" Error, Reconnect::NO, "Plain HTTP sent to a port that speaks TLS.";
    // Otherwise.
    StillOpen "still-open" Ok, Reconnect::NO, "Not ended when the capture did.";
    CaptureIncomplete "capture-incomplete" Notice, Reconnect::conditional(1, 30), "The capture lost what would decide.";
    Unknown "unknown" Warning, Reconnect::backoff(1, 30), "It ended, and nothing seen says why.";
}

impl Cause {
    /// The general cause that this one belongs to; itself where there is none.
    pub const fn family(self) -> Self {
        match self {
            Self::TlsUntrustedCa
            | Self::TlsExpiredCertificate
            | Self::TlsNameMismatch
            | Self::TlsVersion
            | Self::TlsNoCommonCipher
            | Self::TlsToPlainPort
            | Self::PlainToTlsPort => Self::TlsFailed,
            general => general,
        }
    }

    /// How bad it is. A client that skips the closing handshake is common; a server that does so has a fault.
    pub const fn severity(self, ended_by: EndedBy) -> Severity {
        match (self, ended_by) {
            (Self::ClosedWithoutCloseFrame, EndedBy::Client) => Severity::Notice,
            (cause, _) => cause.usual_severity(),
        }
    }
}

/// How much attention an ending deserves, from least to most.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Severity {
    /// Nothing to do.
    Ok,
    /// Worth knowing, nothing is broken.
    Notice,
    /// Something should be changed before long.
    Warning,
    /// Something is broken.
    Error,
}

impl Severity {
    /// Every severity, from least to most.
    pub const ALL: &'static [Self] = &[Self::Ok, Self::Notice, Self::Warning, Self::Error];

    /// The word printed in JSON and taken by `--fail-on`.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Notice => "notice",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }

    /// The severity with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|severity| severity.id() == id)
    }
}

/// Whose act ended the connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum EndedBy {
    /// The side that opened it.
    Client,
    /// The side that was asked.
    Server,
    /// A proxy or balancer, on its own account.
    Proxy,
    /// The path between them.
    Network,
    /// The capture does not tell.
    Unknown,
}

impl EndedBy {
    /// Every value.
    pub const ALL: &'static [Self] = &[Self::Client, Self::Server, Self::Proxy, Self::Network, Self::Unknown];

    /// The word printed in JSON.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Client => "client",
            Self::Server => "server",
            Self::Proxy => "proxy",
            Self::Network => "network",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONTRACT: &str = "
        normal · page-left · server-shutdown · service-restart · no-status · protocol-error · unsupported-data ·
        invalid-utf8 · policy-violation · message-too-big · missing-extension · internal-error · overloaded ·
        bad-gateway · unauthorized · forbidden · timeout · application · illegal-close · idle-timeout ·
        lifetime-limit · keepalive-timeout · process-ended · closed-without-close-frame · aborted ·
        network-blackhole · middlebox-reset · proxy-restart · upstream-lost · close-handshake-timeout ·
        truncated-frame · http2-reset · http2-goaway · handshake-refused · upgrade-stripped · handshake-invalid ·
        handshake-unanswered · connect-refused · connect-timeout · tls-failed · tls-untrusted-ca ·
        tls-expired-certificate · tls-name-mismatch · tls-version · tls-no-common-cipher · tls-to-plain-port ·
        plain-to-tls-port · still-open · capture-incomplete · unknown";

    #[test]
    fn ids_are_those_of_the_contract() {
        let ids: Vec<&str> = Cause::ALL.iter().map(|cause| cause.id()).collect();
        let contract: Vec<&str> = CONTRACT.split('·').map(str::trim).collect();
        assert_eq!(ids, contract);
    }

    #[test]
    fn ids_lead_back_to_their_cause() {
        for cause in Cause::ALL {
            assert_eq!(Cause::from_id(cause.id()), Some(*cause));
        }
        assert_eq!(Cause::from_id("nothing-like-it"), None);
    }

    #[test]
    fn families() {
        let in_tls = Cause::ALL.iter().filter(|cause| cause.family() == Cause::TlsFailed).count();
        assert_eq!(in_tls, 8);
        assert!(Cause::ALL.iter().all(|cause| cause.family().family() == cause.family()));
        assert_eq!(Cause::IdleTimeout.family(), Cause::IdleTimeout);
    }

    #[test]
    fn severities_are_those_of_the_contract() {
        let of = |severity: Severity| -> Vec<&str> {
            let by = EndedBy::Server;
            Cause::ALL.iter().filter(|cause| cause.severity(by) == severity).map(|cause| cause.id()).collect()
        };
        assert_eq!(of(Severity::Ok), ["normal", "page-left", "no-status", "still-open"]);
        assert_eq!(of(Severity::Notice), ["server-shutdown", "service-restart", "application", "capture-incomplete"]);
        assert_eq!(of(Severity::Warning).len(), 14);
        assert_eq!(of(Severity::Error).len(), 50 - 4 - 4 - 14);
        let skipped = Cause::ClosedWithoutCloseFrame;
        assert_eq!(skipped.severity(EndedBy::Client), Severity::Notice);
        assert_eq!(skipped.severity(EndedBy::Server), Severity::Error);
        assert_eq!(skipped.severity(EndedBy::Unknown), Severity::Error);
        assert_eq!(Severity::from_id("warning"), Some(Severity::Warning));
    }
}
