//! The test house: everything that is tested across stations, in one binary.
//!
//! `script` turns conversations into packets, `story` turns findings into lines, `replay` reads and writes captures:
//! only these touch the library. What is asserted stands in `stories/` (scripts), `fixtures/` (captures), `invariance`,
//! `cli`, `readme` and `live` (the program), `tidy` (the house itself) and `shared` (a larger corpus, where there is one).

mod invariance;
mod replay;
mod script;
mod stories;
mod story;

#[cfg(feature = "cli")] // cargo builds no program without it
mod cli;
mod fixtures;
#[cfg(feature = "cli")]
mod live;
#[cfg(feature = "cli")]
mod readme;
#[cfg(feature = "cli")]
mod shared;
mod tidy;
