//! What a stream speaks: state machines over the parsers of `wire`.

pub mod tls;
