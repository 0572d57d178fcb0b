//! Reason texts that tell more than their code: what an implementation always writes in one situation.
//!
//! Sources: the implementations' own code and measurements, as listed with each cause's page.

use crate::catalogue::Cause;
use crate::wire::websocket::CloseCode;

/// What a known reason says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Known {
    /// Code it comes with; None for any.
    code: Option<u16>,
    text: Text,
    /// Who writes it.
    pub product: &'static str,
    /// What it means.
    pub cause: Cause,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Text {
    Whole(&'static str),
    /// Begins and ends so.
    Around(&'static str, &'static str),
}

const fn known(code: u16, text: Text, product: &'static str, cause: Cause) -> Known {
    Known { code: Some(code), text, product, cause }
}

const TABLE: &[Known] = &[
    known(1011, Text::Whole("keepalive ping timeout"), "websockets, uvicorn, sanic", Cause::KeepaliveTimeout),
    known(1000, Text::Whole("ping timed out"), "Tornado", Cause::KeepaliveTimeout),
    known(1001, Text::Whole("No response from ping frame."), "Deno", Cause::KeepaliveTimeout),
    known(1000, Text::Whole("heartbeat timeout"), "phoenix.js", Cause::KeepaliveTimeout),
    known(1001, Text::Whole("Stale Connection"), "nats-server", Cause::KeepaliveTimeout),
    known(1000, Text::Whole("please reconnect"), "uWebSockets (maxLifetime)", Cause::LifetimeLimit),
    known(1001, Text::Whole("Connection Idle Timeout"), "Jetty", Cause::IdleTimeout),
    known(1001, Text::Around("The WebSocket session [", "idle timeout expired"), "Tomcat", Cause::IdleTimeout),
    known(1001, Text::Whole("Container being shut down"), "Jetty", Cause::ServerShutdown),
    known(1001, Text::Whole("The web application is stopping"), "Tomcat", Cause::ServerShutdown),
    known(1001, Text::Whole("The server is stopping"), "Tomcat", Cause::ServerShutdown),
    known(1001, Text::Whole("Server Shutdown"), "nats-server", Cause::ServerShutdown),
    known(
        1003,
        Text::Whole("Received unmasked frame but masking is required"),
        "faye websocket-driver",
        Cause::ProtocolError,
    ),
];

/// What `reason` says with `code`, if it is known.
pub(super) fn look_up(code: CloseCode, reason: &str) -> Option<&'static Known> {
    TABLE.iter().find(|known| {
        known.code.is_none_or(|expected| expected == code.0)
            && match known.text {
                Text::Whole(text) => reason == text,
                Text::Around(start, end) => reason.starts_with(start) && reason.ends_with(end),
            }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_counts_only_whole_and_with_its_code() {
        let tomcat = "The WebSocket session [3] idle timeout expired";
        assert_eq!(look_up(CloseCode(1001), tomcat).unwrap().cause, Cause::IdleTimeout);
        assert_eq!(look_up(CloseCode(1011), "keepalive ping timeout").unwrap().cause, Cause::KeepaliveTimeout);
        assert_eq!(look_up(CloseCode(1000), "keepalive ping timeout"), None);
        assert_eq!(look_up(CloseCode(1011), "no keepalive ping timeout here"), None);
    }
}
