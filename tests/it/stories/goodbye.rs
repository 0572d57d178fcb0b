//! A Close frame was sent.

use crate::story::check;

#[test]
fn the_client_closes_with_1000() {
    check(
        r#"
        0.000 client SYN / server SYN-ACK / client GET /chat upgrade / server 101
        1.000 client text 5 / server text 5
        2.000 client close 1000 "bye" / server close 1000 "bye" / server FIN / client FIN"#,
        [r#"at /chat · 1000 "bye" · client close 1000 "bye" · server close 1000 "bye" · client ended with a Close · transport fin from server · clean · client saw 1000 "bye" · server saw 1000 "bye" · normal (certain)"#],
    );
}
