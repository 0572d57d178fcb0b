//! The path between the ends: silence, forged resets, duplicates, reordering, numbers that wrap.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

/// Nobody answers any more: lost, and 1006 though no FIN or RST was seen.
#[test]
fn blackhole() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 2.000 client text 9\n 2.300 client repeats 5"),
        ["lost 1006 no close frame · network ended · transport timeout · client saw 1006 · network-blackhole"],
    );
}

/// CONTRACT: three repetitions over three seconds; less is ordinary loss at the end of a capture.
#[test]
fn two_repetitions_are_not_a_blackhole() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 2.000 client text 9\n 2.300 client repeats 2"),
        ["open · unknown ended · client saw nothing · server saw nothing · still-open (certain)"],
    );
}

#[test]
fn repetitions_that_are_answered_at_last() {
    check(
        &format!(
            "{OPEN} 2.000 lost: client text 9\n 2.300 client repeats 4
             9.000 server text 5 / client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        ["1000 · client ended with a Close · clean"],
    );
}

#[test]
fn a_reset_from_somebody_else() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 1.400 server RST ttl 251"),
        ["1006 · network ended with RST · transport rst from server · middlebox-reset"],
    );
}

/// RFC 5961 §3.2: a reset that the other side does not heed ends nothing.
#[test]
fn a_reset_that_nobody_heeds() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5 / server text 5 / server RST ttl 251
             1.100 client text 5 / server text 5 / client text 5 / server text 5
             2.000 client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        [
            "1000 · client close 1000 · server close 1000 · client ended with a Close · transport fin from server · clean · normal",
        ],
    );
}

#[test]
fn everything_is_captured_twice() {
    check(
        "0.000 twice: client SYN / twice: server SYN-ACK / twice: client GET /chat upgrade / twice: server 101
         1.000 twice: client close 1000 / twice: server close 1000 / twice: server FIN / twice: client FIN",
        ["1000 · client close 1000 · server close 1000 · client ended · clean"],
    );
}

#[test]
fn segments_overtake_each_other() {
    check(
        &format!(
            "{OPEN} 1.000 late: client text 50 / client text 60 / server ack
             2.000 late: client text 5 / client close 1000 / server close 1000 / server FIN / client FIN"
        ),
        ["1000 · client close 1000 · server close 1000 · clean"],
    );
}

#[test]
fn sequence_numbers_wrap() {
    check(
        "0.000 client SYN isn 4294967200 / server SYN-ACK / client GET /chat upgrade / server 101
         1.000 client text 500 / server binary 5000
         2.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /chat · 1000 · clean"],
    );
}

#[test]
fn the_syn_is_repeated() {
    check(
        "0.000 client SYN
         1.000 client repeats 2
         2.000 server SYN-ACK / client GET /chat upgrade / server 101
         3.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["1000 · clean"],
    );
}

/// Keep-alive probes are one byte before the next: no data, no life sign, and no confusion of the reassembly.
#[test]
fn keep_alive_probes_of_tcp() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5 / server ack\n 31.000 client probes 3 / server ack\n 61.000 server FIN / client FIN"
        ),
        ["1006 · server ended with FIN after 60.0 s of silence"],
    );
}

#[test]
fn the_same_port_again() {
    check(
        "0.000 client SYN / server SYN-ACK / client GET /one upgrade / server 101
         1.000 client close 1000 / server close 1000 / server FIN / client FIN / server ack
         2.000 client SYN / server SYN-ACK / client GET /two upgrade / server 101
         3.000 server close 1001 / client close 1001 / server FIN / client FIN",
        ["at /one · 1000 · client ended", "at /two · 1001 · server ended"],
    );
}

#[test]
fn over_ipv6() {
    check(
        "over ipv6
         0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
         1.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /chat · 1000 · clean"],
    );
}
