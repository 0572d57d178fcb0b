//! An endpoint left without a word: FIN, RST, a frame cut in two.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

#[test]
fn the_server_shuts_tcp() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 1.400 server FIN / client FIN"),
        [
            "1006 no close frame · server ended with FIN · transport fin from server · not clean · client saw 1006 · server saw 1006",
        ],
    );
}

#[test]
fn the_client_shuts_tcp() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 1.400 client FIN / server FIN"),
        ["1006 no close frame · client ended with FIN · transport fin from client · client saw 1006 · server saw 1006"],
    );
}

#[test]
fn the_server_resets() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 1.400 server RST"),
        ["1006 no close frame · server ended with RST · transport rst from server · aborted"],
    );
}

#[test]
fn the_client_resets() {
    check(
        &format!("{OPEN} 1.000 client text 5 / server text 5\n 1.400 client RST"),
        ["1006 no close frame · client ended with RST · transport rst from client · aborted"],
    );
}

/// The client went away; that the server's next message is answered with a RST changes nothing about who left.
#[test]
fn a_reset_after_the_fin() {
    check(
        &format!("{OPEN} 1.000 client FIN / server text 5 / client RST"),
        ["1006 · client ended with FIN · transport fin from client"],
    );
}

#[test]
fn killed_inside_a_frame() {
    check(
        &format!("{OPEN} 1.000 server binary 5000 cut 3000 + FIN / client FIN"),
        ["1006 no close frame · server ended with FIN · truncated-frame"],
    );
}

#[test]
fn killed_inside_a_message() {
    check(
        &format!("{OPEN} 1.000 server text 50 more / server continuation 50 more + FIN / client FIN"),
        ["1006 no close frame · server ended with FIN · truncated-frame"],
    );
}

/// TCP may be half closed for long; the story is told when the other side ends it too.
#[test]
fn half_closed() {
    check(
        &format!("{OPEN} 1.000 client FIN / server text 5 / server text 5\n 1.500 server FIN / client ack"),
        ["1006 · client ended with FIN · transport fin from client"],
    );
}

#[test]
fn nothing_but_the_handshake() {
    check(&format!("{OPEN} 0.300 server FIN / client FIN"), ["at /chat · 1006 no close frame · server ended with FIN"]);
}
