//! Time ran out: idle limits, pings without pongs, a Close without an echo.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

#[test]
fn idle_proxy_cuts_after_a_minute() {
    check(
        "
        0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
        1.000 client text 5
        61.000 server FIN / client FIN",
        [
            "1006 no close frame · server ended with FIN after 60.0 s of silence · transport fin from server · not clean · client saw 1006 · server saw 1006 · idle-timeout",
        ],
    );
}

/// The other side's reading is no life sign of its own: ACKs do not end a silence.
#[test]
fn acknowledgments_are_silence() {
    check(
        &format!("{OPEN} 1.000 server text 5 / client ack\n 20.000 client ack\n 31.000 server FIN / client FIN"),
        ["1006 · server ended with FIN after 30.0 s of silence"],
    );
}

#[test]
fn a_pong_is_a_life_sign() {
    check(
        &format!("{OPEN} 1.000 client text 5\n 30.000 server ping / client pong\n 61.200 server FIN / client FIN"),
        ["1006 · server ended with FIN after 31.2 s of silence"],
    );
}

/// A private code may say it outright; the silence is there all the same.
#[test]
fn an_idle_close_with_a_code() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5\n 61.000 server close 4408 \"idle\" / client close 4408 / server FIN / client FIN"
        ),
        ["4408 \"idle\" · server ended with a Close after 60.0 s of silence · clean"],
    );
}

#[test]
fn pings_that_nobody_answers() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5 / server ping \"a\" / client pong \"a\"
             21.000 server ping \"b\" / client ack
             41.000 server FIN / client FIN"
        ),
        ["1006 · server ended with FIN after 20.0 s of silence · keepalive-timeout"],
    );
}

#[test]
fn an_answered_ping_is_no_timeout() {
    check(
        &format!("{OPEN} 1.000 server ping \"a\" / client pong \"a\"\n 1.700 server FIN / client FIN"),
        ["1006 · server ended with FIN · closed-without-close-frame"],
    );
}

#[test]
fn the_echo_never_comes() {
    check(
        &format!("{OPEN} 1.000 server close 1000 / client ack\n 11.000 server FIN / client FIN"),
        [
            "1000 · server close 1000 · server ended with a Close · not clean · client saw 1000 · server saw 1006 · close-handshake-timeout",
        ],
    );
}

#[test]
fn the_handshake_is_never_answered() {
    check(
        "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server ack
         10.000 client FIN / server FIN",
        ["handshake incomplete · 1006 no close frame · client ended with FIN · client saw 1006 · handshake-unanswered"],
    );
}

/// Busy until the end, and cut at a round age: not silence, but a maximum age.
#[test]
fn an_hour_is_all_it_may_last() {
    let chatter: String =
        (0..60).map(|minute| format!("\n{}.000 client text 5 / server text 5", 59 + minute * 60)).collect();
    check(
        &format!("{OPEN} {chatter}\n 3600.003 server FIN / client FIN"),
        ["1006 no close frame · server ended with FIN after 1.0 s of silence · lifetime-limit"],
    );
}
