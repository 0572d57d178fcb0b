//! The capture itself: it starts late, ends early, loses packets. What it cannot tell is not guessed.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

/// The end of the capture alone is never 1006.
#[test]
fn still_open_at_the_end() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5"),
        ["open · unknown ended · not clean · client saw nothing · server saw nothing · still-open (certain)"],
    );
}

#[test]
fn closing_at_the_end() {
    check(
        &format!("{OPEN} 1.000 client close 1000 / server close 1000"),
        ["closing 1000 · client close 1000 · server close 1000 · not clean"],
    );
}

#[test]
fn the_syn_is_missing() {
    check(
        "0.000 client GET /chat upgrade / server 101
         1.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /chat · 1000 · client close 1000 · clean"],
    );
}

/// A hole inside a payload is counted through by the frame's length.
#[test]
fn bytes_of_a_message_are_missing() {
    check(
        &format!(
            "{OPEN} 1.000 server binary 3000 cut 1000
             1.100 lost: server raw 00000000000000000000
             1.200 server FIN / client FIN"
        ),
        ["1006 no close frame · server ended with FIN"],
    );
}

/// The Close may be what is missing: the code is not guessed.
#[test]
fn a_close_may_be_in_the_hole() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5 / server ack
             2.000 lost: server close 1011 / client ack / server FIN / client FIN / server ack"
        ),
        ["code hidden · capture-incomplete"],
    );
}

#[test]
fn the_echo_is_in_the_hole() {
    check(
        &format!(
            "{OPEN} 1.000 client close 1000 / lost: server close 1000 / client ack / server FIN / client FIN / server ack"
        ),
        ["1000 · client close 1000 · client ended with a Close · server saw 1000"],
    );
}

/// Begun after the handshake: several frames that chain in both directions can be nothing else.
#[test]
fn the_capture_starts_late() {
    check(
        "
        0.000 client text \"{'op': 'subscribe', 'channel': 'news'}\" / server text \"{'ok': true, 'channel': 'news'}\"
        1.000 server text \"{'news': 'nothing yet'}\" / client ack / server ping 4 / client pong 4
        2.000 client text \"{'op': 'unsubscribe'}\" / server text \"{'ok': true}\"
        3.000 server close 1012 \"service restart\" / client close 1012 \"service restart\" / server FIN / client FIN",
        [
            "handshake unseen · 1012 \"service restart\" · server close 1012 · client close 1012 · server ended · clean · service-restart",
        ],
    );
}

/// A hole that a later message's header may lie in: what follows is found again, or said to be lost.
#[test]
fn a_hole_over_a_header() {
    check(
        &format!(
            "{OPEN} 1.000 server text 30 / client ack
             1.100 lost: server text 40 / server text 50 / server text 60 / client ack / client ack / server text 70 / client ack
             2.500 server text 30 / client ack / server text 31 / client ack / server text 32 / client ack
             4.000 server close 1001 / client close 1001 / server FIN / client FIN"
        ),
        ["1001 · server close 1001 · client close 1001 · clean"],
    );
}

#[test]
fn several_connections_are_told_apart() {
    check(
        "0.000 client SYN / server SYN-ACK / client GET /one upgrade / server 101
         0.100 #2 client SYN / server SYN-ACK / client GET /two upgrade / server 101
         0.200 #3 client SYN / server SYN-ACK / client GET /three upgrade / server 101
         1.000 #2 server close 1011 / client close 1011 / server FIN / client FIN
         2.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /two · 1011", "at /one · 1000", "at /three · open"],
    );
}

#[test]
fn other_tcp_is_passed_over() {
    check(
        "0.000 client SYN / server SYN-ACK / server says \"SSH-2.0-OpenSSH_9.6\\r\\n\" / client says \"SSH-2.0-x\\r\\n\"
         1.000 client raw 0000010405141234 / server FIN / client FIN",
        [],
    );
}
