//! One family of causes a file; every rule is asked, none knows of the others.

mod capture;
mod goodbye;
mod handshake;
mod network;
mod process;
mod protocol;
mod proxy;
mod timeout;
mod tls;

use super::case::{Case, Opinion};

pub(super) use capture::unknown;

/// A rule: an opinion on the case, or none.
pub(super) type Rule = fn(&Case<'_>) -> Option<Opinion>;

/// All rules in order of precedence: the first opinion wins, the later ones become alternatives.
/// Each tests first and builds its opinion last: nearly all have none.
pub(super) const RULES: &[Rule] = &[
    tls::failed,
    tls::plain_to_tls,
    handshake::refused_before_request,
    handshake::opening,
    capture::still_open,
    capture::incomplete,
    network::blackhole,
    network::middlebox_reset,
    proxy::injected_answer,
    goodbye::known_reason,
    timeout::keepalive,
    timeout::close_handshake,
    protocol::illegal_close,
    protocol::broken_rule,
    protocol::truncated,
    goodbye::absurd_length,
    timeout::idle,
    timeout::lifetime,
    goodbye::close_frame,
    process::reset,
    process::fin,
    capture::sealed,
];
