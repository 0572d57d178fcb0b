//! It never opened, or opened strangely: answers, headers, requests before and after.

use crate::story::check;

const TCP: &str = "0.000 client SYN / server SYN-ACK / client ack\n";

#[test]
fn refused_with_403() {
    check(
        &format!("{TCP} 0.100 client GET /chat upgrade / server 403 \"no\" + FIN / client FIN"),
        [
            "at /chat · handshake refused 403 · 1006 no close frame · server ended · client saw 1006 · handshake-refused (certain)",
        ],
    );
}

/// Redirects are not followed by browsers (RFC 6455 §4.1 leaves it to them): refused like any other status.
#[test]
fn refused_with_a_redirect() {
    check(
        &format!("{TCP} 0.100 client GET /chat upgrade / server 301 with \"Location: /other\" + FIN / client FIN"),
        ["handshake refused 301 · 1006 no close frame · handshake-refused"],
    );
}

#[test]
fn the_gateway_has_nobody_behind_it() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade / server 502 \"<h1>502 Bad Gateway</h1>\" with \"Server: nginx/1.24.0\" + FIN / client FIN"
        ),
        ["handshake refused 502 · 1006 · proxy ended · handshake-refused"],
    );
}

#[test]
fn asked_for_credentials_first() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade / server 401
             0.200 client GET /chat upgrade with \"Authorization: Basic Zm9vOmJhcg==\" / server 101
             1.000 client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        ["at /chat · after [401] · 1000 · clean · normal"],
    );
}

#[test]
fn pages_before_the_upgrade() {
    check(
        &format!(
            "{TCP} 0.100 client GET /index.html / server 200 \"<html>\" / client GET /style.css / server 404 \"none\"
             0.200 client GET /chat upgrade / server 101
             1.000 client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        ["at /chat · 1000 · clean"],
    );
}

#[test]
fn a_wrong_accept_that_the_client_rejects() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade / server 101 accept \"bm90IHRoZSBhbnN3ZXI=\" / client FIN / server FIN"
        ),
        [
            "handshake refused 101 · problem accept-wrong · 1006 no close frame · client ended with FIN · handshake-invalid",
        ],
    );
}

#[test]
fn a_subprotocol_that_was_not_asked_for() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade / server 101 with \"Sec-WebSocket-Protocol: mqtt\" / client FIN / server FIN"
        ),
        ["handshake refused 101 · problem subprotocol-not-offered · 1006 · handshake-invalid"],
    );
}

#[test]
fn a_hop_drops_the_upgrade_headers() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade without Upgrade without Connection / server 400 \"Expected Upgrade\" + FIN / client FIN"
        ),
        ["handshake refused 400 · problem upgrade-missing · problem connection-missing · 1006 · upgrade-stripped"],
    );
}

/// Frames in the segment of the 101 belong to the WebSocket, not to the answer's body.
#[test]
fn frames_behind_the_101() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade / server 101 + text 5 + close 4000 \"early\" / client close 4000 / server FIN / client FIN"
        ),
        ["4000 \"early\" · server close 4000 · clean"],
    );
}

#[test]
fn heads_split_anywhere() {
    check(
        &format!(
            "{TCP} 0.100 client GET /chat upgrade by 7 / server 101 by 3\n 1.000 client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        ["at /chat · 1000 · clean"],
    );
}

/// An upgrade that stands in the body of another request is none.
#[test]
fn an_upgrade_inside_a_body() {
    check(
        &format!(
            "{TCP} 0.100 client POST /log with \"Content-Length: 76\" + says \"GET /x HTTP/1.1\\r\\nUpgrade: websocket\\r\\nConnection: Upgrade\\r\\nHost: x\\r\\n\\r\\n....\"
             0.200 server 200 \"ok\" + FIN / client FIN"
        ),
        [],
    );
}

#[test]
fn ordinary_pages_are_no_business_of_ours() {
    check(&format!("{TCP} 0.100 client GET /index.html / server 200 \"hello\" + FIN / client FIN"), []);
}

#[test]
fn the_answer_is_no_http() {
    check(
        &format!("{TCP} 0.100 client GET /chat upgrade / server says \"SSH-2.0-OpenSSH_9.6\\r\\n\" + FIN / client FIN"),
        ["1006 no close frame · client saw 1006 · handshake-invalid"],
    );
}

/// A refused SYN says nothing of WebSockets, until another connection shows what that server speaks.
#[test]
fn a_refused_syn_at_a_known_server() {
    check(
        "
        0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
        1.000 server close 1001 / client close 1001 / server FIN / client FIN
        2.000 #2 client SYN / server RST
        3.000 #2 client SYN / server RST",
        [
            "at /chat · 1001",
            "handshake none · 1006 no close frame · connect-refused",
            "handshake none · 1006 · connect-refused",
        ],
    );
}

/// Three repetitions are enough to call it unanswered, as with a blackhole.
#[test]
fn a_syn_that_is_never_answered() {
    check(
        "
        0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
        1.000 server close 1001 / client close 1001 / server FIN / client FIN
        2.000 #2 client SYN
        3.000 #2 client repeats 4",
        ["at /chat · 1001", "handshake none · network ended · connect-timeout"],
    );
}

#[test]
fn a_refused_syn_at_an_unknown_server() {
    check("0.000 client SYN / server RST", []);
}
