//! The test house: everything that is tested across stations, in one binary.
//!
//! `script` turns conversations into packets, `replay` reads and writes captures, `whole` analyses, `story` turns what was
//! found into lines: only these touch the library. What is asserted stands in `stories/` (scripts), `fixtures/`
//! (captures), `invariance`, `batches`, `shards`, `cli`, `readme` and `live` (the program), `tidy` (the house itself) and
//! `shared` (a larger corpus, where there is one).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "a test that fails may do so at once"
)]

mod batches;
mod invariance;
mod replay;
mod script;
mod stories;
mod story;
mod whole;

#[cfg(feature = "cli")] // cargo builds no program without it
mod cli;
mod fixtures;
mod incidents;
#[cfg(feature = "cli")]
mod live;
#[cfg(feature = "cli")]
mod readme;
#[cfg(feature = "cli")]
mod shards;
#[cfg(feature = "cli")]
mod shared;
mod tidy;
