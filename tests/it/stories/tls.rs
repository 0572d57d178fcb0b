//! TLS that never came up: what the alert in the clear says, at a server that is known to speak WebSocket.

use crate::story::check;

/// For example.test, TLS 1.2, one cipher.
const CLIENT_HELLO: &str = "1603010044010000400303000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f000002c02f0100001500000011000f00000c6578616d706c652e74657374";
/// TLS 1.2, that cipher.
const SERVER_HELLO: &str =
    "160303002a020000260303202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f00c02f00";

/// The server speaks WebSocket: another connection has shown it.
const KNOWN: &str = "0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
    1.000 server close 1001 / client close 1001 / server FIN / client FIN
    2.000 #2 client SYN / server SYN-ACK / client ack";

/// RFC 8446 §6.2, RFC 5246 §7.2.2.
#[test]
fn alerts_name_the_cause() {
    let by_server = [(40, "tls-no-common-cipher"), (70, "tls-version"), (112, "tls-name-mismatch")];
    for (alert, cause) in by_server {
        check(
            &format!(
                "{KNOWN}\n 2.100 #2 client raw {CLIENT_HELLO} / server raw 150303000202{alert:02x} + FIN / client FIN"
            ),
            ["at /chat · 1001", &format!("handshake none · 1015 no close frame · server ended · {cause}")],
        );
    }
    for (alert, cause) in [(48, "tls-untrusted-ca"), (45, "tls-expired-certificate")] {
        check(
            &format!(
                "{KNOWN}\n 2.100 #2 client raw {CLIENT_HELLO} / server raw {SERVER_HELLO} / client raw 150303000202{alert:02x} + FIN / server FIN"
            ),
            ["at /chat · 1001", &format!("handshake none · 1015 no close frame · client ended · {cause}")],
        );
    }
}
