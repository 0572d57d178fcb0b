//! Rules of RFC 6455 that were broken: told, never fatal, and no Close is made of them.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";
const BYE: &str = "\n 3.000 client close 1000 / server close 1000 / server FIN / client FIN";

#[test]
fn breaches_by_their_section() {
    let breaches = [
        ("client text 5 unmasked", "unmasked-client-frame by client"),
        ("server text 5 masked", "masked-server-frame by server"),
        ("server text 5 rsv1", "rsv-without-extension by server"),
        ("server opcode 3 xyz", "reserved-opcode by server"),
        ("server ping 5 more", "fragmented-control by server"),
        ("server ping 126", "oversized-control by server"),
        ("server continuation 5", "unexpected-continuation by server"),
        ("server text 5 more / server text 5", "interleaved-message by server"),
        // 5 bytes, their length in 16 bits, and in 64.
        ("server raw 817e0005 6162636465", "non-minimal-length by server"),
        ("server raw 817f0000000000000005 6162636465", "non-minimal-length by server"),
        // 0xC3 begins a character of two bytes and 0x28 does not continue it.
        ("server raw 8102c328", "text-not-utf8 by server"),
    ];
    for (act, breach) in breaches {
        check(
            &format!("{OPEN} 1.000 {act} {BYE}"),
            [&format!("1000 · client close 1000 · server close 1000 · clean · breach {breach}")],
        );
    }
}

/// Control frames may stand between fragments, and characters may be cut by them (RFC 6455 §5.4).
#[test]
fn ping_between_fragments() {
    check(
        // "é" is cut in two.
        &format!("{OPEN} 1.000 server raw 0101c3 / server ping / client pong / server raw 8001a9 {BYE}"),
        ["1000 · clean · client saw 1000 · server saw 1000 · normal"],
    );
}

/// The one who answers the breach with 1002 ended it; the offender stands in the violations.
#[test]
fn a_breach_is_answered_with_1002() {
    check(
        &format!("{OPEN} 1.000 client text 5 unmasked / server close 1002 \"mask\" + FIN / client FIN"),
        [
            "1002 \"mask\" · server close 1002 · server ended with a Close · breach unmasked-client-frame by client · client saw 1002 \"mask\" · server saw 1006 · protocol-error",
        ],
    );
}

/// Codes that must not be sent give way to the answer (RFC 6455 §7.4.1).
#[test]
fn a_code_that_must_not_be_sent() {
    for code in [0, 999, 1004, 1005, 1006, 1015, 1016, 2999, 5000, 65535] {
        check(
            &format!("{OPEN} 1.000 client close {code} / server close 1002 + FIN / client FIN"),
            [&format!(
                "1002 · client close {code} · server close 1002 · not clean · breach close-bad-code by client · illegal-close"
            )],
        );
    }
}

#[test]
fn an_illegal_code_that_is_echoed_stands() {
    check(
        &format!("{OPEN} 1.000 server close 2999 / client close 2999 / server FIN / client FIN"),
        ["2999 · server close 2999 · client close 2999 · breach close-bad-code by server"],
    );
}

#[test]
fn an_illegal_code_and_tcp_dropped() {
    check(
        &format!("{OPEN} 1.000 client close 1006 / server FIN / client FIN"),
        ["1006 · client close 1006 · server ended with FIN · breach close-bad-code by client · illegal-close"],
    );
}

/// A body of one byte can hold no code (RFC 6455 §5.5.1): none is invented.
#[test]
fn a_close_of_one_byte() {
    check(
        &format!("{OPEN} 1.000 server raw 880103 / client close 1002 / client FIN / server FIN"),
        ["1002 · server close empty · client close 1002 · breach close-1-byte by server"],
    );
}

#[test]
fn a_reason_that_is_no_utf8() {
    check(
        &format!("{OPEN} 1.000 server raw 880403e8c328 / client close 1007 / client FIN / server FIN"),
        ["1007 · server close 1000 \"\u{fffd}(\" · client close 1007 · breach close-reason-utf8 by server"],
    );
}

#[test]
fn a_fragmented_close() {
    check(
        &format!("{OPEN} 1.000 server close 1000 more / client close 1002 / client FIN / server FIN"),
        ["1002 · client close 1002 · breach fragmented-control by server"],
    );
}

#[test]
fn data_after_the_close() {
    check(
        &format!("{OPEN} 1.000 server close 1000 / server text 5 / client close 1000 / server FIN / client FIN"),
        ["1000 · clean · breach data-after-close by server"],
    );
}

/// What the other side sends before it has heard of the Close is its right.
#[test]
fn data_towards_a_close_is_no_breach() {
    check(
        &format!("{OPEN} 1.000 server close 1000 / client text 5 / client close 1000 / server FIN / client FIN"),
        ["1000 · clean · client saw 1000 · server saw 1000 · normal"],
    );
}

/// A payload that looks like a Close frame is payload.
#[test]
fn a_close_inside_a_message() {
    check(
        &format!(
            "{OPEN} 1.000 server raw 8206 880203e88802 / server raw 8204 03e98800\n 2.000 server FIN / client FIN"
        ),
        ["1006 no close frame · server ended with FIN"],
    );
}

/// A length that nobody means (RFC 6455 §5.2: the top bit must be 0) yields no Close from what follows.
#[test]
fn an_absurd_length() {
    check(
        &format!("{OPEN} 1.000 server raw 827fffffffffffffffff 880203e8\n 2.000 server FIN / client FIN"),
        ["1006 no close frame · breach length-msb by server"],
    );
}

#[test]
fn a_message_of_4_gib_that_never_comes() {
    check(
        &format!("{OPEN} 1.000 server raw 827f0000000100000000 880203e8\n 2.000 server FIN / client FIN"),
        ["1006 no close frame · server ended with FIN · truncated-frame"],
    );
}

#[test]
fn messages_of_every_length() {
    for len in [0, 1, 125, 126, 127, 65535, 65536, 70000] {
        check(
            &format!("{OPEN} 1.000 client binary {len} / server binary {len} / client ack {BYE}"),
            ["1000 · clean · normal"],
        );
    }
}
