//! The test house: everything that is tested across stations, in one binary.
//!
//! `script` turns conversations into packets, `story` turns findings into lines; only those two and `replay` touch the
//! library. What a test asserts stands in `stories/` (scripts), `fixtures/` (captures), `cli` and `readme` (the program).

mod script;
mod stories;
mod story;
