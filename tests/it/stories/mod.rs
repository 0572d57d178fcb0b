//! Conversations and what is told of them, one family a file.

mod capture;
mod goodbye;
mod handshake;
mod network;
mod process;
mod protocol;
mod proxy;
mod timeouts;
mod tls;
