//! Proxies and balancers: their own answers in the tunnel, two legs, headers put before the stream.

use crate::story::check;

const OPEN: &str = "0.000 client SYN / server SYN-ACK / client ack / client GET /chat upgrade / server 101\n";

/// An HTTP answer written into the tunnel is no frame, and no Close may be read from it.
#[test]
fn a_408_in_the_tunnel() {
    check(
        &format!(
            "{OPEN} 1.000 client text 5
             61.000 server says \"HTTP/1.0 408 Request Time-out\\r\\nConnection: close\\r\\n\\r\\n<html></html>\" + FIN / client FIN"
        ),
        ["1006 no close frame · 408 in the tunnel · client saw 1006"],
    );
}

#[test]
fn a_408_in_the_tunnel_byte_by_byte() {
    for by in [1, 2, 5, 7, 8, 11, 12, 13] {
        check(
            &format!(
                "{OPEN} 1.000 client text 5
                 61.000 server says \"HTTP/1.0 408 Request Time-out\\r\\nConnection: close\\r\\n\\r\\n<html></html>\" by {by} + FIN / client FIN"
            ),
            ["1006 no close frame · 408 in the tunnel · client saw 1006"],
        );
    }
}

#[test]
fn two_legs_of_one_conversation() {
    check(
        "#back 10.0.0.2:50001 > 10.0.0.3:9000
         0.000 client SYN / server SYN-ACK / client GET /chat upgrade
         0.010 #back client SYN / server SYN-ACK / client GET /chat upgrade key #1 / server 101
         0.020 server 101
         1.000 #back server close 1001 / client close 1001 / server FIN / client FIN
         1.010 server close 1001 / client close 1001 / server FIN / client FIN",
        ["at /chat · 1001 · server ended · clean · back leg", "at /chat · 1001 · server ended · clean · front leg"],
    );
}

#[test]
fn a_proxy_protocol_header() {
    check(
        "0.000 client SYN / server SYN-ACK / client ack
         0.010 client says \"PROXY TCP4 203.0.113.9 10.0.0.2 51000 8080\\r\\n\" + GET /chat upgrade / server 101
         1.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /chat · 1000 · clean"],
    );
}

#[test]
fn through_a_connect_proxy() {
    check(
        "0.000 client SYN / server SYN-ACK / client ack
         0.010 client says \"CONNECT example.test:80 HTTP/1.1\\r\\nHost: example.test:80\\r\\n\\r\\n\"
         0.020 server says \"HTTP/1.1 200 Connection established\\r\\n\\r\\n\"
         0.030 client GET /chat upgrade / server 101
         1.000 client close 1000 / server close 1000 / server FIN / client FIN",
        ["at /chat · 1000 · clean"],
    );
}
