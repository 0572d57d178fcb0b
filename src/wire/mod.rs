//! Pure parsers: bytes in, values out. No state, no judgement; one file a protocol.

pub mod base64;
pub mod http1;
pub mod tls;
pub mod websocket;
pub mod x509;
