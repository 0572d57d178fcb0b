//! A Close frame was sent: its code, its sender, its answer.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

#[test]
fn the_client_closes_with_1000() {
    check(
        r#"
        0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
        1.000 client text 5 / server text 5
        2.000 client close 1000 "bye" / server close 1000 "bye" / server FIN / client FIN"#,
        [
            r#"at /chat · 1000 "bye" · client close 1000 "bye" · server close 1000 "bye" · client ended with a Close after 1.0 s of silence · transport fin from server · clean · client saw 1000 "bye" · server saw 1000 "bye" · normal (certain)"#,
        ],
    );
}

#[test]
fn the_server_closes_with_1000() {
    check(
        &format!("{OPEN} 2.000 server close 1000 / client close 1000 / server FIN / client FIN"),
        [
            "1000 · server close 1000 · client close 1000 · server ended with a Close · transport fin from server · clean · normal",
        ],
    );
}

/// RFC 6455 §7.1.5: a Close frame without a body is 1005, for both APIs.
#[test]
fn an_empty_close_is_1005() {
    check(
        &format!("{OPEN} 2.000 client close empty / server close empty / server FIN / client FIN"),
        [
            "1005 · client close empty · server close empty · client ended with a Close · clean · client saw 1005 · server saw 1005 · no-status",
        ],
    );
}

#[test]
fn a_page_is_left() {
    check(
        &format!("{OPEN} 2.000 client close 1001 / server close 1001 / server FIN / client FIN"),
        ["1001 · client ended · clean · page-left (certain)"],
    );
}

#[test]
fn a_server_goes_away() {
    check(
        &format!("{OPEN} 2.000 server close 1001 \"going down\" / client close 1001 / server FIN / client FIN"),
        [
            "1001 \"going down\" · server ended · clean · client saw 1001 \"going down\" · server saw 1001 · server-shutdown",
        ],
    );
}

/// The code is that of the first Close; each API reports the one it received (RFC 6455 §7.1.5).
#[test]
fn the_answer_carries_another_code() {
    check(
        &format!("{OPEN} 2.000 server close 4401 \"token expired\" / client close 1000 / server FIN / client FIN"),
        [
            "4401 \"token expired\" · server ended · clean · client saw 4401 \"token expired\" · server saw 1000 · application",
        ],
    );
}

#[test]
fn registered_codes_name_their_cause() {
    let codes = [
        (1003, "unsupported-data"),
        (1008, "policy-violation"),
        (1009, "message-too-big"),
        (1011, "internal-error"),
        (1012, "service-restart"),
        (1013, "overloaded"),
        (1014, "bad-gateway"),
        (3000, "unauthorized"),
        (3003, "forbidden"),
        (3008, "timeout"),
        (3999, "application"),
        (4999, "application"),
    ];
    for (code, cause) in codes {
        check(
            &format!(
                "{OPEN} 2.000 client text 5 / server close {code} / client close {code} / server FIN / client FIN"
            ),
            [&format!("{code} · server close {code} · server ended · clean · client saw {code} · {cause}")],
        );
    }
}

/// 1010 is the client's word: an extension that it needs was not agreed.
#[test]
fn the_client_misses_an_extension() {
    check(
        &format!("{OPEN} 2.000 client close 1010 / server close 1010 / server FIN / client FIN"),
        ["1010 · client ended · clean · missing-extension"],
    );
}

/// Both sent theirs before either had heard the other's: the first on the wire gives the code.
#[test]
fn both_close_at_once() {
    check(
        &format!(
            "{OPEN} 2.000 client close 1000 \"mine\" / server close 1001 \"yours\" crossing / client FIN / server FIN"
        ),
        [
            "1000 \"mine\" · client close 1000 · server close 1001 · clean · client saw 1001 \"yours\" · server saw 1000 \"mine\"",
        ],
    );
}

/// The echo is captured before the Close it answers: what had been acknowledged tells the order.
#[test]
fn the_echo_is_captured_first() {
    check(
        &format!("{OPEN} 2.000 late: server close 1000 / client close 1000 / server FIN / client FIN"),
        ["1000 · server close 1000 · client close 1000 · server ended with a Close · clean"],
    );
}

#[test]
fn a_close_in_the_segment_of_the_last_message() {
    check(
        &format!("{OPEN} 2.000 client text 20 + close 1000 + FIN / server close 1000 + FIN / client ack"),
        ["1000 · client ended with a Close · transport fin from client · clean"],
    );
}

#[test]
fn a_close_byte_by_byte() {
    check(
        &format!(
            "{OPEN} 2.000 client close 1000 \"bye\" by 1 / server close 1000 \"bye\" by 3 / server FIN / client FIN"
        ),
        ["1000 \"bye\" · clean · normal"],
    );
}

/// Only one side said it: the code stands, the end is not clean, and who sent it saw 1006.
#[test]
fn a_close_that_nobody_answers() {
    check(
        &format!("{OPEN} 2.000 server close 1011 \"boom\" + FIN / client FIN"),
        ["1011 \"boom\" · server close 1011 · server ended · not clean · client saw 1011 \"boom\" · server saw 1006"],
    );
}

/// RFC 6455 §5.5.1: what follows the own Close counts for nothing.
#[test]
fn a_second_close_is_ignored() {
    check(
        &format!("{OPEN} 2.000 server close 1000 / server close 1011 / client close 1000 / server FIN / client FIN"),
        ["1000 · server close 1000 · server close 1011 ignored · client close 1000 · breach second-close by server"],
    );
}

/// A Close sent after the other side's FIN reaches nobody: 1006.
#[test]
fn a_close_after_the_other_sides_fin() {
    check(
        &format!("{OPEN} 2.000 client FIN / server close 1011 / client RST"),
        [
            "1006 · server close 1011 ignored · client ended with FIN · transport fin from client · not clean · client saw 1006 · server saw 1006",
        ],
    );
}

#[test]
fn a_proxys_fin_overtakes_the_echo() {
    check(
        &format!("{OPEN} 2.000 server close 1000 / server FIN / client close 1000 / client FIN"),
        ["1000 · server close 1000 · client close 1000 · server ended with a Close · clean"],
    );
}

#[test]
fn a_close_between_the_fragments_of_a_message() {
    check(
        &format!("{OPEN} 2.000 client text 5 more / client close 1001 / server close 1001 / server FIN / client FIN"),
        ["1001 · client close 1001 · clean · page-left"],
    );
}

/// A reason is text of the network: it goes through as it is, and only the reports escape it.
#[test]
fn a_reason_with_control_characters() {
    check(
        &format!("{OPEN} 2.000 server close 4000 \"\\e[2Jgone\" / client close 4000 / server FIN / client FIN"),
        ["4000 \"\u{1b}[2Jgone\" · clean"],
    );
}
