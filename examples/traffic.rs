//! Writes the traffic of the benches as a capture, for tools that measure the whole program.
//!
//! `traffic CONNECTIONS FILE` prints how many packets they are; `benches/instructions` uses it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "it is a test of a kind")]

#[path = "../benches/traffic.rs"]
mod traffic;

fn main() {
    let words: Vec<String> = std::env::args().collect();
    let traffic = traffic::Traffic::new(words[1].parse().unwrap());
    std::fs::copy(traffic.file().path(), &words[2]).unwrap();
    println!("{}", traffic.len());
}
